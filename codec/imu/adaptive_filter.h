// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recursive least squares: weights of a sum that follow what is seen, each
// sample as heavy as it is quiet. Doubles in a fixed order of operations,
// compiled without contraction, so that every IEEE machine gets the same bits.

#ifndef FOVEA_CODEC_IMU_ADAPTIVE_FILTER_H_
#define FOVEA_CODEC_IMU_ADAPTIVE_FILTER_H_

#include <vector>

namespace fovea::imu {

class AdaptiveFilter {
 public:
  // `memory`: what is left of a sample's weight one sample later. Weights
  // begin at 0 but for the first, at 1.
  AdaptiveFilter(int inputs, double memory);

  int inputs() const { return inputs_; }

  // What the weights make of `input`, kept for Learn().
  double Predict(const double* input);

  // The target of the last Predict() has become known; `scale` is about how
  // far off predictions are now.
  void Learn(double target, double scale);

 private:
  void Reset();

  int inputs_;
  int stride_;  // inputs, rounded up to even
  double memory_;
  std::vector<double> weights_;
  std::vector<double> input_;
  std::vector<double> gain_;
  std::vector<double> inverse_;  // of the weighted correlation, rows of stride_
  double prediction_ = 0;
};

// Filters of several memories, and the first input itself, averaged by how
// near each has been of late.
class FilterBlend {
 public:
  explicit FilterBlend(int inputs);

  double Predict(const double* input);
  void Learn(double target, double scale);

 private:
  struct Voice {
    double prediction = 0;
    double error = 1;  // running mean square, in units of the scale
  };

  std::vector<AdaptiveFilter> filters_;
  std::vector<Voice> voices_;  // the first input, then the filters
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_ADAPTIVE_FILTER_H_
