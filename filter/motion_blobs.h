// SPDX-License-Identifier: GPL-2.0-or-later
//
// What moves in a fixed camera's picture, from the shared grid alone: no
// second look at pixels. A macroblock moves when it differs from the frame
// before by more than it usually does; neighbours that move are one blob.
// After CoVA (Hwang et al., ATC 2022), which takes such blobs from a codec's
// metadata by a network trained per video; here each macroblock learns its
// own noise instead.

#ifndef FOVEA_FILTER_MOTION_BLOBS_H_
#define FOVEA_FILTER_MOTION_BLOBS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/grid.h"

namespace fovea {

// Pixels; right and bottom exclusive.
struct MotionBox {
  int left = 0, top = 0, right = 0, bottom = 0;
  friend bool operator==(const MotionBox&, const MotionBox&) = default;
};

struct MotionBlob {
  MotionBox box;
  int macroblocks = 0;  // that move, of those the box covers
  // 0 to 1: how much changes beyond noise, over its area. 0.5 is what 16
  // macroblocks give that differ by 4 grey levels more than usual.
  float strength = 0;
};

// What moves in one picture.
struct MotionPicture {
  std::vector<MotionBlob> blobs;  // strongest first, at most 256
  // Share of macroblocks that move or change; 255: all. 0 only where there
  // is no blob and the camera stands.
  uint8_t moving = 0;
  // Which of 4 x 4 equal parts of the picture they lie in: bit row * 4 +
  // column.
  uint16_t moving_cells = 0;
  // Most of the picture changes. Motion of the camera is not compensated
  // for: there are no blobs then.
  bool camera_moves = false;
};

// The same for every camera and clip. Grey levels are those of luma, 0 to
// 255, of a difference averaged over a macroblock.
struct MotionBlobOptions {
  // A macroblock moves when it differs from the frame before by more than
  // usual: `noise_factor` times its own mean difference, `spread_factor`
  // times how far that scatters, and this much.
  double noise_factor = 1.25;
  double spread_factor = 3;
  double least_difference = 0.75;  // grey levels
  // Where most of the picture differs a little (a keyframe, a lamp), so much
  // of what 70 % of it stays below counts as usual too.
  double flicker_factor = 1.5;
  // How fast "usual" is learnt, where nothing moves and where something does.
  double noise_s = 2;
  double moving_noise_s = 20;
  // Least sum over a blob of what its macroblocks differ by beyond noise.
  double least_sum = 4;  // grey levels
  // Frames a macroblock joins others for after it moved.
  int linger = 2;
  // The camera moves when this share of what has texture, or of all, does,
  // for so long; it stands again once less has for half a second.
  double camera_share = 0.5;
  double camera_whole_share = 0.6;
  double camera_s = 0.1;
  // How fast the picture without moving things is learnt.
  double background_s = 4;
  // What differs from it in mean by so much, or in texture, has changed.
  double changed_mean = 8;  // grey levels
};

// One text for one behaviour: what observations made from this are keyed by.
std::string DescribeOptions(const MotionBlobOptions& options);

// Follows one stream. Not thread-safe. Deterministic.
class MotionBlobs {
 public:
  // kInvalidArgument unless 1 <= width, height <= 16384.
  static absl::StatusOr<std::unique_ptr<MotionBlobs>> Create(
      int width, int height, const MotionBlobOptions& options = {});
  ~MotionBlobs();

  // The next frame's grid, of the size given, shown at `time_ns`. The
  // reference is valid until the next call.
  const MotionPicture& Measure(const Grid& grid, int64_t time_ns);

  // Share, 0 to 1, of the macroblocks `box` covers that look other than they
  // did before something came: what stopped there is still there. What stays
  // becomes background within some ten seconds.
  double Changed(const MotionBox& box) const;
  // The same of the whole picture, from every eighth macroblock: where much
  // of it has, it was the light.
  double ChangedEverywhere() const;

  // Whether a box reaches one of the picture's sides.
  bool TouchesBorder(const MotionBox& box) const;

  // Forgets everything: after a gap.
  void Reset();

 private:
  class State;
  explicit MotionBlobs(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_MOTION_BLOBS_H_
