// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/adaptive_filter.h"

#include <algorithm>
#include <cstddef>

namespace fovea::imu {
namespace {

// Of the inverse correlation at the start: small, as the first input is a
// good prediction by itself.
constexpr double kStart = 0.1;

constexpr double kMemories[] = {0.998, 0.9995};
constexpr double kErrorPace = 0.03;

// A sum in two halves, which vectors of two make without another order.
double Sum(const double* a, const double* b, int count) {
  double even = 0;
  double odd = 0;
  for (int i = 0; i < count; i += 2) {
    even += a[i] * b[i];
    odd += a[i + 1] * b[i + 1];
  }
  return even + odd;
}

}  // namespace

AdaptiveFilter::AdaptiveFilter(int inputs, double memory)
    : inputs_(inputs),
      stride_((inputs + 1) / 2 * 2),
      memory_(memory),
      weights_(static_cast<size_t>(stride_)),
      input_(static_cast<size_t>(stride_)),
      gain_(static_cast<size_t>(stride_)),
      inverse_(static_cast<size_t>(stride_ * stride_)) {
  weights_[0] = 1;
  Reset();
}

void AdaptiveFilter::Reset() {
  std::fill(inverse_.begin(), inverse_.end(), 0);
  for (int i = 0; i < inputs_; ++i) {
    inverse_[static_cast<size_t>(i * stride_ + i)] = kStart;
  }
}

double AdaptiveFilter::Predict(const double* input) {
  std::copy(input, input + inputs_, input_.begin());
  prediction_ = Sum(weights_.data(), input_.data(), stride_);
  return prediction_;
}

void AdaptiveFilter::Learn(double target, double scale) {
  const double noise = scale * scale;
  double* const gain = gain_.data();
  for (int i = 0; i < stride_; ++i) {
    gain[i] = Sum(&inverse_[static_cast<size_t>(i * stride_)], input_.data(),
                  stride_);
  }
  const double power = Sum(gain, input_.data(), stride_);
  const double total = memory_ * noise + power;
  const double error = target - prediction_;
  // Written so that what is no number ends here too.
  if (!(total > 1e-9 && total < 1e18 && power >= 0)) {
    Reset();
    return;
  }
  const double share = 1 / total;
  const double grow = 1 / memory_;
  for (int i = 0; i < stride_; ++i) {
    const double step = gain[i] * share;
    weights_[static_cast<size_t>(i)] += step * error;
    double* const row = &inverse_[static_cast<size_t>(i * stride_)];
    for (int j = 0; j < stride_; ++j) {
      row[j] = (row[j] - step * gain[j]) * grow;
    }
  }
}

FilterBlend::FilterBlend(int inputs) {
  for (const double memory : kMemories) filters_.emplace_back(inputs, memory);
  voices_.resize(1 + filters_.size());
}

double FilterBlend::Predict(const double* input) {
  voices_[0].prediction = input[0];
  for (size_t i = 0; i < filters_.size(); ++i) {
    voices_[i + 1].prediction = filters_[i].Predict(input);
  }
  double sum = 0;
  double weights = 0;
  for (const Voice& voice : voices_) {
    const double e2 = voice.error * voice.error;
    const double weight = 1 / (e2 * e2);
    sum += weight * voice.prediction;
    weights += weight;
  }
  return sum / weights;
}

void FilterBlend::Learn(double target, double scale) {
  for (Voice& voice : voices_) {
    const double error = (target - voice.prediction) / scale;
    const double square = std::min(error * error, 100.0) + 1e-6;
    voice.error += kErrorPace * (square - voice.error);
  }
  for (AdaptiveFilter& filter : filters_) filter.Learn(target, scale);
}

}  // namespace fovea::imu
