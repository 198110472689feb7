// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/decode/internal/motion_vectors.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/motion_vector.h>
}

namespace fovea {
namespace {

constexpr int kSide = 16;
constexpr int kQuarters = 4;

int16_t ToQuarters(int32_t motion, int scale, int sign) {
  const int64_t quarters = int64_t{motion} * kQuarters * sign / scale;
  return static_cast<int16_t>(
      std::clamp<int64_t>(quarters, INT16_MIN, INT16_MAX));
}

// Fills macroblocks one vector after another; a better one replaces what is
// there: of the past before of the future, larger before smaller.
class Filler {
 public:
  explicit Filler(CodedMotion* motion)
      : motion_(motion), ranks_(motion->intra.size()) {}

  void Add(const AVMotionVector& v) {
    const int column = (v.dst_x - v.w / 2) / kSide;
    const int row = (v.dst_y - v.h / 2) / kSide;
    if (column < 0 || row < 0 || column >= motion_->columns ||
        row >= motion_->rows || v.motion_scale == 0) {
      return;
    }
    const size_t block =
        static_cast<size_t>(row) * static_cast<size_t>(motion_->columns) +
        static_cast<size_t>(column);
    const bool past = v.source < 0;
    const int rank = (past ? kSide * kSide : 0) + v.w * v.h;
    if (rank <= ranks_[block]) return;
    ranks_[block] = rank;
    motion_->x[block] = ToQuarters(v.motion_x, v.motion_scale, past ? 1 : -1);
    motion_->y[block] = ToQuarters(v.motion_y, v.motion_scale, past ? 1 : -1);
    motion_->intra[block] = 0;
  }

 private:
  CodedMotion* const motion_;
  std::vector<int> ranks_;
};

}  // namespace

CodedMotion MotionOf(const AVFrame& picture) {
  CodedMotion motion;
  motion.columns = (picture.width + kSide - 1) / kSide;
  motion.rows = (picture.height + kSide - 1) / kSide;
  const size_t count =
      static_cast<size_t>(motion.columns) * static_cast<size_t>(motion.rows);
  motion.x.resize(count);
  motion.y.resize(count);
  motion.intra.assign(count, 1);
  const AVFrameSideData* side =
      av_frame_get_side_data(&picture, AV_FRAME_DATA_MOTION_VECTORS);
  if (side == nullptr) return motion;
  Filler filler(&motion);
  const size_t vectors = side->size / sizeof(AVMotionVector);
  for (size_t i = 0; i < vectors; ++i) {
    AVMotionVector vector;
    std::memcpy(&vector, side->data + i * sizeof(vector), sizeof(vector));
    filler.Add(vector);
  }
  return motion;
}

}  // namespace fovea
