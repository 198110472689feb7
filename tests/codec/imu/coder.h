// SPDX-License-Identifier: GPL-2.0-or-later
//
// The core with memory of its own, for tests: encodes, decodes, damages.

#ifndef FOVEA_TESTS_CODEC_IMU_CODER_H_
#define FOVEA_TESTS_CODEC_IMU_CODER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "codec/imu/core/block.h"

namespace fovea::imu::testing {

class Coder {
 public:
  explicit Coder(int channels)
      : memory_(WorkspaceBytes(channels, true) / 8),
        work_(*PlaceWorkspace(memory_.data(), channels, true)) {}

  bool UseProfile(const std::vector<uint8_t>& bytes) {
    return imu::UseProfile(&work_, bytes.data(), bytes.size());
  }

  std::vector<uint8_t> Encode(const std::vector<int32_t>& values,
                              Mode mode = Mode::kNormal) {
    const size_t rows = values.size() / static_cast<size_t>(work_.channels);
    std::vector<uint8_t> block(BlockBound(rows, work_.channels));
    block.resize(EncodeBlock(&work_, mode, values.data(), rows, block.data(),
                             block.size()));
    return block;
  }

  // nullopt: refused.
  std::optional<std::vector<int32_t>> Decode(
      const std::vector<uint8_t>& block) {
    BlockHead head;
    const uint32_t id = work_.taps != nullptr ? work_.profile.id : 0;
    if (ReadBlockHead(block.data(), block.size(), id, &head) !=
            HeadVerdict::kGood ||
        head.channels != work_.channels) {
      return std::nullopt;
    }
    std::vector<int32_t> values(head.rows * static_cast<size_t>(head.channels));
    if (!DecodeBlock(&work_, block.data(), block.size(), head, values.data())) {
      return std::nullopt;
    }
    return values;
  }

  const ChannelState& state(int channel) const { return work_.states[channel]; }

 private:
  std::vector<uint64_t> memory_;
  Workspace& work_;
};

}  // namespace fovea::imu::testing

#endif  // FOVEA_TESTS_CODEC_IMU_CODER_H_
