// SPDX-License-Identifier: GPL-2.0-or-later
//
// Watches one camera's grids for what moves: fills the motion summary of
// frame tables and links what moves to tracks.

#ifndef FOVEA_API_MOTION_WATCH_H_
#define FOVEA_API_MOTION_WATCH_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "codec/grid.h"
#include "filter/motion_blobs.h"
#include "filter/motion_tracks.h"
#include "store/frame_table.h"

namespace fovea {

// Not thread-safe.
class MotionWatch {
 public:
  // As MotionBlobs::Create().
  static absl::StatusOr<std::unique_ptr<MotionWatch>> Create(int width,
                                                             int height) {
    auto blobs = MotionBlobs::Create(width, height);
    if (!blobs.ok()) return blobs.status();
    return std::unique_ptr<MotionWatch>(new MotionWatch(*std::move(blobs)));
  }

  // The next frame, shown at `time_ns`. Fills the motion of `entry`.
  TrackedPicture Look(const Grid& grid, int64_t time_ns, FrameEntry* entry) {
    const MotionPicture& picture = blobs_->Measure(grid, time_ns);
    entry->has_motion = true;
    entry->camera_moves = picture.camera_moves;
    entry->moving = picture.moving;
    entry->moving_cells = picture.moving_cells;
    return tracks_.Link(*blobs_, picture, time_ns);
  }

  // Before a gap.
  void Reset() {
    blobs_->Reset();
    tracks_.EndAll();
  }

 private:
  explicit MotionWatch(std::unique_ptr<MotionBlobs> blobs)
      : blobs_(std::move(blobs)) {}

  const std::unique_ptr<MotionBlobs> blobs_;
  MotionTracks tracks_;
};

}  // namespace fovea

#endif  // FOVEA_API_MOTION_WATCH_H_
