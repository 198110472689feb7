// SPDX-License-Identifier: GPL-2.0-or-later
//
// Codes a pair of views in every form at several rates, and asks judges what
// they still see of the two together.

#ifndef FOVEA_BENCH_OVERLAP_PAIR_TRIAL_H_
#define FOVEA_BENCH_OVERLAP_PAIR_TRIAL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/overlap_agreement.h"
#include "api/overlap_geometry.h"
#include "bench/accuracy/judge.h"
#include "bench/overlap/forms.h"
#include "bench/overlap/pair_clip.h"

namespace fovea::bench {

struct TrialSettings {
  std::vector<double> crfs = {22, 28};
  std::vector<int> offsets = {12, 18};  // of the attention form
  int gop_frames = 60;
  int every = 5;  // every n-th frame is judged
  bool predicted = true;
  bool floor = true;  // grey instead of the overlap: the least it can cost
};

// One form at one rate.
struct PairPoint {
  std::string form;  // "independent", "attention +18", "grey", "predicted"
  double crf = 0;
  uint64_t first_bytes = 0, second_bytes = 0;
  Distortion second;                  // of the second view
  std::vector<Agreement> agreements;  // by judge
  double bytes() const {
    return static_cast<double>(first_bytes + second_bytes);
  }
};

// `mask` says what of the second view the first one keeps.
absl::StatusOr<std::vector<PairPoint>> RunPairTrial(
    const PairClip& clip, const Homography& first_to_second,
    const MacroblockMask& mask, const TrialSettings& settings,
    const std::vector<Judge*>& judges);

// How many bytes the pair takes in `form` against the independent one for
// equal quality, as a share: -0.2 is a fifth fewer. By the soft agreement of
// all judges together, by F1 of them, and by the second view's PSNR over the
// whole picture. Absent: curves share no quality.
struct FormResult {
  std::string form;
  std::optional<double> soft, f1, psnr;
  double same_crf = 0;  // bytes at equal crf, mean over rates
};
std::vector<FormResult> CompareForms(const std::vector<PairPoint>& points);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_OVERLAP_PAIR_TRIAL_H_
