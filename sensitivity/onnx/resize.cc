// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/onnx/resize.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fovea {
namespace {

template <typename Value>
struct Word {
  std::string_view text;
  Value value;
};

constexpr Word<Coordinates> kCoordinates[] = {
    {"half_pixel", Coordinates::kHalfPixel},
    {"pytorch_half_pixel", Coordinates::kPytorchHalfPixel},
    {"align_corners", Coordinates::kAlignCorners},
    {"asymmetric", Coordinates::kAsymmetric},
    {"tf_half_pixel_for_nn", Coordinates::kTfHalfPixelForNn},
};

constexpr Word<Nearest> kNearest[] = {
    {"round_prefer_floor", Nearest::kPreferFloor},
    {"round_prefer_ceil", Nearest::kPreferCeil},
    {"floor", Nearest::kFloor},
    {"ceil", Nearest::kCeil},
};

// The value of the word that attribute `name` holds.
template <typename Value, size_t kCount>
Value Choose(const Word<Value> (&words)[kCount], const std::string& name,
             AttributeReader* attributes) {
  const std::string text = attributes->String(name, std::string(words[0].text));
  for (const auto& word : words) {
    if (word.text == text) return word.value;
  }
  attributes->Refuse(name + " " + QuotedName(text));
  return words[0].value;
}

double InputCoordinate(Coordinates coordinates, int64_t i, int64_t input_side,
                       int64_t output_side, double scale) {
  const auto x = static_cast<double>(i);
  switch (coordinates) {
    case Coordinates::kPytorchHalfPixel:
      if (output_side == 1) return 0;
      [[fallthrough]];
    case Coordinates::kHalfPixel:
      return (x + 0.5) / scale - 0.5;
    case Coordinates::kAlignCorners:
      if (output_side == 1) return 0;
      return x * static_cast<double>(input_side - 1) /
             static_cast<double>(output_side - 1);
    case Coordinates::kAsymmetric:
      return x / scale;
    case Coordinates::kTfHalfPixelForNn:
      return (x + 0.5) / scale;
  }
  return 0;
}

double Rounded(Nearest nearest, double x) {
  switch (nearest) {
    case Nearest::kPreferFloor:
      return std::ceil(x - 0.5);
    case Nearest::kPreferCeil:
      return std::floor(x + 0.5);
    case Nearest::kFloor:
      return std::floor(x);
    case Nearest::kCeil:
      return std::ceil(x);
  }
  return x;
}

}  // namespace

ResizeMode ReadResizeMode(AttributeReader* attributes) {
  ResizeMode mode;
  const std::string kind = attributes->String("mode", "nearest");
  if (kind != "nearest" && kind != "linear") {
    attributes->Refuse("mode " + QuotedName(kind));
  }
  mode.linear = kind == "linear";
  if (attributes->opset() < 11) {
    mode.coordinates = Coordinates::kAsymmetric;
    mode.nearest = Nearest::kFloor;
    return mode;
  }
  mode.coordinates =
      Choose(kCoordinates, "coordinate_transformation_mode", attributes);
  mode.nearest = Choose(kNearest, "nearest_mode", attributes);
  attributes->Ignore("cubic_coeff_a");
  attributes->Ignore("exclude_outside");      // of cubic mode
  attributes->Ignore("extrapolation_value");  // of cropping mode
  return mode;
}

ResizeTaps TapsOf(const ResizeMode& mode, int64_t input_side,
                  int64_t output_side, double scale) {
  const auto last = static_cast<double>(input_side - 1);
  const auto inside = [last](double x) {
    return static_cast<int64_t>(std::clamp(x, 0.0, last));
  };
  ResizeTaps taps;
  for (int64_t i = 0; i < output_side; ++i) {
    const double x =
        InputCoordinate(mode.coordinates, i, input_side, output_side, scale);
    if (!mode.linear) {
      taps.low.push_back(inside(Rounded(mode.nearest, x)));
      continue;
    }
    const double low = std::floor(x);
    taps.low.push_back(inside(low));
    taps.high.push_back(inside(low + 1));
    taps.share.push_back(static_cast<float>(x - low));
  }
  return taps;
}

}  // namespace fovea
