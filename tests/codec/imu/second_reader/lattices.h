// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: lattices of series blocks.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_LATTICES_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_LATTICES_H_

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"

namespace fovea::second_reader {

struct Lattice {
  size_t width = 0;
  bool has_units = false;
  int digits = 0;
  double drift = 0;
  std::vector<double> basis, offset;          // basis: column after column
  std::map<size_t, std::vector<double>> off;  // rows

  static Lattice Read(ByteCursor* in) {
    Lattice lattice;
    const int head = in->U8();
    lattice.width = head & 3;
    if (lattice.width != 1 && lattice.width != 3) Fail("width of a lattice");
    lattice.has_units = (head & 4) != 0;
    lattice.digits = head >> 4;
    const size_t w = lattice.width;
    lattice.basis = lattice.Kept(in, w * w);
    lattice.offset = lattice.Kept(in, w);
    if ((head & 8) != 0) lattice.drift = lattice.Kept(in, 1)[0];
    size_t row = 0;
    for (uint64_t left = in->Varint(); left > 0; --left) {
      row += in->Varint();
      for (size_t j = 0; j < w; ++j) lattice.off[row].push_back(in->Double());
    }
    return lattice;
  }

  // Samples of each channel from columns k and u.
  std::vector<std::vector<double>> Samples(
      const std::vector<std::vector<int64_t>>& k,
      const std::vector<std::vector<int64_t>>& u) const;

 private:
  std::vector<double> Kept(ByteCursor* in, size_t count) const {
    std::vector<double> kept;
    while (kept.size() < count) {
      kept.push_back(digits > 7 ? in->Double()
                                : std::bit_cast<double>(in->Number(5) << 24));
    }
    return kept;
  }
};

// One channel, row after row.
class LatticeChannel {
 public:
  LatticeChannel(const Lattice& lattice, size_t j)
      : of_(lattice), j_(j), offset_(lattice.offset[j]) {}

  double Next(const std::vector<int64_t>& k, int64_t u) {
    const size_t w = of_.width;
    double p = offset_;
    for (size_t i = 0; i < w; ++i) {
      p = std::fma(static_cast<double>(k[i]), of_.basis[i * w + j_], p);
    }
    const auto units = static_cast<double>(u);
    double sample = 0;
    double q = 0;
    if (of_.digits == 0) {
      q = Ulp24(p);
      sample = (std::rint(p / q) + units) * q;
    } else {
      const double power = Power(p);
      q = 1 / power;
      sample = (std::rint(p * power) + units) / power;
    }
    Follow(sample, p, q);
    return sample;
  }

 private:
  // Of a float's last place at p.
  static double Ulp24(double p) {
    int exponent = 0;
    std::frexp(p, &exponent);
    return std::ldexp(1.0, exponent - 24);
  }

  double Power(double p) const {
    double top = 1;
    for (int i = 0; i < of_.digits; ++i) top *= 10;
    const double size = std::abs(p) / top;
    double best = 1;
    double power = 1;
    for (int m = 1; m <= of_.digits + 6; ++m) {
      power *= 10;
      if (size * power < 1) best = power;
    }
    return best;
  }

  void Follow(double sample, double p, double q) {
    if (!started_) {
      const double q0 = QuantumAt(of_.basis[j_ * of_.width + j_]);
      wander_ = q0 * q0;
      variance_ = 16 * wander_;
      started_ = true;
    }
    const double r = sample - p;
    const double x = std::fma(q, q, variance_);
    const double last_offset = offset_;
    if (r * r > 16 * x) {
      offset_ = last_offset + r;
      variance_ = q * q;
    } else {
      const double g = variance_ / x;
      offset_ = std::fma(g, r, last_offset);
      variance_ = std::fma(variance_, 1 - g, wander_);
    }
    const double drift = of_.drift;
    if (drift == 0) return;
    if (std::abs(drift * before_) > 2 * q) {
      const double s = drifting_ ? std::fma(drift, before_, r) : r;
      drifting_ = std::abs(s - drift * before_) < std::abs(s);
    }
    if (drifting_) offset_ = std::fma(drift, sample, offset_);
    before_ = sample;
  }

  double QuantumAt(double p) const {
    return of_.digits == 0 ? Ulp24(p) : 1 / Power(p);
  }

  const Lattice& of_;
  const size_t j_;
  double offset_;
  bool started_ = false, drifting_ = false;
  double wander_ = 0, variance_ = 0, before_ = 0;
};

inline std::vector<std::vector<double>> Lattice::Samples(
    const std::vector<std::vector<int64_t>>& k,
    const std::vector<std::vector<int64_t>>& u) const {
  std::vector<LatticeChannel> channels;
  for (size_t j = 0; j < width; ++j) channels.emplace_back(*this, j);
  std::vector<std::vector<double>> samples(width);
  for (size_t row = 0; row < k[0].size(); ++row) {
    const auto kept = off.find(row);
    std::vector<int64_t> counts;
    for (size_t j = 0; j < width; ++j) counts.push_back(k[j][row]);
    for (size_t j = 0; j < width; ++j) {
      samples[j].push_back(
          kept != off.end()
              ? kept->second[j]
              : channels[j].Next(counts, has_units ? u[j][row] : 0));
    }
  }
  return samples;
}

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_LATTICES_H_
