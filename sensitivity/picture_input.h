// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decoded Y'CbCr pictures to network input and gradients back: the one
// linear chain of colour conversion, bilinear resize and normalisation, and
// its exact adjoint.

#ifndef FOVEA_SENSITIVITY_PICTURE_INPUT_H_
#define FOVEA_SENSITIVITY_PICTURE_INPUT_H_

#include <array>
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
// without padding; chroma half size, rounded up.
struct PlaneGradient {
  int width = 0, height = 0;  // of luma
  std::array<std::vector<float>, 3> plane;
};

// For one card and one picture size. Thread-safe after Create().
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

 private:
  PictureInput() = default;

  // Bilinear weights of one axis: value i is weight-averaged from taps
  // first[i] and first[i] + 1.
  struct Axis {
    std::vector<int> first;
    std::vector<float> share;  // of the second tap
  };

  Placement placement_;
  Axis columns_, rows_;
  ModelCard card_;
  // Level of channel c (in the card's order) = offset[c] + sum of
  // matrix[c][plane] * sample.
  std::array<std::array<float, 3>, 3> matrix_{};
  std::array<float, 3> offset_{};
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_PICTURE_INPUT_H_
