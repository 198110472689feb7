// SPDX-License-Identifier: GPL-2.0-or-later
//
// Energy of an input gradient where codecs spend bits: per macroblock and
// plane, and per 8x8 DCT frequency. The DCT is orthonormal, so the transform
// of the pixel gradient is the gradient by the coefficients, and one
// gradient serves every block transform.

#ifndef FOVEA_SENSITIVITY_BLOCK_ENERGY_H_
#define FOVEA_SENSITIVITY_BLOCK_ENERGY_H_

#include <array>
#include <cstddef>
#include <vector>

#include "sensitivity/picture_input.h"

namespace fovea {

// How a value counts: its square, or its size (published methods).
enum class Norm : unsigned char { kSquare, kAbsolute };

// Sums over gradients of one picture size; kept until Reset().
class BlockEnergy {
 public:
  // `width` x `height` of luma; chroma planes are half that, rounded up, or
  // of full size where `full_chroma`.
  BlockEnergy(int width, int height, bool full_chroma, Norm norm);

  void Reset();

  // Adds one gradient of that size. `frequencies` also transforms it.
  void Add(const PlaneGradient& gradient, bool frequencies);

  // Whether all that was added is: one value that is not makes a sum that is
  // not.
  bool finite() const;

  // Means over samples and over the gradients added: per plane one value per
  // macroblock, row-major; blocks at the edge are averaged over the samples
  // they have.
  std::array<std::vector<double>, 3> PerMacroblock() const;

  // Means over the whole blocks of a plane: [plane][frequency], row-major;
  // planes without a whole block are 0.
  std::array<std::array<double, 64>, 3> PerFrequency() const;

 private:
  struct PlaneShape {
    int width = 0, height = 0;
    int block = 0;  // side of a macroblock in samples
  };

  void AddPlane(const std::vector<float>& plane, size_t index);
  void AddFrequencies(const std::vector<float>& plane, size_t index);

  const Norm norm_;
  const int columns_, rows_;
  std::array<PlaneShape, 3> shape_;
  std::array<std::vector<double>, 3> sum_;
  std::array<std::array<double, 64>, 3> frequency_sum_{};
  int gradients_ = 0;
  int transformed_ = 0;
};

// Orthonormal 8x8 DCT-II of `block`, row-major, in place.
void ForwardDct8x8(float* block);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_BLOCK_ENERGY_H_
