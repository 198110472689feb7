// SPDX-License-Identifier: GPL-2.0-or-later
//
// Y'CbCr 4:2:0 of any matrix and range to RGB or to JFIF's Y'CbCr (BT.601,
// full range), in integers: the same bytes on every machine. Chroma is
// taken as sited left of and between lines (H.264's default, type 0) and
// interpolated linearly.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_COLOR_CONVERT_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_COLOR_CONVERT_H_

#include <cstdint>

#include "codec/sample.h"

namespace fovea {

// Whether samples are JFIF's already.
bool IsJfif(const ColorInfo& color, int height);

class ColorConverter {
 public:
  // `height` decides where `color` leaves the matrix unspecified.
  ColorConverter(const ColorInfo& color, int height);

  // Row `row` of `frame` as 3 x width bytes of RGB.
  void RgbRow(const Frame& frame, int row, uint8_t* rgb) const;

  // Row `row` of luma, or of both chroma planes, as JFIF samples.
  void JfifLumaRow(const Frame& frame, int row, uint8_t* y) const;
  void JfifChromaRow(const Frame& frame, int row, uint8_t* u, uint8_t* v) const;

 private:
  // Fixed point, 16 bits after the point, on luma less its black level and
  // chroma less 128.
  int64_t luma_ = 0;
  int black_ = 0;
  int64_t red_v_ = 0, green_u_ = 0, green_v_ = 0, blue_u_ = 0;
  int64_t luma_u_ = 0, luma_v_ = 0;                // to JFIF luma
  int64_t u_u_ = 0, u_v_ = 0, v_u_ = 0, v_v_ = 0;  // to JFIF chroma
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_COLOR_CONVERT_H_
