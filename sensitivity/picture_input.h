// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decoded Y'CbCr pictures to network input and gradients back: the one
// linear chain of colour conversion, bilinear resize and normalisation, and
// its exact adjoint.

#ifndef FOVEA_SENSITIVITY_PICTURE_INPUT_H_
#define FOVEA_SENSITIVITY_PICTURE_INPUT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"
#include "sensitivity/model_card.h"
#include "sensitivity/tensor.h"

namespace fovea {

// How a picture lies in the network's input: input = scale * picture, both
// in pixels from the top left.
struct Placement {
  int picture_width = 0, picture_height = 0;
  int input_width = 0, input_height = 0;
  double scale_x = 1, scale_y = 1;
};

// Gradient by each sample of a picture's planes: Y', Cb, Cr, row-major,
// without padding; chroma half size, rounded up, unless said otherwise.
struct PlaneGradient {
  int width = 0, height = 0;  // of luma
  std::array<std::vector<float>, 3> plane;
};

// For one card and one picture size. Thread-safe after Create().
//
// Chroma samples are repeated, not interpolated; a picture that does not say
// its matrix is BT.601 below 720 rows and BT.709 from there on. Colours are
// clipped to 0..255 but not rounded. The resize samples as OpenCV's
// INTER_LINEAR does: pixel centres at halves, edges repeated, two taps a
// side however small the result.
class PictureInput {
 public:
  // kInvalidArgument: the card is no picture model, or the picture is empty
  // or beyond 16384 on a side.
  static absl::StatusOr<PictureInput> Create(const ModelCard& card, int width,
                                             int height,
                                             const ColorInfo& color);

  const Placement& placement() const { return placement_; }

  // A batch of one. The frame has the size given to Create().
  Tensor Prepare(const Frame& frame) const;

  // By the chain rule through Prepare(), for a gradient of its shape. Where
  // colour conversion clips, the gradient is passed on as if it did not.
  PlaneGradient Adjoint(const Tensor& gradient) const;

  // The same as if chroma had a sample per pixel (4:4:4): Adjoint()'s chroma
  // is the sum of this one's over each 2x2 pixels.
  PlaneGradient FullChromaAdjoint(const Tensor& gradient) const;

 private:
  // Bilinear weights of one axis: value i is weight-averaged from taps
  // first[i] and first[i] + step.
  struct Axis {
    Axis() = default;
    Axis(int from, int to);
    size_t size() const { return first.size(); }

    std::vector<size_t> first;
    std::vector<float> share;  // of the second tap
    size_t step = 1;           // 0 where there is but one sample
  };

  // One channel of the network's input.
  struct Channel {
    size_t at = 0;  // of its first value
    // Level = offset + sum of weight[plane] * sample.
    std::array<float, 3> weight{};
    float offset = 0;
    float gain = 1, bias = 0;  // value = gain * level + bias
    float fill = 0;            // value beside a letterboxed picture
  };

  PictureInput() = default;

  void SetChannels(const ModelCard& card, const ColorInfo& color);
  void ResizeRow(const Frame& frame, size_t row,
                 std::vector<float>* resized) const;
  std::vector<float> PlaneAdjoint(const Tensor& gradient, size_t plane,
                                  bool halved) const;
  PlaneGradient PlanesAdjoint(const Tensor& gradient, bool halved) const;

  Placement placement_;
  Axis columns_, rows_;  // of the picture inside the input
  std::vector<Channel> channels_;
  std::vector<int64_t> shape_;
  size_t row_step_ = 0, column_step_ = 0;  // between values of the input
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_PICTURE_INPUT_H_
