// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which colours a video's Y'CbCr stands for.

#ifndef FOVEA_CODEC_LUMA_WEIGHTS_H_
#define FOVEA_CODEC_LUMA_WEIGHTS_H_

#include "codec/sample.h"

namespace fovea {

// Shares of red and blue in luma; the rest is green's.
struct LumaWeights {
  double red = 0;
  double blue = 0;
};

inline constexpr LumaWeights kBt601{0.299, 0.114};

// By the matrix code point of ISO/IEC 23091-2. Video that does not say it is
// BT.601 below 720 rows and BT.709 from there on.
LumaWeights LumaWeightsOf(const ColorInfo& color, int height);

}  // namespace fovea

#endif  // FOVEA_CODEC_LUMA_WEIGHTS_H_
