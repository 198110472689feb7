// SPDX-License-Identifier: GPL-2.0-or-later
//
// CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected; RFC 3720 appendix
// B.4): guards segment bytes against accident, not against an attacker. A
// checksum is not an integer, so it has a type of its own.

#ifndef FOVEA_STORE_CRC32C_H_
#define FOVEA_STORE_CRC32C_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace fovea {

enum class Crc32c : uint32_t {};

// The checksum of `bytes`.
Crc32c ComputeCrc32c(std::span<const uint8_t> bytes);

// The checksum of A followed by `bytes`, given that of A.
Crc32c ExtendCrc32c(Crc32c before, std::span<const uint8_t> bytes);

// "0x" and eight digits, for messages.
std::string ToString(Crc32c crc);

namespace crc32c_internal {

// The scalar truth, and the SSE4.2 kernel chosen over it where the
// processor has it (null where it does not). Both map a raw register state.
using Kernel = uint32_t (*)(uint32_t state, const uint8_t* data, size_t size);
uint32_t Portable(uint32_t state, const uint8_t* data, size_t size);
Kernel Hardware();

}  // namespace crc32c_internal
}  // namespace fovea

#endif  // FOVEA_STORE_CRC32C_H_
