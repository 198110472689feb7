// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/block_energy.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "codec/quality_map.h"

namespace fovea {
namespace {

constexpr int kDctSide = 8;

// Row k: basis function of frequency k.
const std::array<std::array<float, 8>, 8>& DctBasis() {
  static const auto basis = [] {
    std::array<std::array<float, 8>, 8> rows{};
    for (size_t k = 0; k < rows.size(); ++k) {
      const double scale = k == 0 ? std::sqrt(1.0 / 8) : 0.5;
      for (size_t x = 0; x < rows.size(); ++x) {
        rows[k][x] = static_cast<float>(
            scale * std::cos((2 * static_cast<double>(x) + 1) *
                             static_cast<double>(k) * std::numbers::pi / 16));
      }
    }
    return rows;
  }();
  return basis;
}

float Counted(float value, Norm norm) {
  return norm == Norm::kSquare ? value * value : std::abs(value);
}

void AddCounted(const float* row, Norm norm, std::vector<float>* sums) {
  float* const to = sums->data();
  const size_t count = sums->size();
  if (norm == Norm::kSquare) {
    for (size_t x = 0; x < count; ++x) to[x] += row[x] * row[x];
  } else {
    for (size_t x = 0; x < count; ++x) to[x] += std::abs(row[x]);
  }
}

}  // namespace

void ForwardDct8x8(float* block) {
  const auto& basis = DctBasis();
  std::array<float, 64> half;
  for (size_t row = 0; row < 8; ++row) {
    for (size_t k = 0; k < 8; ++k) {
      float sum = 0;
      for (size_t x = 0; x < 8; ++x) sum += basis[k][x] * block[row * 8 + x];
      half[row * 8 + k] = sum;
    }
  }
  for (size_t column = 0; column < 8; ++column) {
    for (size_t k = 0; k < 8; ++k) {
      float sum = 0;
      for (size_t y = 0; y < 8; ++y) sum += basis[k][y] * half[y * 8 + column];
      block[k * 8 + column] = sum;
    }
  }
}

BlockEnergy::BlockEnergy(int width, int height, bool full_chroma, Norm norm)
    : norm_(norm),
      columns_(MacroblockCount(width)),
      rows_(MacroblockCount(height)) {
  const PlaneShape luma{width, height, kMacroblockSize};
  const PlaneShape chroma =
      full_chroma
          ? luma
          : PlaneShape{(width + 1) / 2, (height + 1) / 2, kMacroblockSize / 2};
  shape_ = {luma, chroma, chroma};
  Reset();
}

void BlockEnergy::Reset() {
  for (auto& plane : sum_) {
    plane.assign(static_cast<size_t>(columns_) * static_cast<size_t>(rows_), 0);
  }
  frequency_sum_ = {};
  gradients_ = transformed_ = 0;
}

void BlockEnergy::Add(const PlaneGradient& gradient, bool frequencies) {
  for (size_t i = 0; i < sum_.size(); ++i) {
    AddPlane(gradient.plane[i], i);
    if (frequencies) AddFrequencies(gradient.plane[i], i);
  }
  ++gradients_;
  if (frequencies) ++transformed_;
}

// Column by column over the rows of a line of blocks: neighbouring columns
// add up side by side.
void BlockEnergy::AddPlane(const std::vector<float>& plane, size_t index) {
  const PlaneShape& shape = shape_[index];
  const auto width = static_cast<size_t>(shape.width);
  const auto block = static_cast<size_t>(shape.block);
  std::vector<float> columns(width);
  double* sums = sum_[index].data();
  for (int top = 0; top < shape.height; top += shape.block) {
    std::fill(columns.begin(), columns.end(), 0.0F);
    const int bottom = std::min(shape.height, top + shape.block);
    for (int y = top; y < bottom; ++y) {
      AddCounted(plane.data() + static_cast<size_t>(y) * width, norm_,
                 &columns);
    }
    for (size_t x = 0; x < width; ++x) {
      sums[x / block] += static_cast<double>(columns[x]);
    }
    sums += columns_;
  }
}

bool BlockEnergy::finite() const {
  return std::all_of(sum_.begin(), sum_.end(), [](const auto& plane) {
    return std::all_of(plane.begin(), plane.end(),
                       [](double sum) { return std::isfinite(sum); });
  });
}

void BlockEnergy::AddFrequencies(const std::vector<float>& plane,
                                 size_t index) {
  const PlaneShape& shape = shape_[index];
  std::array<float, 64> block;
  for (int top = 0; top + kDctSide <= shape.height; top += kDctSide) {
    for (int left = 0; left + kDctSide <= shape.width; left += kDctSide) {
      for (int y = 0; y < kDctSide; ++y) {
        const float* from =
            plane.data() + static_cast<ptrdiff_t>(top + y) * shape.width + left;
        std::copy(from, from + kDctSide, block.data() + y * kDctSide);
      }
      ForwardDct8x8(block.data());
      for (size_t k = 0; k < block.size(); ++k) {
        frequency_sum_[index][k] +=
            static_cast<double>(Counted(block[k], norm_));
      }
    }
  }
}

std::array<std::vector<double>, 3> BlockEnergy::PerMacroblock() const {
  auto means = sum_;
  if (gradients_ == 0) return means;
  for (size_t i = 0; i < means.size(); ++i) {
    const PlaneShape& shape = shape_[i];
    for (int row = 0; row < rows_; ++row) {
      const int high = std::min(shape.block, shape.height - row * shape.block);
      for (int column = 0; column < columns_; ++column) {
        const int wide =
            std::min(shape.block, shape.width - column * shape.block);
        means[i][static_cast<size_t>(row * columns_ + column)] /=
            static_cast<double>(gradients_) * wide * high;
      }
    }
  }
  return means;
}

std::array<std::array<double, 64>, 3> BlockEnergy::PerFrequency() const {
  auto means = frequency_sum_;
  for (size_t i = 0; i < means.size(); ++i) {
    const double blocks = static_cast<double>(shape_[i].width / kDctSide) *
                          static_cast<double>(shape_[i].height / kDctSide) *
                          transformed_;
    if (blocks == 0) continue;
    for (double& mean : means[i]) mean /= blocks;
  }
  return means;
}

}  // namespace fovea
