// SPDX-License-Identifier: GPL-2.0-or-later
//
// The sensor works in integers per pixel: 8.8 codes, 16.16 gain, table
// lookups. Shot noise follows the square root of the signal above black.

#include "api/scene_noise.h"

#include <algorithm>
#include <cmath>

#include "api/scene_geometry.h"

namespace fovea::scene {
namespace {

constexpr int kBlack = 16;  // video range
constexpr int kWhite = 235;
constexpr int kMidGrey = 126;
constexpr int kChromaZero = 128;
// Chroma comes out of a difference of averaged photosites.
constexpr double kChromaShare = 0.5;
// Mains drift a little off 50 Hz, so flicker never locks to a frame rate.
constexpr double kLampHz = 2 * 49.98;

// e^x for 0 <= x <= 8, without the C library.
double Exponential(double x) {
  const double small = x / 64;
  double term = 1;
  double sum = 1;
  for (int k = 1; k <= 14; ++k) {
    term *= small / k;
    sum += term;
  }
  for (int k = 0; k < 6; ++k) sum *= sum;
  return sum;
}

// How fast the normal quantile moves with probability.
double QuantileSlope(double z) {
  constexpr double kSqrtTwoPi = 2.5066282746310002;
  return kSqrtTwoPi * Exponential(0.5 * z * z);
}

// Runge-Kutta step of the quantile over `du` of probability.
double AdvanceQuantile(double z, double du) {
  const double k1 = QuantileSlope(z);
  const double k2 = QuantileSlope(z + 0.5 * du * k1);
  const double k3 = QuantileSlope(z + 0.5 * du * k2);
  const double k4 = QuantileSlope(z + du * k3);
  return z + du / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
}

double ShotVariance(double shot_noise, double code) {
  const double signal = std::max(0.0, code - kBlack) / (kMidGrey - kBlack);
  return shot_noise * shot_noise * signal;
}

}  // namespace

uint64_t Mix(uint64_t value) {
  value ^= value >> 30;
  value *= 0xBF58476D1CE4E5B9ULL;
  value ^= value >> 27;
  value *= 0x94D049BB133111EBULL;
  value ^= value >> 31;
  return value;
}

uint64_t Key(uint64_t seed, uint64_t a, uint64_t b, uint64_t c) {
  constexpr uint64_t kStep = 0x9E3779B97F4A7C15ULL;
  uint64_t key = Mix(seed + kStep);
  for (uint64_t part : {a, b, c}) key = Mix((key ^ part) + kStep);
  return key;
}

NormalTable::NormalTable() {
  constexpr size_t kHalf = kSize / 2;
  constexpr int kSubsteps = 16;
  std::array<double, kHalf> upper;
  double z = 0;
  double squares = 0;
  for (size_t i = 0; i < kHalf; ++i) {
    const double step = (i == 0 ? 0.5 : 1.0) / (kSize * kSubsteps);
    for (int k = 0; k < kSubsteps; ++k) z = AdvanceQuantile(z, step);
    upper[i] = z;
    squares += z * z;
  }
  const double scale = kOne / std::sqrt(squares / kHalf);
  for (size_t i = 0; i < kHalf; ++i) {
    const auto value = static_cast<int16_t>(std::floor(upper[i] * scale + 0.5));
    values_[kHalf + i] = value;
    values_[kHalf - 1 - i] = static_cast<int16_t>(-value);
  }
}

double Random::Uniform(double from, double to) {
  const double unit = static_cast<double>(Next() >> 11) * 0x1p-53;
  return from + (to - from) * unit;
}

double Random::Normal(const NormalTable& table) {
  const uint64_t bits = Next();
  // Four draws averaged fill the gaps between table entries and give tails
  // beyond the table's end.
  int sum = 0;
  for (int k = 0; k < 4; ++k) sum += table.at(bits >> (16 * k));
  return sum / (2.0 * NormalTable::kOne);
}

Sensor::Sensor(const SceneOptions& options) : options_(options) {
  const double read = options.read_noise * options.read_noise;
  for (size_t code = 0; code < luma_sigma_.size(); ++code) {
    const double variance =
        ShotVariance(options.shot_noise, static_cast<double>(code)) + read;
    luma_sigma_[code] =
        static_cast<int32_t>(std::floor(256 * std::sqrt(variance) + 0.5));
  }
  chroma_sigma_ = static_cast<int32_t>(kChromaShare * luma_sigma_[kMidGrey]);
}

double Sensor::Gain(int camera, double time_s) const {
  Random draw(Key(options_.seed, 'e', static_cast<uint64_t>(camera)));
  const double along = time_s / options_.seconds;
  const double drift = 0.7 * SineOfTurns(0.8 * along + draw.Uniform(0, 1)) +
                       0.3 * SineOfTurns(2.3 * along + draw.Uniform(0, 1));
  // One lamp for both cameras.
  Random lamp(Key(options_.seed, 'l'));
  const double flicker = SineOfTurns(kLampHz * time_s + lamp.Uniform(0, 1));
  return (1 + options_.exposure_drift * drift) *
         (1 + options_.flicker * flicker);
}

double Sensor::Exposed(uint16_t value, double gain) {
  return (value / 256.0 - kBlack) * gain + kBlack;
}

double Sensor::ExpectedSigma(double code) const {
  constexpr double kRounding = 1.0 / 12;
  return std::sqrt(ShotVariance(options_.shot_noise, code) +
                   options_.read_noise * options_.read_noise + kRounding);
}

void Sensor::Develop(const Canvas& light, int plane, int camera, int64_t frame,
                     double gain, uint8_t* out, int stride) const {
  const auto fixed_gain = static_cast<int32_t>(std::floor(65536 * gain + 0.5));
  const uint64_t key =
      Key(options_.seed, 'n', static_cast<uint64_t>(4 * camera + plane),
          static_cast<uint64_t>(frame));
  for (int y = 0; y < light.height; ++y) {
    DevelopRow(light.row(y), light.width, plane,
               Mix(key + static_cast<uint64_t>(y)), fixed_gain,
               out + static_cast<ptrdiff_t>(y) * stride);
  }
}

void Sensor::DevelopRow(const uint16_t* light, int width, int plane,
                        uint64_t key, int32_t gain, uint8_t* out) const {
  const int32_t zero = (plane == 0 ? kBlack : kChromaZero) << 8;
  const int32_t low = plane == 0 ? kBlack : 16;
  const int32_t high = plane == 0 ? kWhite : 240;
  const int16_t* normals = normals_.data();
  uint64_t bits = 0;
  for (int x = 0; x < width; ++x) {
    if (x % 4 == 0) {
      bits =
          Mix(key + 0x9E3779B97F4A7C15ULL * static_cast<uint64_t>(x / 4 + 1));
    }
    const int64_t lit = static_cast<int64_t>(light[x] - zero) * gain;
    const int32_t value = zero + static_cast<int32_t>((lit + 32768) >> 16);
    const int32_t level = std::clamp(value >> 8, 0, 255);
    const int32_t sigma =
        plane == 0 ? luma_sigma_[static_cast<size_t>(level)] : chroma_sigma_;
    const int32_t noise =
        (sigma * normals[bits & (NormalTable::kSize - 1)] + 2048) >> 12;
    bits >>= 16;
    out[x] =
        static_cast<uint8_t>(std::clamp((value + noise + 128) >> 8, low, high));
  }
}

void NoiseMeter::Add(const Canvas& light, double gain, const Frame& frame) {
  constexpr double kReach = 16;
  for (int y = 0; y < light.height; ++y) {
    const uint16_t* lit = light.row(y);
    const uint8_t* code =
        frame.y.data + static_cast<ptrdiff_t>(y) * frame.y.stride;
    for (int x = 0; x < light.width; ++x) {
      const double expected = Sensor::Exposed(lit[x], gain);
      if (std::abs(expected - kMidGrey) > kReach) continue;
      const double error = code[x] - expected;
      sum_ += error;
      squares_ += error * error;
      count_ += 1;
    }
  }
}

double NoiseMeter::Sigma() const {
  if (count_ == 0) return 0;
  const double mean = sum_ / count_;
  return std::sqrt(std::max(0.0, squares_ / count_ - mean * mean));
}

}  // namespace fovea::scene
