// SPDX-License-Identifier: GPL-2.0-or-later
//
// What decides, frame by frame, whether a model has to be run. A method is
// one way of deciding; with one of its knobs' settings it is a policy. A
// policy sees inputs; answers it is handed only of frames that were run.

#ifndef FOVEA_BENCH_REUSE_POLICY_H_
#define FOVEA_BENCH_REUSE_POLICY_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/reuse/answer.h"
#include "bench/reuse/feature_bank.h"
#include "bench/reuse/footage.h"

namespace fovea::bench::reuse {

// When answers are the same.
struct Task {
  Loss loss = Loss::kLabels;
  float threshold = 0;
  bool Same(const Boxes& truth, const Boxes& given) const {
    return IsSame(truth, given, loss, threshold);
  }
};

// A recording without any answer. Who reads ahead of the frame decided about
// says so in its description: it delays the stream by as much.
struct Scene {
  const Footage* footage = nullptr;
  FeatureBank* features = nullptr;  // of the footage; shared, not thread-safe
};

// One run of one setting over one recording. Not thread-safe.
class Policy {
 public:
  virtual ~Policy() = default;

  // Called of frames in rising order, each once. The answer to give without
  // the model, which may be null (nothing is seen); nullopt: run the model,
  // and Ran() follows.
  virtual std::optional<Answer> Decide(size_t frame) = 0;

  // The model was run on `frame` and said `answer` (never null). Called of
  // every frame of the first part, in order, before any Decide(); and after
  // a Decide() that asked for it.
  virtual void Ran(size_t frame, const Answer& answer) = 0;
};

// What may be learnt from: answers of the first frames, all of them run.
struct Lessons {
  std::vector<Answer> answers;  // of frames 0, 1 ...; never null
  size_t size() const { return answers.size(); }
};

// Made for one scene and one task, both of which outlive it.
class Method {
 public:
  virtual ~Method() = default;
  virtual void Train(const Lessons& /*lessons*/) {}
  // How many settings there are, and a word on each.
  virtual size_t knobs() const = 0;
  virtual std::string KnobText(size_t knob) const = 0;
  virtual std::unique_ptr<Policy> Make(size_t knob) const = 0;
};

struct MethodEntry {
  std::string name;
  std::string source;  // what it follows, and where it departs from it
  // Learns weights or tables in Train(): settings are then chosen on frames
  // behind those that it learnt from.
  bool trains = false;
  // Answers are those of the last run frame and no other.
  bool holds = false;
  // One setting for all recordings. Settings mean the same on each.
  bool pooled = false;
  // A rival that ours is held against; no baseline, and none of ours.
  bool published = true;
  std::function<std::unique_ptr<Method>(const Scene&, const Task&)> make{};
};

// Every method of the evaluation, in the order of its tables (policies.cc).
const std::vector<MethodEntry>& AllMethods();

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_POLICY_H_
