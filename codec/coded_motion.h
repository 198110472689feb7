// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where an encoder found each macroblock, as its bitstream says.

#ifndef FOVEA_CODEC_CODED_MOTION_H_
#define FOVEA_CODEC_CODED_MOTION_H_

#include <cstdint>
#include <vector>

namespace fovea {

// Row-major, columns * rows entries each; macroblocks of the coded picture.
// Of a macroblock in parts, what its largest part says.
struct CodedMotion {
  int columns = 0;
  int rows = 0;
  // From the macroblock to where it was, in quarter pixels, as the grid's
  // vectors point (codec/grid.h). In which picture it was the stream does not
  // tell: mostly the one before. What was predicted from a later picture
  // alone has its vector turned round.
  std::vector<int16_t> x, y;
  std::vector<uint8_t> intra;  // 1: predicted from no other picture
};

}  // namespace fovea

#endif  // FOVEA_CODEC_CODED_MOTION_H_
