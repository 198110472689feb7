// SPDX-License-Identifier: GPL-2.0-or-later
//
// Energy of the gradient by a sensor window where codecs spend bits: per
// channel and frequency band. The DCT is orthonormal, so the transform of
// the gradient is the gradient by the coefficients.

#ifndef FOVEA_SENSITIVITY_WINDOW_ENERGY_H_
#define FOVEA_SENSITIVITY_WINDOW_ENERGY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea {

// Sums over gradients of one window size.
class WindowEnergy {
 public:
  static constexpr size_t kMostBands = 16;

  // Windows of `channels` times `window` samples, both 1 or more.
  WindowEnergy(size_t channels, size_t window);

  // kMostBands equally wide ones, or one per sample of a shorter window:
  // none is empty.
  size_t bands() const { return bands_; }

  // Adds one gradient, channel by channel.
  void Add(std::span<const double> gradient);

  int64_t windows() const { return windows_; }

  // Mean square per channel and band, channel by channel, over the band's
  // coefficients and the gradients added; 0 before the first.
  std::vector<double> PerBand() const;

  // Where bands begin, and the last one's end: half of `rate_hz`.
  std::vector<double> EdgesHz(double rate_hz) const;

 private:
  size_t BandOf(size_t coefficient) const {
    return coefficient * bands_ / window_;
  }

  const size_t window_, bands_;
  std::vector<double> sum_;  // channels x bands
  int64_t windows_ = 0;
  std::vector<double> scratch_;
};

// Orthonormal DCT-II of `values`, in place. Time grows with n log n where n
// is a power of 2, with n^2 where it is odd.
void ForwardDct(std::span<double> values);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_WINDOW_ENERGY_H_
