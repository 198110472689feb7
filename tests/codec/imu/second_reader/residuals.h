// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: scale classes of residuals, and the
// tables that they are coded with in blocks of mode normal.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_RESIDUALS_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_RESIDUALS_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"

namespace fovea::second_reader {

inline constexpr int kSlots = 4096;
inline constexpr int kFirstWideClass = 32;

// Of tokens, in order; they add up to 4096.
using Table = std::vector<int>;

// The share below x of Student's t with six degrees of freedom.
inline double ShareBelow(double x) {
  const double sine = x / std::sqrt(6 + x * x);
  const double cosine2 = 6 / (6 + x * x);
  return 0.5 + 0.5 * sine * (1 + cosine2 / 2 + cosine2 * cosine2 * 3 / 8);
}

// Mean magnitude of the middle of a class.
inline double MeanOf(int scale_class) {
  return std::ldexp((9.0 + 2 * (scale_class % 4)) / 8, scale_class / 4 - 6);
}

// The scale of the distribution whose mean magnitude that is.
inline double ScaleOf(int scale_class) {
  const double mean = MeanOf(scale_class);
  if (mean >= 1) return mean / (std::sqrt(6.0) * 3 / 8);
  double low = 0.02;
  double high = 1.5;
  for (int i = 0; i < 14; ++i) {
    const double middle = (low + high) / 2;
    double rounded = 0;
    for (int n = 0; n < 5; ++n) {
      rounded += 2 * (1 - ShareBelow((n + 0.5) / middle));
    }
    (rounded < mean ? low : high) = middle;
  }
  return low;
}

inline int SinglesOf(int scale_class) {
  constexpr int kSingles[] = {3, 3, 3, 3, 5, 7, 10, 15};
  return kSingles[scale_class / 4];
}

// Slots of shares: rounded, at least one, and the first of the most slots
// what is left.
inline Table SlotsOf(const std::vector<double>& shares) {
  Table table;
  int left = kSlots;
  for (const double share : shares) {
    table.push_back(std::max(1, static_cast<int>(std::lround(share * kSlots))));
    left -= table.back();
  }
  *std::max_element(table.begin(), table.end()) += left;
  return table;
}

// Tokens 0, 1, -1, 2, -2 ... above, below around a prediction of fraction / 8.
inline Table NarrowTable(int scale_class, int fraction) {
  const double scale = ScaleOf(scale_class);
  const auto below = [&](double edge) {
    return ShareBelow((edge - fraction / 8.0) / scale);
  };
  const int singles = SinglesOf(scale_class);
  std::vector<double> shares;
  for (int magnitude = 0; magnitude <= singles; ++magnitude) {
    for (const int value : {magnitude, -magnitude}) {
      shares.push_back(below(value + 0.5) - below(value - 0.5));
      if (magnitude == 0) break;
    }
  }
  shares.push_back(1 - below(singles + 0.5));
  shares.push_back(below(-singles - 0.5));
  return SlotsOf(shares);
}

// Tokens of magnitudes: 0 to 15, two an octave up to 1023, any.
inline Table WideTable(int quarter) {
  const double scale = ScaleOf(kFirstWideClass + quarter);
  const auto below = [&](double edge) {
    return 2 * ShareBelow(edge / scale) - 1;
  };
  std::vector<double> shares;
  for (int h = 0; h < 16; ++h) shares.push_back(below(h + 1) - below(h));
  for (int begin = 16; begin < 1024; begin *= 2) {
    shares.push_back(below(begin * 1.5) - below(begin));
    shares.push_back(below(begin * 2) - below(begin * 1.5));
  }
  shares.push_back(1 - below(1024));
  return SlotsOf(shares);
}

inline Table FlagTable(int sixteenths) {
  return {kSlots - kSlots / 16 * sixteenths, kSlots / 16 * sixteenths};
}

// The scale class of a mean with 16 fraction bits.
inline int ScaleClassOf(uint64_t mean) {
  const int top = static_cast<int>(std::bit_width(mean)) - 1;
  if (top < 10) return 0;
  return std::min(151,
                  4 * (top - 10) + static_cast<int>((mean >> (top - 2)) & 3));
}

// Running means, 16 fraction bits.
class Scale {
 public:
  explicit Scale(int start_class = 0) {
    fast_ = slow_ = static_cast<int64_t>(std::ldexp(MeanOf(start_class), 16));
  }

  int ScaleClass() const {
    return ScaleClassOf(static_cast<uint64_t>((fast_ + slow_) >> 1));
  }

  // A residual's magnitude, 16 fraction bits.
  void Learn(int64_t magnitude) {
    fast_ += (7 * (magnitude - fast_)) >> 5;
    slow_ += (magnitude - slow_) >> 5;
  }

 private:
  int64_t fast_;
  int64_t slow_;
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_RESIDUALS_H_
