// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/picture_input.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/limits.h"
#include "codec/luma_weights.h"

namespace fovea {
namespace {

using Row3 = std::array<double, 3>;

// Levels of red, green and blue by Y', Cb and Cr around black and grey.
std::array<Row3, 3> RgbMatrix(const ColorInfo& color, int height) {
  const LumaWeights p = LumaWeightsOf(color, height);
  const double green = 1 - p.red - p.blue;
  const double luma = color.full_range ? 1 : 255.0 / 219;
  const double chroma = color.full_range ? 1 : 255.0 / 224;
  const double red_cr = 2 * (1 - p.red) * chroma;
  const double blue_cb = 2 * (1 - p.blue) * chroma;
  return {{{luma, 0, red_cr},
           {luma, -blue_cb * p.blue / green, -red_cr * p.red / green},
           {luma, blue_cb, 0}}};
}

int CutSide(int inside, int side, int trim) {
  if (trim == 0) return side;
  return std::min(side, (inside + trim - 1) / trim * trim);
}

struct Size {
  int width, height;
};

// The largest size of the picture's shape in the input, rounded down. In
// whole numbers: 960 * (416 / 960) may come out below 416.
Size Letterboxed(Size picture, Size input) {
  const int64_t by_width = int64_t{input.width} * picture.height;
  const int64_t by_height = int64_t{input.height} * picture.width;
  if (by_width <= by_height) {
    return {input.width,
            std::max(1, static_cast<int>(by_width / picture.width))};
  }
  return {std::max(1, static_cast<int>(by_height / picture.height)),
          input.height};
}

}  // namespace

PictureInput::Axis::Axis(int from, int to) : step(from > 1 ? 1 : 0) {
  const double scale = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    const double at = std::clamp((i + 0.5) * scale - 0.5, 0.0, from - 1.0);
    const double tap = std::min(std::floor(at), std::max(0.0, from - 2.0));
    first.push_back(static_cast<size_t>(tap));
    share.push_back(static_cast<float>(at - tap));
  }
}

absl::StatusOr<PictureInput> PictureInput::Create(const ModelCard& card,
                                                  int width, int height,
                                                  const ColorInfo& color) {
  const auto fail = [&](const auto&... what) {
    return absl::InvalidArgumentError(
        absl::StrCat("model ", card.name, ": ", what...));
  };
  if (card.width < 1 || card.width > kMaxInputSide || card.height < 1 ||
      card.height > kMaxInputSide) {
    return fail("expected a model that takes pictures, found input of ",
                card.width, "x", card.height);
  }
  const int most = CodecLimits().max_side;
  if (width < 1 || width > most || height < 1 || height > most) {
    return fail("expected a picture of 1 to ", most, " pixels a side, found ",
                width, "x", height);
  }
  PictureInput input;
  Size whole{card.width, card.height}, inside = whole;
  if (card.fit == Fit::kLetterbox) {
    inside = Letterboxed({width, height}, whole);
    whole.width = CutSide(inside.width, card.width, card.trim);
    whole.height = CutSide(inside.height, card.height, card.trim);
  }
  input.columns_ = Axis(width, inside.width);
  input.rows_ = Axis(height, inside.height);
  input.placement_ = {width,
                      height,
                      whole.width,
                      whole.height,
                      static_cast<double>(inside.width) / width,
                      static_cast<double>(inside.height) / height};
  input.SetChannels(card, color);
  return input;
}

void PictureInput::SetChannels(const ModelCard& card, const ColorInfo& color) {
  std::array<Row3, 3> matrix = RgbMatrix(color, placement_.picture_height);
  if (!card.rgb) std::swap(matrix[0], matrix[2]);
  if (card.grey) matrix[0] = {matrix[0][0], 0, 0};  // luma, as it is
  const double black = color.full_range ? 0 : 16;
  const size_t count = card.grey ? 1 : 3;
  const auto columns = static_cast<size_t>(placement_.input_width);
  const auto rows = static_cast<size_t>(placement_.input_height);
  for (size_t c = 0; c < count; ++c) {
    const Row3& row = matrix[c];
    Channel channel;
    channel.at = card.channels_last ? c : c * rows * columns;
    for (size_t p = 0; p < 3; ++p) {
      channel.weight[p] = static_cast<float>(row[p]);
    }
    channel.offset =
        static_cast<float>(-row[0] * black - 128 * (row[1] + row[2]));
    channel.gain = static_cast<float>(1 / card.deviation[c]);
    channel.bias = static_cast<float>(-card.mean[c] / card.deviation[c]);
    channel.fill =
        static_cast<float>((card.fill - card.mean[c]) / card.deviation[c]);
    channels_.push_back(channel);
  }
  column_step_ = card.channels_last ? count : 1;
  row_step_ = columns * column_step_;
  const auto channels = static_cast<int64_t>(count);
  shape_ = {1, channels, placement_.input_height, placement_.input_width};
  if (card.channels_last) {
    shape_ = {1, placement_.input_height, placement_.input_width, channels};
  }
}

