// SPDX-License-Identifier: GPL-2.0-or-later
//
// A campaign small enough for every test run, and what must hold for its
// results. Counts, bytes and answers are checked, never time.

#ifndef FOVEA_BENCH_ACCURACY_QUICK_H_
#define FOVEA_BENCH_ACCURACY_QUICK_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/accuracy/points.h"
#include "bench/accuracy/runner.h"

namespace fovea::bench {

// `data` holds the clips and, in models/, the judges.
absl::StatusOr<Campaign> QuickCampaign(const std::string& data);

// After RunCampaign(): every trial is there; bytes fall and distance rises
// with crf; coarser blocks cost bytes no more; a judge agrees with itself;
// an encoding repeats to the byte. kInternal naming the first that fails.
absl::Status CheckQuick(const Campaign& campaign, const PointFile& file);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_QUICK_H_
