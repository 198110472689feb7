// SPDX-License-Identifier: GPL-2.0-or-later
//
// A picture to draw on: rectangles, lines of text, other pictures. Pixels
// are Y'CbCr 4:2:0 like all frames, so a video frame goes in unchanged.

#ifndef FOVEA_API_CANVAS_H_
#define FOVEA_API_CANVAS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "codec/sample.h"

namespace fovea {

struct Rgb {
  uint8_t red = 0, green = 0, blue = 0;
};

struct Rectangle {
  int left = 0, top = 0, width = 0, height = 0;
};

// What falls outside is left out.
class Canvas {
 public:
  // Black. `color` says how the frames drawn on it are coded; an unspecified
  // matrix is taken by `height_of_frames`, as EncodePng() does.
  static absl::StatusOr<Canvas> Create(int width, int height,
                                       const ColorInfo& color,
                                       int height_of_frames);

  void Fill(const Rectangle& where, Rgb color);

  // Top left corner at (left, top), both even.
  void Put(const Frame& frame, int left, int top);

  // Characters are 6 x 8 pixels times `scale`. Small letters are drawn as
  // capitals, what the font lacks as '?'.
  void Text(const std::string& text, int left, int top, int scale, Rgb color);
  static int TextWidth(const std::string& text, int scale);
  static constexpr int kTextHeight = 8;  // times scale

  // How the canvas is to be converted to RGB.
  const ColorInfo& color() const { return color_; }
  Frame Release() && { return std::move(buffer_).Release(); }

 private:
  Canvas(FrameBuffer buffer, int width, int height, const ColorInfo& color)
      : buffer_(std::move(buffer)),
        width_(width),
        height_(height),
        color_(color) {}

  struct Yuv {
    uint8_t sample[3];
  };
  Yuv Convert(Rgb color) const;

  FrameBuffer buffer_;
  int width_;
  int height_;
  ColorInfo color_;
};

}  // namespace fovea

#endif  // FOVEA_API_CANVAS_H_