// The levels of one row of the picture at the input's columns, channel after
// channel.
void PictureInput::ResizeRow(const Frame& frame, size_t row,
                             std::vector<float>* resized) const {
  const auto y = static_cast<ptrdiff_t>(row);
  const uint8_t* luma = frame.y.data + y * frame.y.stride;
  const uint8_t* cb = frame.u.data + y / 2 * frame.u.stride;
  const uint8_t* cr = frame.v.data + y / 2 * frame.v.stride;
  float* to = resized->data();
  for (const Channel& channel : channels_) {
    const auto level = [&](size_t x) {
      return std::clamp(channel.offset + channel.weight[0] * luma[x] +
                            channel.weight[1] * cb[x / 2] +
                            channel.weight[2] * cr[x / 2],
                        0.0F, 255.0F);
    };
    for (size_t x = 0; x < columns_.size(); ++x) {
      const size_t tap = columns_.first[x];
      const float left = level(tap);
      *to++ = left + columns_.share[x] * (level(tap + columns_.step) - left);
    }
  }
}

Tensor PictureInput::Prepare(const Frame& frame) const {
  assert(frame.width == placement_.picture_width &&
         frame.height == placement_.picture_height);
  const auto rows = static_cast<size_t>(placement_.input_height);
  const auto columns = static_cast<size_t>(placement_.input_width);
  Tensor input{shape_, std::vector<float>(rows * columns * channels_.size())};
  for (const Channel& channel : channels_) {
    for (size_t i = 0; i < rows * columns; ++i) {
      input.values[channel.at + i * column_step_] = channel.fill;
    }
  }
  // Resized rows; a row and the next never share a place.
  constexpr size_t kNone = SIZE_MAX;
  std::array<size_t, 2> held = {kNone, kNone};
  const std::vector<float> empty(columns_.size() * channels_.size());
  std::array<std::vector<float>, 2> resized = {empty, empty};
  const auto load = [&](size_t row) {
    if (held[row % 2] != row) ResizeRow(frame, row, &resized[row % 2]);
    held[row % 2] = row;
    return resized[row % 2].data();
  };
  for (size_t y = 0; y < rows_.size(); ++y) {
    const float* above = load(rows_.first[y]);
    const float* below = load(rows_.first[y] + rows_.step);
    const float share = rows_.share[y];
    for (const Channel& channel : channels_) {
      float* to = &input.values[channel.at + y * row_step_];
      for (size_t x = 0; x < columns_.size(); ++x, ++above, ++below) {
        const float level = *above + share * (*below - *above);
        to[x * column_step_] = channel.gain * level + channel.bias;
      }
    }
  }
  return input;
}

// Gradient by one plane's samples; `halved`: as of 4:2:0, where a sample
// stands for 2x2 pixels.
std::vector<float> PictureInput::PlaneAdjoint(const Tensor& gradient,
                                              size_t plane, bool halved) const {
  const int shift = halved ? 1 : 0;
  const auto width =
      static_cast<size_t>((placement_.picture_width + shift) >> shift);
  const auto height =
      static_cast<size_t>((placement_.picture_height + shift) >> shift);
  std::vector<float> samples(width * height);
  std::vector<float> mixed(columns_.size());
  for (size_t y = 0; y < rows_.size(); ++y) {
    std::fill(mixed.begin(), mixed.end(), 0.0F);
    for (const Channel& channel : channels_) {
      const float slope = channel.weight[plane] * channel.gain;
      const float* from = &gradient.values[channel.at + y * row_step_];
      for (size_t x = 0; x < mixed.size(); ++x) {
        mixed[x] += slope * from[x * column_step_];
      }
    }
    float* above = &samples[(rows_.first[y] >> shift) * width];
    float* below = &samples[((rows_.first[y] + rows_.step) >> shift) * width];
    const float share = rows_.share[y];
    for (size_t x = 0; x < mixed.size(); ++x) {
      const size_t left = columns_.first[x] >> shift;
      const size_t right = (columns_.first[x] + columns_.step) >> shift;
      const float to_right = columns_.share[x] * mixed[x];
      const float to_left = mixed[x] - to_right;
      above[left] += (1 - share) * to_left;
      above[right] += (1 - share) * to_right;
      below[left] += share * to_left;
      below[right] += share * to_right;
    }
  }
  return samples;
}

PlaneGradient PictureInput::FullChromaAdjoint(const Tensor& gradient) const {
  return PlanesAdjoint(gradient, /*halved=*/false);
}

PlaneGradient PictureInput::Adjoint(const Tensor& gradient) const {
  return PlanesAdjoint(gradient, /*halved=*/true);
}

PlaneGradient PictureInput::PlanesAdjoint(const Tensor& gradient,
                                          bool halved) const {
  assert(gradient.shape == shape_);
  PlaneGradient by_sample{
      placement_.picture_width, placement_.picture_height, {}};
  for (size_t p = 0; p < 3; ++p) {
    by_sample.plane[p] = PlaneAdjoint(gradient, p, halved && p > 0);
  }
  return by_sample;
}

}  // namespace fovea
