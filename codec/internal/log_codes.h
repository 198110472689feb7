// SPDX-License-Identifier: GPL-2.0-or-later
//
// Energies as bytes: the logarithm in eighths of an octave above a base that
// a whole plane shares. 0 is exactly zero.

#ifndef FOVEA_CODEC_INTERNAL_LOG_CODES_H_
#define FOVEA_CODEC_INTERNAL_LOG_CODES_H_

#include <cstdint>
#include <span>
#include <vector>

namespace fovea::internal {

struct LogCodes {
  int base = 0;  // code c > 0 stands for 2^((base + c - 1) / 8)
  std::vector<uint8_t> codes;
};

// Bases of all finite doubles lie within these.
inline constexpr int kLeastLogBase = -9000;
inline constexpr int kMostLogBase = 8200;

// The largest value is kept whatever its size; what lies more than 254
// eighths below it becomes code 1.
LogCodes ToLogCodes(std::span<const double> values);

// Values too large for a double are given as the largest one.
std::vector<double> FromLogCodes(int base, std::span<const uint8_t> codes);

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_LOG_CODES_H_
