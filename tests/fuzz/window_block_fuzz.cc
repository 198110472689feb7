// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as a window plan and a block of it, as they are and under
// checksums that fit; by any plan that is taken, blocks must come back within
// their bounds.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "codec/imu/core/block.h"
#include "codec/imu/core/crc32c.h"
#include "codec/imu/window_block.h"

namespace {

using fovea::ImuWindowCoder;

constexpr size_t kMaxValues = 2048;  // slow beyond, and tells no more
constexpr int32_t kBound = 5;

// Low bytes make quiet channels and jumps alike.
std::vector<int32_t> ValuesOf(std::span<const uint8_t> bytes, size_t channels) {
  std::vector<int32_t> values(channels * (1 + bytes.size() / channels));
  for (size_t i = 0; i < bytes.size(); ++i) {
    values[i] = static_cast<int8_t>(bytes[i]) * (1 << (i % 19));
  }
  values.resize(std::min(values.size(), kMaxValues / channels * channels));
  return values;
}

void CheckBounds(ImuWindowCoder* coder, std::span<const uint8_t> bytes) {
  const size_t channels = coder->plan().channels;
  const std::vector<int32_t> values = ValuesOf(bytes, channels);
  fovea::ImuWindowOptions options;
  options.strength = bytes.empty() ? 0 : bytes[0];
  options.bounds.assign(channels, kBound);
  const auto block = coder->Encode(values, options);
  if (!block.ok()) std::abort();
  const auto again = coder->Decode(*block);
  if (!again.ok() || again->values.size() != values.size()) std::abort();
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::abs(values[i] - again->values[i]) > kBound) std::abort();
  }
}

// A plan of few channels whose cells are the data's.
std::vector<uint8_t> SealedPlan(std::span<const uint8_t> bytes) {
  constexpr size_t kChannels = 2;
  constexpr size_t kBands = 4;
  std::vector<uint8_t> plan = {'F', 'I',    'W', 'P', 1,    kChannels,
                               64,  kBands, 0,   0,   0x80, 0x3f};
  for (size_t i = 0; i < 2 * kChannels * (kBands + 1); ++i) {
    plan.push_back(i < bytes.size() ? bytes[i] : 0);
  }
  const uint32_t checksum = fovea::imu::Crc32c(plan.data(), plan.size());
  for (int i = 0; i < 4; ++i) {
    plan.push_back(static_cast<uint8_t>(checksum >> 8 * i));
  }
  return plan;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  auto taken = ImuWindowCoder::Create(bytes);
  if (taken.ok()) CheckBounds(&*taken, bytes);
  auto coder = ImuWindowCoder::Create(SealedPlan(bytes));
  if (!coder.ok()) std::abort();
  CheckBounds(&*coder, bytes);
  if (coder->Decode(bytes).ok() || size < 2) return 0;
  const size_t channels = coder->plan().channels;
  const size_t rows =
      1 + (data[0] | size_t{data[1]} << 8) % (kMaxValues / channels);
  std::vector<uint8_t> block(fovea::imu::BodyOffset(rows));
  block.insert(block.end(), data + 2, data + size);
  fovea::imu::SealBlock(fovea::imu::Mode::kWindows, rows,
                        static_cast<int>(channels), coder->plan().id, size - 2,
                        block.data());
  const auto decoded = coder->Decode(block);
  if (decoded.ok() && decoded->values.size() != rows * channels) std::abort();
  return 0;
}
