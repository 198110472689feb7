// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/window_energy.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace fovea {
namespace {

constexpr double kPi = std::numbers::pi;

// X[k] = sum of x[n] cos(pi k (2n + 1) / 2N), by its definition.
void DirectDct(std::span<double> x) {
  const size_t n = x.size();
  std::vector<double> cosine(4 * n);  // one turn
  for (size_t i = 0; i < cosine.size(); ++i) {
    cosine[i] =
        std::cos(kPi * static_cast<double>(i) / static_cast<double>(2 * n));
  }
  const std::vector<double> in(x.begin(), x.end());
  for (size_t k = 0; k < n; ++k) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
      sum += in[i] * cosine[k * (2 * i + 1) % (4 * n)];
    }
    x[k] = sum;
  }
}

// The same. Even coefficients are those of the sums of mirrored samples, odd
// ones follow from those of the weighted differences (Lee, IEEE ASSP 1984).
// `scratch` is as long as `x`.
void UnscaledDct(std::span<double> x, std::span<double> scratch) {
  const size_t n = x.size();
  if (n == 1) return;
  if (n % 2 != 0) return DirectDct(x);
  const size_t half = n / 2;
  const auto even = scratch.first(half), odd = scratch.subspan(half);
  for (size_t i = 0; i < half; ++i) {
    const double angle =
        kPi * static_cast<double>(2 * i + 1) / static_cast<double>(2 * n);
    even[i] = x[i] + x[n - 1 - i];
    odd[i] = (x[i] - x[n - 1 - i]) * 2 * std::cos(angle);
  }
  UnscaledDct(even, x.first(half));
  UnscaledDct(odd, x.first(half));
  double last = odd[0] / 2;
  for (size_t i = 0; i < half; ++i) {
    x[2 * i] = even[i];
    x[2 * i + 1] = last;
    if (i + 1 < half) last = odd[i + 1] - last;
  }
}

}  // namespace

void ForwardDct(std::span<double> values) {
  if (values.empty()) return;
  std::vector<double> scratch(values.size());
  UnscaledDct(values, scratch);
  const double n = static_cast<double>(values.size());
  for (double& value : values) value *= std::sqrt(2 / n);
  values[0] /= std::numbers::sqrt2;
}

WindowEnergy::WindowEnergy(size_t channels, size_t window)
    : window_(window),
      bands_(std::min(kMostBands, window)),
      sum_(channels * bands_),
      scratch_(window) {}

void WindowEnergy::Add(std::span<const double> gradient) {
  ++windows_;
  for (size_t c = 0; c * window_ < gradient.size(); ++c) {
    const auto channel = gradient.subspan(c * window_, window_);
    std::copy(channel.begin(), channel.end(), scratch_.begin());
    ForwardDct(scratch_);
    for (size_t k = 0; k < window_; ++k) {
      sum_[c * bands_ + BandOf(k)] += scratch_[k] * scratch_[k];
    }
  }
}

std::vector<double> WindowEnergy::PerBand() const {
  std::vector<double> coefficients(bands_);  // in each band
  for (size_t k = 0; k < window_; ++k) ++coefficients[BandOf(k)];
  std::vector<double> mean = sum_;
  for (size_t i = 0; i < mean.size() && windows_ > 0; ++i) {
    mean[i] /= coefficients[i % bands_] * static_cast<double>(windows_);
  }
  return mean;
}

std::vector<double> WindowEnergy::EdgesHz(double rate_hz) const {
  std::vector<double> edges;
  for (size_t b = 0; b <= bands_; ++b) {
    edges.push_back(rate_hz / 2 * static_cast<double>(b) /
                    static_cast<double>(bands_));
  }
  return edges;
}

}  // namespace fovea
