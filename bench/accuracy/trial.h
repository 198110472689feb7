// SPDX-License-Identifier: GPL-2.0-or-later
//
// One trial: a clip encoded under a policy at one rate, decoded again and
// shown to judges.

#ifndef FOVEA_BENCH_ACCURACY_TRIAL_H_
#define FOVEA_BENCH_ACCURACY_TRIAL_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/accuracy/clip.h"
#include "bench/accuracy/judge.h"
#include "bench/accuracy/map_maker.h"
#include "bench/accuracy/points.h"
#include "bench/accuracy/policy.h"

namespace fovea::bench {

// CPU time of the calling thread.
double ThreadSeconds();

// What every trial shares, as it goes into a point's settings.
VideoEncoderOptions EncoderOptions(const CameraInfo& camera,
                                   const Policy& policy, double crf);

// Bytes of each encoded frame, without decoding or judging.
absl::StatusOr<std::vector<int>> EncodedSizes(const Clip& clip,
                                              const Policy& policy, double crf,
                                              const AnswersByJudge& answers);

// One point per judge, settings left empty. Runs on the calling thread
// alone. `answers` holds those of `judges` on the scored frames.
absl::StatusOr<std::vector<Point>> RunTrial(const Clip& clip,
                                            const Policy& policy, double crf,
                                            const AnswersByJudge& answers,
                                            const std::vector<Judge*>& judges);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_TRIAL_H_
