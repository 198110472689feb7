// SPDX-License-Identifier: GPL-2.0-or-later
//
// Chance for generated scenes: a counter-based generator and a Gaussian
// table, both of our own, because the standard distributions differ from
// one library to the next; and the sensor that turns light into pixels.

#ifndef FOVEA_API_SCENE_NOISE_H_
#define FOVEA_API_SCENE_NOISE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "api/scene.h"
#include "codec/sample.h"

namespace fovea::scene {

// Scrambles 64 bits so that neighbouring inputs give unrelated outputs.
uint64_t Mix(uint64_t value);

// One key out of several numbers; order matters.
uint64_t Key(uint64_t seed, uint64_t a, uint64_t b = 0, uint64_t c = 0);

// Standard normal quantiles at 4096 equal steps of probability, scaled to
// unit variance.
class NormalTable {
 public:
  static constexpr size_t kSize = 4096;
  static constexpr int kOne = 4096;  // one sigma

  NormalTable();
  int at(size_t i) const { return values_[i % kSize]; }
  const int16_t* data() const { return values_.data(); }

 private:
  std::array<int16_t, kSize> values_;
};

// Numbers in sequence from one key.
class Random {
 public:
  explicit Random(uint64_t key) : key_(key) {}
  uint64_t Next() { return Mix(key_ + kStep * ++count_); }
  double Uniform(double from, double to);
  double Normal(const NormalTable& table);

 private:
  static constexpr uint64_t kStep = 0x9E3779B97F4A7C15ULL;
  uint64_t key_;
  uint64_t count_ = 0;
};

// One plane of light: codes times 256, video range.
struct Canvas {
  int width = 0;
  int height = 0;
  std::vector<uint16_t> values;

  uint16_t* row(int y) {
    return values.data() + static_cast<size_t>(y) * static_cast<size_t>(width);
  }
  const uint16_t* row(int y) const {
    return values.data() + static_cast<size_t>(y) * static_cast<size_t>(width);
  }
};

// A picture before the sensor: Y', Cb, Cr.
struct Picture {
  Canvas planes[3];
};

// Exposure, flicker, shot and read noise. Counter-based: any pixel can be
// computed in any order.
class Sensor {
 public:
  explicit Sensor(const SceneOptions& options);

  // Light on this frame relative to nominal.
  double Gain(int camera, double time_s) const;

  // Luma the sensor would give without noise, in grey levels.
  static double Exposed(uint16_t value, double gain);

  // Turns one plane into codes. `plane` 0 is luma.
  void Develop(const Canvas& light, int plane, int camera, int64_t frame,
               double gain, uint8_t* out, int stride) const;

  // Sigma of luma at grey level `code`, quantisation included.
  double ExpectedSigma(double code) const;

  const NormalTable& normals() const { return normals_; }

 private:
  void DevelopRow(const uint16_t* light, int width, int plane, uint64_t key,
                  int32_t gain, uint8_t* out) const;

  NormalTable normals_;
  SceneOptions options_;
  std::array<int32_t, 256> luma_sigma_;  // codes times 256
  int32_t chroma_sigma_ = 0;
};

// Measures noise in rendered frames: the sigma of what the sensor added to
// pixels whose light is within 16 grey levels of mid grey. Knowing the
// light makes any such pixel a still flat patch.
class NoiseMeter {
 public:
  void Add(const Canvas& light, double gain, const Frame& frame);
  double Sigma() const;  // grey levels; 0 before any mid-grey pixel

 private:
  double sum_ = 0;
  double squares_ = 0;
  double count_ = 0;
};

}  // namespace fovea::scene

#endif  // FOVEA_API_SCENE_NOISE_H_
