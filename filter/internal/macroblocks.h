// SPDX-License-Identifier: GPL-2.0-or-later
//
// The macroblocks of one picture, counted row by row.

#ifndef FOVEA_FILTER_INTERNAL_MACROBLOCKS_H_
#define FOVEA_FILTER_INTERNAL_MACROBLOCKS_H_

#include <cstddef>

namespace fovea::internal {

struct Macroblocks {
  static constexpr int kSide = 16;  // pixels

  Macroblocks(int picture_width, int picture_height)
      : width(picture_width),
        height(picture_height),
        columns((picture_width + kSide - 1) / kSide),
        rows((picture_height + kSide - 1) / kSide),
        count(static_cast<size_t>(columns) * static_cast<size_t>(rows)) {}

  size_t At(int column, int row) const {
    return static_cast<size_t>(row) * static_cast<size_t>(columns) +
           static_cast<size_t>(column);
  }
  int ColumnOf(size_t block) const {
    return static_cast<int>(block % static_cast<size_t>(columns));
  }
  int RowOf(size_t block) const {
    return static_cast<int>(block / static_cast<size_t>(columns));
  }
  double ShareOf(size_t blocks) const {
    return static_cast<double>(blocks) / static_cast<double>(count);
  }

  int width, height;  // pixels
  int columns, rows;
  size_t count;
};

// Learnt values have 8 bits behind the point.
inline constexpr int kFine = 256;
// Of learning: `known` moves to `seen` by rate / kRate of the way.
inline constexpr int kRate = 1 << 16;

inline int LearningRate(double step_s, double time_s) {
  return step_s >= time_s ? kRate : static_cast<int>(step_s / time_s * kRate);
}

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_MACROBLOCKS_H_
