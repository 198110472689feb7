// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as an inertial block, as they are and under a checksum
// that fits; what decodes must encode and decode again to the same values.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "codec/imu/core/block.h"
#include "codec/imu/imu_block.h"

namespace {

using fovea::ImuBlockCoder;
using fovea::ImuLevel;
using fovea::imu::Mode;

// Slow beyond, and tells no more.
constexpr size_t kMaxValues = 2048;
constexpr size_t kMaxLearned = 256;  // in the mode that learns as it goes

void CheckAgain(ImuBlockCoder* coder, const std::vector<int32_t>& values) {
  for (const ImuLevel level : {ImuLevel::kFast, ImuLevel::kNormal}) {
    const auto block = coder->Encode(values, level);
    if (!block.ok()) std::abort();
    const auto again = coder->Decode(*block);
    if (!again.ok() || *again != values) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const size_t channels = 1 + data[1] % 64;
  auto coder = ImuBlockCoder::Create(channels);
  if (!coder.ok()) std::abort();
  if (coder->Decode(std::span(data, size)).ok()) return 0;
  const auto mode = static_cast<Mode>(data[0] % 6);
  const size_t most = mode == Mode::kMax ? kMaxLearned : kMaxValues;
  const size_t rows = 1 + (data[2] | size_t{data[3]} << 8) % (most / channels);
  std::vector<uint8_t> block(fovea::imu::BodyOffset(rows));
  block.insert(block.end(), data + 4, data + size);
  fovea::imu::SealBlock(mode, rows, static_cast<int>(channels), 0, size - 4,
                        block.data());
  const auto values = coder->Decode(block);
  if (values.ok()) CheckAgain(&*coder, *values);
  return 0;
}
