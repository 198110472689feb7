// SPDX-License-Identifier: GPL-2.0-or-later
//
// Makes what the encoder is given under a policy: the frame, possibly with
// still blocks replaced, and its quality map.

#ifndef FOVEA_BENCH_ACCURACY_MAP_MAKER_H_
#define FOVEA_BENCH_ACCURACY_MAP_MAKER_H_

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/accuracy/clip.h"
#include "bench/accuracy/detection.h"
#include "bench/accuracy/judge.h"
#include "bench/accuracy/policy.h"
#include "codec/quality_map.h"
#include "codec/sample.h"

namespace fovea::bench {

// A judge's answers on the originals, by frame. Frames no one asked for are
// empty.
struct Answers {
  JudgeInfo judge;
  std::vector<Answer> frames;
};
using AnswersByJudge = std::map<std::string, Answers>;

// Judges whose boxes `policy` needs, on every frame.
std::vector<std::string> BoxJudges(const Policy& policy);

// The sensitivity files `policy` reads for `clip`, one per model.
std::vector<std::string> SensitivityPaths(const Policy& policy,
                                          const ClipChoice& clip);

struct Prepared {
  Frame frame;
  const QualityMap* map = nullptr;  // valid until the next call; null: none
};

// Frames are asked for once each, in order. Not thread-safe.
class MapMaker {
 public:
  virtual ~MapMaker() = default;
  virtual absl::StatusOr<Prepared> Next() = 0;

  // Instead of the policy's, where the product chooses it.
  virtual std::optional<int> chroma_qp_offset() const = 0;
};

// `clip` and `answers` outlive the maker.
absl::StatusOr<std::unique_ptr<MapMaker>> NewMapMaker(
    const Policy& policy, const Clip& clip, const AnswersByJudge& answers);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_MAP_MAKER_H_
