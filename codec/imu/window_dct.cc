// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/window_dct.h"

#include <array>

namespace fovea::imu {
namespace {

constexpr int kPoint = 30;
constexpr int kQuarter = 64;  // of angles: pi / 4
constexpr double kPi = 3.14159265358979323846;

// Of angles up to pi / 4, from + - * / alone: alike everywhere.
constexpr double Sine(double angle) {
  double term = angle;
  double sum = angle;
  for (int n = 1; n < 12; ++n) {
    term *= -angle * angle / ((2.0 * n) * (2.0 * n + 1.0));
    sum += term;
  }
  return sum;
}

constexpr double Cosine(double angle) {
  const double half = Sine(angle / 2);
  return 1 - 2 * half * half;
}

// Of the angles n pi / 256: the sine, and the tangent of the half.
struct Shears {
  std::array<int64_t, kQuarter + 1> sine = {};
  std::array<int64_t, kQuarter + 1> half_tangent = {};
};

constexpr Shears MakeShears() {
  constexpr double kOne = int64_t{1} << kPoint;
  Shears shears;
  for (size_t n = 1; n <= kQuarter; ++n) {
    const double angle = kPi / 256 * static_cast<double>(n);
    const double sine = Sine(angle);
    shears.sine[n] = static_cast<int64_t>(sine * kOne + 0.5);
    shears.half_tangent[n] =
        static_cast<int64_t>(sine / (1 + Cosine(angle)) * kOne + 0.5);
  }
  return shears;
}

constexpr Shears kShears = MakeShears();

// What is stored depends on them: never changes.
constexpr uint64_t DigestOf(const Shears& shears) {
  uint64_t digest = 0xcbf29ce484222325;
  for (size_t n = 0; n <= kQuarter; ++n) {
    digest = (digest ^ static_cast<uint64_t>(shears.sine[n])) * 0x100000001b3;
    digest = (digest ^ static_cast<uint64_t>(shears.half_tangent[n])) *
             0x100000001b3;
  }
  return digest;
}
static_assert(DigestOf(kShears) == 0x608939568f40aace);

int32_t Plus(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) +
                              static_cast<uint32_t>(b));
}

int32_t Minus(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) -
                              static_cast<uint32_t>(b));
}

int32_t Part(int64_t factor, int32_t value) {
  constexpr int64_t kHalf = int64_t{1} << (kPoint - 1);
  return static_cast<int32_t>((factor * value + kHalf) >> kPoint);
}

// To a cos + b sin, b cos - a sin.
void Rotate(size_t angle, int32_t* a, int32_t* b) {
  *a = Plus(*a, Part(kShears.half_tangent[angle], *b));
  *b = Minus(*b, Part(kShears.sine[angle], *a));
  *a = Plus(*a, Part(kShears.half_tangent[angle], *b));
}

void RotateBack(size_t angle, int32_t* a, int32_t* b) {
  *a = Minus(*a, Part(kShears.half_tangent[angle], *b));
  *b = Plus(*b, Part(kShears.sine[angle], *a));
  *a = Minus(*a, Part(kShears.half_tangent[angle], *b));
}

// To (a + b) / sqrt 2, (a - b) / sqrt 2.
void Mix(int32_t* a, int32_t* b) {
  Rotate(kQuarter, a, b);
  *b = Minus(0, *b);
}

void Unmix(int32_t* a, int32_t* b) {
  *b = Minus(0, *b);
  RotateBack(kQuarter, a, b);
}

// `scratch` is as long as `x`.
void ForwardTwo(int32_t* x, int32_t* scratch, size_t n);
void InverseTwo(int32_t* x, int32_t* scratch, size_t n);

// Two DCT-II of half the size, of the values turned against their mirrored
// ones; the second gives sines, last frequency first.
void ForwardFour(int32_t* x, int32_t* scratch, size_t n) {
  if (n == 1) return;
  const size_t m = n / 2;
  for (size_t i = 0; i < m; ++i) {
    scratch[i] = x[i];
    scratch[m + i] = x[n - 1 - i];
    Rotate((2 * i + 1) * (kQuarter / n), &scratch[i], &scratch[m + i]);
    if (i % 2 == 1) scratch[m + i] = Minus(0, scratch[m + i]);
  }
  ForwardTwo(scratch, x, m);
  ForwardTwo(scratch + m, x, m);
  x[0] = scratch[0];
  x[n - 1] = Minus(0, scratch[m]);
  for (size_t k = 1; k < m; ++k) {
    x[2 * k] = scratch[k];
    x[2 * k - 1] = scratch[n - k];
    Mix(&x[2 * k], &x[2 * k - 1]);
  }
}

void InverseFour(int32_t* x, int32_t* scratch, size_t n) {
  if (n == 1) return;
  const size_t m = n / 2;
  scratch[0] = x[0];
  scratch[m] = Minus(0, x[n - 1]);
  for (size_t k = 1; k < m; ++k) {
    Unmix(&x[2 * k], &x[2 * k - 1]);
    scratch[k] = x[2 * k];
    scratch[n - k] = x[2 * k - 1];
  }
  InverseTwo(scratch, x, m);
  InverseTwo(scratch + m, x, m);
  for (size_t i = 0; i < m; ++i) {
    if (i % 2 == 1) scratch[m + i] = Minus(0, scratch[m + i]);
    RotateBack((2 * i + 1) * (kQuarter / n), &scratch[i], &scratch[m + i]);
    x[i] = scratch[i];
    x[n - 1 - i] = scratch[m + i];
  }
}

// Even frequencies are a DCT-II of the sums of mirrored values, odd ones a
// DCT-IV of their differences.
void ForwardTwo(int32_t* x, int32_t* scratch, size_t n) {
  if (n == 1) return;
  const size_t m = n / 2;
  for (size_t i = 0; i < m; ++i) {
    scratch[i] = x[i];
    scratch[m + i] = x[n - 1 - i];
    Mix(&scratch[i], &scratch[m + i]);
  }
  ForwardTwo(scratch, x, m);
  ForwardFour(scratch + m, x, m);
  for (size_t k = 0; k < m; ++k) {
    x[2 * k] = scratch[k];
    x[2 * k + 1] = scratch[m + k];
  }
}

void InverseTwo(int32_t* x, int32_t* scratch, size_t n) {
  if (n == 1) return;
  const size_t m = n / 2;
  for (size_t k = 0; k < m; ++k) {
    scratch[k] = x[2 * k];
    scratch[m + k] = x[2 * k + 1];
  }
  InverseTwo(scratch, x, m);
  InverseFour(scratch + m, x, m);
  for (size_t i = 0; i < m; ++i) {
    Unmix(&scratch[i], &scratch[m + i]);
    x[i] = scratch[i];
    x[n - 1 - i] = scratch[m + i];
  }
}

}  // namespace

void ForwardIntegerDct(std::span<int32_t> values) {
  std::array<int32_t, kMostDct> scratch;
  ForwardTwo(values.data(), scratch.data(), values.size());
}

void InverseIntegerDct(std::span<int32_t> values) {
  std::array<int32_t, kMostDct> scratch;
  InverseTwo(values.data(), scratch.data(), values.size());
}

}  // namespace fovea::imu
