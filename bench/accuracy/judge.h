// SPDX-License-Identifier: GPL-2.0-or-later
//
// A judge is a detector whose answers are compared: on decoded pictures
// against the same detector on the originals.

#ifndef FOVEA_BENCH_ACCURACY_JUDGE_H_
#define FOVEA_BENCH_ACCURACY_JUDGE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/accuracy/bgr_image.h"
#include "bench/accuracy/detection.h"

namespace fovea::bench {

struct JudgeInfo {
  std::string name;     // "fastestdet"
  float threshold = 0;  // a box counts from this score on
  // F1 curves are compared above this agreement only: below it the judge is
  // of no use to anyone.
  double f1_floor = 0;
  // SHA-256 over the model's files and a line that says how pictures go in
  // and boxes come out: part of every result's key.
  std::string digest;
};

// Not thread-safe; runs on the calling thread alone.
class Judge {
 public:
  virtual ~Judge() = default;
  virtual const JudgeInfo& info() const = 0;
  virtual absl::StatusOr<Answer> Look(const BgrImage& picture) = 0;
};

// "fastestdet", "yolox", "yolo-fastest", "face".
std::vector<std::string> JudgeNames();

// Loads a judge from `models` (a folder). kInvalidArgument for a name that
// is none, kNotFound for a missing file, kDataLoss for one that is no such
// network.
absl::StatusOr<std::unique_ptr<Judge>> OpenJudge(const std::string& name,
                                                 const std::string& models);

// What the judges of `names` are, in order; errors as OpenJudge().
absl::StatusOr<std::vector<JudgeInfo>> DescribeJudges(
    const std::vector<std::string>& names, const std::string& models);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_JUDGE_H_
