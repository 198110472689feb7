// SPDX-License-Identifier: GPL-2.0-or-later
//
// CRC-32C (Castagnoli), as in RFC 3720, by tables of four bytes at a time.

#ifndef FOVEA_CODEC_IMU_CORE_CRC32C_H_
#define FOVEA_CODEC_IMU_CORE_CRC32C_H_

#include <cstddef>
#include <cstdint>

namespace fovea::imu {

// `before`: the checksum of what stands before, which this goes on from.
uint32_t Crc32c(const uint8_t* bytes, size_t size, uint32_t before = 0);

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_CRC32C_H_
