// SPDX-License-Identifier: GPL-2.0-or-later
//
// RocksDB's way to keep a checksum of checksums from being trivial.

#ifndef FOVEA_STORE_INTERNAL_MASKED_CRC32C_H_
#define FOVEA_STORE_INTERNAL_MASKED_CRC32C_H_

#include <bit>
#include <cstdint>

#include "store/crc32c.h"

namespace fovea {

inline uint32_t Masked(Crc32c crc) {
  return std::rotr(static_cast<uint32_t>(crc), 15) + 0xA282EAD8U;
}

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_MASKED_CRC32C_H_
