// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/canvas.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>

namespace fovea {
namespace {

constexpr uint8_t kBt709 = 1;
constexpr uint8_t kUnspecified = 2;
constexpr uint8_t kBt601 = 6;
constexpr int kHighDefinitionLines = 720;

constexpr int kGlyphColumns = 5;
constexpr size_t kGlyphRows = 7;
constexpr int kGlyphAdvance = 6;

// Rows from the top, five bits each, the leftmost pixel highest.
struct Glyph {
  char character;
  std::array<uint8_t, kGlyphRows> rows;
};

constexpr Glyph kFont[] = {
    {'#', {0x0a, 0x0a, 0x1f, 0x0a, 0x1f, 0x0a, 0x0a}},
    {'%', {0x19, 0x1a, 0x02, 0x04, 0x08, 0x0b, 0x13}},
    {'(', {0x02, 0x04, 0x08, 0x08, 0x08, 0x04, 0x02}},
    {')', {0x08, 0x04, 0x02, 0x02, 0x02, 0x04, 0x08}},
    {'+', {0x00, 0x04, 0x04, 0x1f, 0x04, 0x04, 0x00}},
    {',', {0x00, 0x00, 0x00, 0x00, 0x0c, 0x04, 0x08}},
    {'-', {0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x00}},
    {'.', {0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0c}},
    {'/', {0x01, 0x01, 0x02, 0x04, 0x08, 0x10, 0x10}},
    {'0', {0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e}},
    {'1', {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e}},
    {'2', {0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f}},
    {'3', {0x1e, 0x01, 0x01, 0x0e, 0x01, 0x01, 0x1e}},
    {'4', {0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02}},
    {'5', {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e}},
    {'6', {0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e}},
    {'7', {0x1f, 0x01, 0x02, 0x04, 0x04, 0x08, 0x08}},
    {'8', {0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e}},
    {'9', {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c}},
    {':', {0x00, 0x0c, 0x0c, 0x00, 0x0c, 0x0c, 0x00}},
    {'=', {0x00, 0x00, 0x1f, 0x00, 0x1f, 0x00, 0x00}},
    {'?', {0x0e, 0x11, 0x01, 0x06, 0x04, 0x00, 0x04}},
    {'@', {0x0e, 0x11, 0x17, 0x15, 0x17, 0x10, 0x0f}},
    {'A', {0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}},
    {'B', {0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e}},
    {'C', {0x0f, 0x10, 0x10, 0x10, 0x10, 0x10, 0x0f}},
    {'D', {0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e}},
    {'E', {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f}},
    {'F', {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10}},
    {'G', {0x0f, 0x10, 0x10, 0x13, 0x11, 0x11, 0x0f}},
    {'H', {0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}},
    {'I', {0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e}},
    {'J', {0x07, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0c}},
    {'K', {0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11}},
    {'L', {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f}},
    {'M', {0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11}},
    {'N', {0x11, 0x19, 0x15, 0x15, 0x13, 0x11, 0x11}},
    {'O', {0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e}},
    {'P', {0x1e, 0x11, 0x11, 0x1e, 0x10, 0x10, 0x10}},
    {'Q', {0x0e, 0x11, 0x11, 0x11, 0x15, 0x12, 0x0d}},
    {'R', {0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11}},
    {'S', {0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e}},
    {'T', {0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04}},
    {'U', {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e}},
    {'V', {0x11, 0x11, 0x11, 0x11, 0x0a, 0x0a, 0x04}},
    {'W', {0x11, 0x11, 0x11, 0x15, 0x15, 0x1b, 0x11}},
    {'X', {0x11, 0x0a, 0x04, 0x04, 0x04, 0x0a, 0x11}},
    {'Y', {0x11, 0x11, 0x0a, 0x04, 0x04, 0x04, 0x04}},
    {'Z', {0x1f, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1f}},
    {'^', {0x04, 0x0a, 0x11, 0x00, 0x00, 0x00, 0x00}},
    {'_', {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1f}},
};

const Glyph* FindGlyph(char character) {
  const auto glyph =
      std::find_if(std::begin(kFont), std::end(kFont),
                   [&](const Glyph& g) { return g.character == character; });
  return glyph == std::end(kFont) ? nullptr : glyph;
}

uint8_t Clamped(double value) {
  return static_cast<uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

}  // namespace

absl::StatusOr<Canvas> Canvas::Create(int width, int height,
                                      const ColorInfo& color,
                                      int height_of_frames) {
  auto buffer = FrameBuffer::Allocate(width, height);
  if (!buffer.ok()) return buffer.status();
  ColorInfo settled = color;
  if (settled.matrix == kUnspecified) {
    settled.matrix = height_of_frames >= kHighDefinitionLines ? kBt709 : kBt601;
  }
  Canvas canvas(*std::move(buffer), width, height, settled);
  canvas.Fill({0, 0, width, height}, {});
  return canvas;
}

Canvas::Yuv Canvas::Convert(Rgb color) const {
  const bool bt709 = color_.matrix == kBt709;
  const double red_share = bt709 ? 0.2126 : 0.299;
  const double blue_share = bt709 ? 0.0722 : 0.114;
  const double y = red_share * color.red + blue_share * color.blue +
                   (1 - red_share - blue_share) * color.green;
  const double cb = (color.blue - y) / (2 * (1 - blue_share));
  const double cr = (color.red - y) / (2 * (1 - red_share));
  if (color_.full_range) {
    return {{Clamped(y), Clamped(128 + cb), Clamped(128 + cr)}};
  }
  return {{Clamped(16 + y * 219 / 255), Clamped(128 + cb * 224 / 255),
           Clamped(128 + cr * 224 / 255)}};
}

void Canvas::Fill(const Rectangle& where, Rgb color) {
  const Yuv yuv = Convert(color);
  const int left = std::clamp(where.left, 0, width_);
  const int top = std::clamp(where.top, 0, height_);
  const int right = std::clamp(where.left + where.width, left, width_);
  const int bottom = std::clamp(where.top + where.height, top, height_);
  for (int i = 0; i < 3; ++i) {
    const int shift = i == 0 ? 0 : 1;  // chroma is rounded outward
    const int from = left >> shift;
    const int to = (right + shift) >> shift;
    for (int row = top >> shift; row < (bottom + shift) >> shift; ++row) {
      std::memset(buffer_.plane(i) +
                      static_cast<ptrdiff_t>(row) * buffer_.stride(i) + from,
                  yuv.sample[i], static_cast<size_t>(to - from));
    }
  }
}

void Canvas::Put(const Frame& frame, int left, int top) {
  const Plane planes[3] = {frame.y, frame.u, frame.v};
  for (int i = 0; i < 3; ++i) {
    const int shift = i == 0 ? 0 : 1;
    const int width = std::min((frame.width + shift) >> shift,
                               ((width_ + shift) >> shift) - (left >> shift));
    const int height = std::min((frame.height + shift) >> shift,
                                ((height_ + shift) >> shift) - (top >> shift));
    for (int row = 0; row < height && width > 0; ++row) {
      std::memcpy(
          buffer_.plane(i) + (left >> shift) +
              static_cast<ptrdiff_t>((top >> shift) + row) * buffer_.stride(i),
          planes[i].data + static_cast<ptrdiff_t>(row) * planes[i].stride,
          static_cast<size_t>(width));
    }
  }
}

void Canvas::Text(const std::string& text, int left, int top, int scale,
                  Rgb color) {
  for (const char c : text) {
    const int upper = std::toupper(static_cast<unsigned char>(c));
    const Glyph* glyph = FindGlyph(static_cast<char>(upper));
    if (glyph == nullptr && c != ' ') glyph = FindGlyph('?');
    for (int row = 0; glyph != nullptr && row < int{kGlyphRows}; ++row) {
      for (int column = 0; column < kGlyphColumns; ++column) {
        const int bits = glyph->rows[static_cast<size_t>(row)];
        if ((bits >> (kGlyphColumns - 1 - column) & 1) == 0) continue;
        Fill({left + column * scale, top + row * scale, scale, scale}, color);
      }
    }
    left += kGlyphAdvance * scale;
  }
}

int Canvas::TextWidth(const std::string& text, int scale) {
  return static_cast<int>(text.size()) * kGlyphAdvance * scale;
}

}  // namespace fovea
