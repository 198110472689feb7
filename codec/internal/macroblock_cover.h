// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which macroblocks a box touches.

#ifndef FOVEA_CODEC_INTERNAL_MACROBLOCK_COVER_H_
#define FOVEA_CODEC_INTERNAL_MACROBLOCK_COVER_H_

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "codec/box.h"
#include "codec/quality_map.h"

namespace fovea::internal {

// Calls visit(index) for each macroblock of a columns x rows map that `box`
// touches, dilated by `grow` macroblocks. Boxes of NaN touch none.
template <typename Visit>
void ForEachMacroblock(const Box& box, int grow, int columns, int rows,
                       Visit visit) {
  if (!(box.left < box.right && box.top < box.bottom)) return;
  const auto block = [](float at, int limit) {
    const float index = std::floor(at / kMacroblockSize);
    return static_cast<int>(
        std::clamp(index, -1.0F, static_cast<float>(limit)));
  };
  // The edge a box ends at belongs to the next block.
  const int right = block(std::nextafter(box.right, box.left), columns);
  const int bottom = block(std::nextafter(box.bottom, box.top), rows);
  const int left = std::max(block(box.left, columns) - grow, 0);
  const int top = std::max(block(box.top, rows) - grow, 0);
  for (int y = top; y <= std::min(bottom + grow, rows - 1); ++y) {
    for (int x = left; x <= std::min(right + grow, columns - 1); ++x) {
      visit(static_cast<size_t>(y) * static_cast<size_t>(columns) +
            static_cast<size_t>(x));
    }
  }
}

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_MACROBLOCK_COVER_H_
