// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: the body of inertial blocks of mode
// max. To be compiled without contraction of floating point.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_MAX_BODY_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_MAX_BODY_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"
#include "tests/codec/imu/second_reader/normal_body.h"
#include "tests/codec/imu/second_reader/residuals.h"

namespace fovea::second_reader {

using Doubles = std::vector<double>;

// Products at even places and those at odd ones apart.
inline double SumOfProducts(const Doubles& a, const Doubles& b) {
  double sums[2] = {};
  for (size_t i = 0; i < a.size(); ++i) sums[i % 2] += a[i] * b[i];
  return sums[0] + sums[1];
}

// Weights of inputs by recursive least squares.
class Filter {
 public:
  Filter(size_t inputs, double memory) : memory_(memory), weights_(inputs) {
    weights_[0] = 1;
    Reset();
  }

  double Expect(const Doubles& input) {
    input_ = input;
    expected_ = SumOfProducts(weights_, input_);
    return expected_;
  }

  void Learn(double difference, double mean) {
    Doubles gain;
    for (const Doubles& row : p_) gain.push_back(SumOfProducts(row, input_));
    const double power = SumOfProducts(gain, input_);
    const double total = memory_ * (mean * mean) + power;
    const double error = difference - expected_;
    const bool sound = total > 1e-9 && total < 1e18 && power >= 0;
    if (!sound) return Reset();
    for (size_t i = 0; i < gain.size(); ++i) {
      const double step = gain[i] * (1 / total);
      weights_[i] += step * error;
      for (size_t j = 0; j < gain.size(); ++j) {
        p_[i][j] = (p_[i][j] - step * gain[j]) * (1 / memory_);
      }
    }
  }

 private:
  void Reset() {
    p_.assign(weights_.size(), Doubles(weights_.size()));
    for (size_t i = 0; i < weights_.size(); ++i) p_[i][i] = 0.1;
  }

  const double memory_;
  Doubles weights_, input_;
  std::vector<Doubles> p_;
  double expected_ = 0;
};

// The first input and what two filters make of all, averaged.
class Blend {
 public:
  explicit Blend(size_t inputs)
      : filters_{Filter(inputs, 0.998), Filter(inputs, 0.9995)} {}

  double Expect(const Doubles& input) {
    expected_[0] = input[0];
    for (int i = 0; i < 2; ++i) expected_[i + 1] = filters_[i].Expect(input);
    double sum = 0;
    double weights = 0;
    for (int i = 0; i < 3; ++i) {
      const double square = errors_[i] * errors_[i];
      const double weight = 1 / (square * square);
      sum += weight * expected_[i];
      weights += weight;
    }
    return sum / weights;
  }

  void Learn(double difference, double mean) {
    for (int i = 0; i < 3; ++i) {
      const double off = (difference - expected_[i]) / mean;
      errors_[i] += 0.03 * (std::min(off * off, 100.0) + 1e-6 - errors_[i]);
    }
    for (Filter& filter : filters_) filter.Learn(difference, mean);
  }

 private:
  Filter filters_[2];
  double expected_[3] = {};
  double errors_[3] = {1, 1, 1};
};

class MaxBody : public NormalBody {
 public:
  MaxBody(Bytes body, size_t channels, size_t rows, Bytes profile)
      : NormalBody(body, channels, rows, profile) {
    for (size_t c = 0; c < channels; ++c) {
      const size_t before = c % 12;
      const size_t others = GroupEnd(c) - (c - before) - 1;
      blends_.emplace_back(1 + 8 + 2 * others + before);
    }
  }

 private:
  size_t GroupEnd(size_t c) const {
    return std::min(width(), c / 12 * 12 + 12);
  }

  int64_t Expected(size_t c, int scale_class) override {
    const int64_t eighths =
        NormalBody::Expected(c, scale_class) - 8 * past(c).a;
    Doubles input = {static_cast<double>(Wrapped8(c, eighths)) / 8};
    for (size_t back = 1; back <= 8; ++back) {
      input.push_back(Difference(c, back));
    }
    for (size_t back = 1; back <= 2; ++back) {
      for (size_t of = c / 12 * 12; of < GroupEnd(c); ++of) {
        if (of == c) continue;
        input.push_back(Difference(of, of < c ? back + 1 : back));
      }
    }
    for (size_t of = c / 12 * 12; of < c; ++of) {
      input.push_back(Difference(of, 1));
    }
    const double more =
        std::clamp(blends_[c].Expect(input), -4294967296.0, 4294967296.0);
    return 8 * past(c).a + static_cast<int64_t>(std::floor(more * 8 + 0.5));
  }

  void Known(size_t c, int scale_class, int64_t difference) override {
    blends_[c].Learn(static_cast<double>(difference), MeanOf(scale_class));
  }

  // A polynomial's difference wraps as values do; a profile's does not.
  int64_t Wrapped8(size_t c, int64_t eighths) const {
    return kind(c) == 4 ? eighths : 8 * Wrapped(eighths / 8);
  }

  // Those of this row, where there are any, count as rows before.
  double Difference(size_t c, size_t back) const {
    const std::vector<int64_t>& all = differences(c);
    if (back > all.size()) return 0;
    return static_cast<double>(all[all.size() - back]);
  }

  std::vector<Blend> blends_;
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_MAX_BODY_H_
