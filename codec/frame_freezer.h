// SPDX-License-Identifier: GPL-2.0-or-later
//
// For fixed cameras: macroblocks that did not change keep the pixels that
// were sent last, so that the encoder skips them instead of coding noise.

#ifndef FOVEA_CODEC_FRAME_FREEZER_H_
#define FOVEA_CODEC_FRAME_FREEZER_H_

#include <cstddef>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "codec/box.h"
#include "codec/quality_map.h"
#include "codec/sample.h"

namespace fovea {

struct FreezeOptions {
  // A block is still when none of its 4x4 means moved by more than this many
  // standard deviations of the camera's noise, which is measured ...
  double noise_factor = 4;
  // ... doubled per 6 of its QP offset, as its quantiser step is, and kept
  // between these, in grey levels.
  double least_change = 1;
  double most_change = 6;
  // Every so many frames the whole picture is sent as it came. A multiple
  // of the GOP costs nothing: keyframes are coded whole anyway.
  int refresh_frames = 60;
};

// Frames of one stream in presentation order. Not thread-safe.
class FrameFreezer {
 public:
  // kInvalidArgument: sides outside 1..16384, factors not finite, changes
  // not rising from 0 to 255, refresh_frames below 1.
  static absl::StatusOr<std::unique_ptr<FrameFreezer>> Create(
      int width, int height, const FreezeOptions& options);
  virtual ~FrameFreezer() = default;

  // `frame` with still macroblocks replaced by what was returned for the
  // frame before. Blocks that a box touches are never replaced. `map` (null:
  // all zero) says how much error each block bears. kInvalidArgument:
  // another size, null planes.
  virtual absl::StatusOr<Frame> Freeze(const Frame& frame,
                                       const QualityMap* map,
                                       std::span<const Box> protect) = 0;

  // Macroblocks replaced in the last frame.
  virtual size_t frozen() const = 0;

  // Standard deviation of a 4x4 mean between frames where nothing moves, in
  // grey levels.
  virtual double noise() const = 0;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FRAME_FREEZER_H_
