// SPDX-License-Identifier: GPL-2.0-or-later
//
// Streams whose answers are all known, for an auditor to be tried on.

#ifndef FOVEA_BENCH_BOUND_SOURCE_H_
#define FOVEA_BENCH_BOUND_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/reuse/answer.h"

namespace fovea::bench::bound {

// Inputs 0, 1 ... and what holding an earlier answer would cost.
class Source {
 public:
  virtual ~Source() = default;
  virtual size_t size() const = 0;
  // How different input `at` looks from `reference`; infinite across a cut.
  virtual double Risk(size_t at, size_t reference) const = 0;
  // Whether the answer of `reference` would be wrong for `at`.
  virtual bool IsWrong(size_t at, size_t reference) const = 0;
  // An input at which the caller says that the scene or the model changed;
  // size() where there is none.
  virtual size_t told_change() const { return size(); }
};

// One run of the evaluation.
struct Trial {
  std::string group;  // "made: bursts", "clips: spliced" ...
  std::string name;
  uint64_t seed = 0;
  std::function<std::unique_ptr<Source>()> open;
};

// Streams from a model of scenes: risks follow what changes, answers flicker,
// and in every group something else goes wrong. `seeds` of each group.
std::vector<Trial> GeneratedTrials(size_t inputs, int seeds);

// What a detector said about the frames of clips, which are repeated forward
// and backward and spliced. Risk is the greatest mean |difference| of 2 x 2
// macroblocks of luma. Clips without trace or recording are told to `say` and
// passed over; none at all gives an empty list.
struct ClipPlace {
  std::string data, traces;
  std::vector<std::string> models;
};
std::vector<Trial> RecordedTrials(
    const ClipPlace& place, size_t inputs, int seeds,
    const std::function<void(const std::string&)>& say);

}  // namespace fovea::bench::bound

#endif  // FOVEA_BENCH_BOUND_SOURCE_H_
