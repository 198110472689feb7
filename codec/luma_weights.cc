// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/luma_weights.h"

namespace fovea {
namespace {

constexpr int kHdLines = 720;
constexpr LumaWeights kBt709{0.2126, 0.0722};

}  // namespace

LumaWeights LumaWeightsOf(const ColorInfo& color, int height) {
  switch (color.matrix) {
    case 1:
      return kBt709;
    case 4:
      return {0.30, 0.11};  // FCC
    case 5:
    case 6:
      return kBt601;
    case 7:
      return {0.212, 0.087};  // SMPTE 240M
    case 9:
    case 10:
      return {0.2627, 0.0593};  // BT.2020
    default:
      return height >= kHdLines ? kBt709 : kBt601;
  }
}

}  // namespace fovea
