// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs every trial that is not on disk yet and puts it there.

#ifndef FOVEA_BENCH_ACCURACY_RUNNER_H_
#define FOVEA_BENCH_ACCURACY_RUNNER_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/accuracy/clip.h"
#include "bench/accuracy/judge.h"
#include "bench/accuracy/points.h"
#include "bench/accuracy/policy.h"

namespace fovea::bench {

struct Campaign {
  std::vector<ClipChoice> clips;
  std::vector<std::string> judges;
  std::vector<Policy> policies;
  std::vector<double> crfs;
  // kDefaultPlain also runs at every crf + 1: the noise floor.
  bool measure_noise = true;
  std::string models;  // folder of the judges
  int jobs = 1;        // trials at a time, one thread each
};

// The rates `policy` runs at.
std::vector<double> RatesOf(const Campaign& campaign, const Policy& policy);

// Everything that could change the result, as one line of JSON;
// `sensitivity` is the digest of the policy's file, if it reads one.
std::string SettingsOf(const ClipChoice& clip, const std::string& clip_digest,
                       const Policy& policy, double crf,
                       const std::vector<JudgeInfo>& box_judges,
                       const std::string& sensitivity, const JudgeInfo& judge);

// Runs what `file` lacks. `say` gets one line per finished trial: which of
// how many, and the time left. Stops at the first error.
absl::Status RunCampaign(const Campaign& campaign, PointFile* file,
                         const std::function<void(const std::string&)>& say);

// The campaign's points that are on disk, in order of clip, policy, rate and
// judge.
absl::StatusOr<std::vector<Point>> PointsOf(const Campaign& campaign,
                                            const PointFile& file);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_RUNNER_H_
