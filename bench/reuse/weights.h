// SPDX-License-Identifier: GPL-2.0-or-later
//
// What layers do with weights; for small_net.cc and picture_layers.cc.

#ifndef FOVEA_BENCH_REUSE_WEIGHTS_H_
#define FOVEA_BENCH_REUSE_WEIGHTS_H_

#include <cmath>
#include <cstddef>

#include "bench/reuse/small_net.h"

namespace fovea::bench::reuse {

inline Weights Zeros(size_t count) {
  return {Values(count, 0), Values(count, 0), Values(count, 0)};
}

inline Weights Glorot(size_t count, int in, int out, Chance* chance) {
  Weights weights = Zeros(count);
  const float bound = std::sqrt(6.0F / static_cast<float>(in + out));
  std::uniform_real_distribution<float> uniform(-bound, bound);
  for (float& value : weights.value) value = uniform(*chance);
  return weights;
}

inline void AddScaled(float scale, const float* from, int count, float* to) {
  for (int i = 0; i < count; ++i) to[i] += scale * from[i];
}

inline float Dot(const float* a, const float* b, int count) {
  float sum = 0;
  for (int i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_WEIGHTS_H_
