// SPDX-License-Identifier: GPL-2.0-or-later
//
// LZ4's block format behind two functions, so that one file sees its header.

#ifndef FOVEA_CODEC_IMU_INTERNAL_LZ4_H_
#define FOVEA_CODEC_IMU_INTERNAL_LZ4_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea::imu {

// Empty where the result would not be smaller than `most` bytes.
std::vector<uint8_t> Lz4Pack(std::span<const uint8_t> bytes, size_t most);

// False: not a block of exactly as many bytes as `out` has.
bool Lz4Unpack(std::span<const uint8_t> packed, std::span<uint8_t> out);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_INTERNAL_LZ4_H_
