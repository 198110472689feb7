// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: values of a window from coefficients of
// the DCT in whole numbers.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_WINDOW_TRANSFORM_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_WINDOW_TRANSFORM_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"

namespace fovea::second_reader {

using Line = std::vector<int64_t>;

inline void TurnBack(double angle, int64_t* a, int64_t* b) {
  const auto factor = [](double value) {
    return static_cast<int64_t>(std::lround(std::ldexp(value, 30)));
  };
  const auto part = [](int64_t f, int64_t value) {
    return (f * value + (1 << 29)) >> 30;
  };
  const int64_t t = factor(std::tan(angle / 2));
  *a = Wrapped(*a - part(t, *b));
  *b = Wrapped(*b + part(factor(std::sin(angle)), *a));
  *a = Wrapped(*a - part(t, *b));
}

inline void Unmix(int64_t* a, int64_t* b) {
  *b = Wrapped(-*b);
  TurnBack(std::numbers::pi / 4, a, b);
}

inline Line FromDct4(Line x);

inline Line FromDct2(const Line& x) {
  const size_t n = x.size();
  if (n == 1) return x;
  Line firsts, seconds;
  for (size_t k = 0; k < n; k += 2) {
    firsts.push_back(x[k]);
    seconds.push_back(x[k + 1]);
  }
  firsts = FromDct2(firsts);
  seconds = FromDct4(seconds);
  Line values(n);
  for (size_t i = 0; i < n / 2; ++i) {
    values[i] = firsts[i];
    values[n - 1 - i] = seconds[i];
    Unmix(&values[i], &values[n - 1 - i]);
  }
  return values;
}

inline Line FromDct4(Line x) {
  const size_t n = x.size();
  if (n == 1) return x;
  const size_t m = n / 2;
  Line u(m), v(m);
  u[0] = x[0];
  v[0] = Wrapped(-x[n - 1]);
  for (size_t k = 1; k < m; ++k) {
    u[k] = x[2 * k];
    v[m - k] = x[2 * k - 1];
    Unmix(&u[k], &v[m - k]);
  }
  u = FromDct2(u);
  v = FromDct2(v);
  for (size_t i = 0; i < m; ++i) {
    if (i % 2 == 1) v[i] = Wrapped(-v[i]);
    const auto odd = static_cast<double>(2 * i + 1);
    TurnBack(odd * std::numbers::pi / static_cast<double>(4 * n), &u[i], &v[i]);
    x[i] = u[i];
    x[n - 1 - i] = v[i];
  }
  return x;
}

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_WINDOW_TRANSFORM_H_
