// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ways to code the second of two cameras that see one scene.

#ifndef FOVEA_BENCH_OVERLAP_FORMS_H_
#define FOVEA_BENCH_OVERLAP_FORMS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "api/overlap_geometry.h"
#include "codec/sample.h"

namespace fovea::bench {

struct CodedView {
  uint64_t bytes = 0;
  std::vector<Frame> frames;  // decoded
};

struct CodeSettings {
  CameraInfo camera;
  double crf = 23;
  int gop_frames = 60;  // 1: keyframes only
  bool proxy = true;    // maps from the proxy, else uniform
};

// As one camera by itself; where the mask of a frame (empty: none at all) is
// set, with at least `offset`, or (`grey`) with nothing to code.
absl::StatusOr<CodedView> CodeView(const CodeSettings& settings,
                                   std::span<const Frame> frames,
                                   std::span<const MacroblockMask> masks,
                                   int offset, bool grey = false);

// Predicted: where `mask` is set, second - warp(first) + 128 is coded
// instead of the second, brightness fitted per frame; put together again
// after decoding. `first` is what a decoder has of the first view.
absl::StatusOr<CodedView> CodePredicted(const CodeSettings& settings,
                                        std::span<const Frame> first,
                                        std::span<const Frame> second,
                                        const Homography& first_to_second,
                                        const MacroblockMask& mask);

struct Distortion {
  double inside = 0, outside = 0;  // luma PSNR; 99 where nothing differs
  double all = 0;
};
Distortion Compare(std::span<const Frame> original,
                   std::span<const Frame> decoded, const MacroblockMask& mask);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_OVERLAP_FORMS_H_
