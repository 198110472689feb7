// SPDX-License-Identifier: GPL-2.0-or-later
//
// CRC-32C by eight parallel tables (slicing), and by the processor's own
// instruction where it has one. The kernel is picked once, at first use.

#include "store/crc32c.h"

#include <array>
#include <cstring>

#include "absl/strings/str_format.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace fovea {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // reflected
constexpr size_t kSlices = 8;

using Tables = std::array<std::array<uint32_t, 256>, kSlices>;

constexpr Tables MakeTables() {
  Tables tables = {};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1) != 0 ? kPolynomial : 0);
    }
    tables[0][byte] = crc;
  }
  for (size_t slice = 1; slice < kSlices; ++slice) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[slice - 1][byte];
      tables[slice][byte] = before >> 8 ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t Sse42(uint32_t state,
                                                 const uint8_t* data,
                                                 size_t size) {
  uint64_t wide = state;
  for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, data, sizeof(word));
    wide = _mm_crc32_u64(wide, word);
    data += sizeof(word);
  }
  uint32_t narrow = static_cast<uint32_t>(wide);
  for (; size > 0; --size) narrow = _mm_crc32_u8(narrow, *data++);
  return narrow;
}
#endif

crc32c_internal::Kernel FastestKernel() {
  const crc32c_internal::Kernel hardware = crc32c_internal::Hardware();
  return hardware != nullptr ? hardware : &crc32c_internal::Portable;
}

}  // namespace

namespace crc32c_internal {

uint32_t Portable(uint32_t state, const uint8_t* data, size_t size) {
  for (; size >= kSlices; size -= kSlices, data += kSlices) {
    uint32_t next = 0;
    for (size_t i = 0; i < kSlices; ++i) {
      const uint32_t mixed =
          i < 4 ? (state >> (8 * i) & 0xFF) ^ data[i] : data[i];
      next ^= kTables[kSlices - 1 - i][mixed];
    }
    state = next;
  }
  for (; size > 0; --size) {
    state = state >> 8 ^ kTables[0][(state ^ *data++) & 0xFF];
  }
  return state;
}

Kernel Hardware() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return &Sse42;
#endif
  return nullptr;
}

}  // namespace crc32c_internal

Crc32c ExtendCrc32c(Crc32c before, std::span<const uint8_t> bytes) {
  static const crc32c_internal::Kernel kernel = FastestKernel();
  const uint32_t state = ~static_cast<uint32_t>(before);
  return Crc32c{~kernel(state, bytes.data(), bytes.size())};
}

Crc32c ComputeCrc32c(std::span<const uint8_t> bytes) {
  return ExtendCrc32c(Crc32c{0}, bytes);
}

std::string ToString(Crc32c crc) {
  return absl::StrFormat("0x%08x", static_cast<uint32_t>(crc));
}

}  // namespace fovea
