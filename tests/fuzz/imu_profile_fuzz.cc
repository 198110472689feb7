// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as a device's profile, as they are and under a checksum
// that fits; by what is taken, blocks must come back.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "codec/imu/core/crc32c.h"
#include "codec/imu/imu_block.h"

namespace {

void TryProfile(size_t channels, std::span<const uint8_t> profile) {
  auto coder = fovea::ImuBlockCoder::Create(channels, profile);
  if (!coder.ok()) return;
  std::vector<int32_t> values(channels * 70);
  uint32_t state = 1;
  for (size_t i = 0; i < values.size(); ++i) {
    state = state * 1664525 + 1013904223;
    values[i] = static_cast<int32_t>(state) >> (i / channels % 32);
  }
  for (const auto level : {fovea::ImuLevel::kNormal, fovea::ImuLevel::kMax}) {
    const auto block = coder->Encode(values, level);
    if (!block.ok()) std::abort();
    const auto again = coder->Decode(*block);
    if (!again.ok() || *again != values) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 12) return 0;
  const size_t channels = 1 + data[5] % 13;
  TryProfile(channels, std::span(data, size));
  std::vector<uint8_t> sealed(data, data + size);
  const uint32_t crc = fovea::imu::Crc32c(data, size - 4);
  for (size_t i = 0; i < 4; ++i) {
    sealed[size - 4 + i] = static_cast<uint8_t>(crc >> (8 * i));
  }
  TryProfile(data[5] == 0 ? 1 : data[5], sealed);
  return 0;
}
