// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/core/fovea_imu.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace fovea {
namespace {

constexpr int kChannels = 6;
constexpr size_t kRows = 100;

// A coder in memory of exactly the size it asks for.
class FoveaImuTest : public ::testing::Test {
 protected:
  fovea_imu* Open(int level) {
    memory_.assign(fovea_imu_state_bytes(kChannels, level) / 8, ~uint64_t{0});
    return fovea_imu_open(memory_.data(), memory_.size() * 8, kChannels, level);
  }

  std::vector<uint8_t> Encode(fovea_imu* coder) {
    std::vector<uint8_t> block(fovea_imu_block_bound(kChannels, kRows));
    const long size = fovea_imu_encode(coder, values_.data(), kRows,
                                       block.data(), block.size());
    EXPECT_GT(size, 0);
    block.resize(static_cast<size_t>(size));
    return block;
  }

  static std::vector<int32_t> Values() {
    std::vector<int32_t> values;
    for (int i = 0; i < kChannels * static_cast<int>(kRows); ++i) {
      values.push_back(i * i % 977 - i % 13);
    }
    return values;
  }

  std::vector<int32_t> values_ = Values();
  std::vector<uint64_t> memory_;
};

TEST_F(FoveaImuTest, SixChannelsWorkInSixteenKibibytes) {
  EXPECT_LE(fovea_imu_state_bytes(6, FOVEA_IMU_NORMAL), 16384u);
  EXPECT_LE(fovea_imu_state_bytes(6, FOVEA_IMU_FAST), 1024u);
}

TEST_F(FoveaImuTest, BothLevelsComeBack) {
  for (const int level : {FOVEA_IMU_FAST, FOVEA_IMU_NORMAL}) {
    fovea_imu* coder = Open(level);
    ASSERT_NE(coder, nullptr);
    const std::vector<uint8_t> block = Encode(coder);
    EXPECT_EQ(fovea_imu_rows(coder, block.data(), block.size()),
              static_cast<long>(kRows));
    std::vector<int32_t> decoded(values_.size());
    EXPECT_EQ(fovea_imu_decode(coder, block.data(), block.size(),
                               decoded.data(), kRows),
              static_cast<long>(kRows));
    EXPECT_EQ(decoded, values_);
  }
}

TEST_F(FoveaImuTest, AFastCoderLeavesNormalBlocksAlone) {
  const std::vector<uint8_t> block = Encode(Open(FOVEA_IMU_NORMAL));
  fovea_imu* fast = Open(FOVEA_IMU_FAST);
  EXPECT_EQ(fovea_imu_rows(fast, block.data(), block.size()),
            FOVEA_IMU_UNKNOWN_LEVEL);
}

TEST_F(FoveaImuTest, RefusesWhatIsBeyondItsLimits) {
  EXPECT_EQ(fovea_imu_state_bytes(0, FOVEA_IMU_FAST), 0u);
  EXPECT_EQ(fovea_imu_state_bytes(65, FOVEA_IMU_FAST), 0u);
  EXPECT_EQ(fovea_imu_state_bytes(6, 2), 0u);
  EXPECT_EQ(fovea_imu_block_bound(6, 0), 0u);
  EXPECT_EQ(fovea_imu_block_bound(6, 65537), 0u);
  uint64_t memory[8] = {};
  EXPECT_EQ(fovea_imu_open(memory, sizeof(memory), 6, FOVEA_IMU_FAST), nullptr);
  EXPECT_EQ(fovea_imu_open(nullptr, 1 << 20, 6, FOVEA_IMU_FAST), nullptr);
}

TEST_F(FoveaImuTest, NamesWhatIsWrong) {
  fovea_imu* coder = Open(FOVEA_IMU_NORMAL);
  std::vector<uint8_t> block = Encode(coder);
  std::vector<int32_t> decoded(values_.size());
  EXPECT_EQ(fovea_imu_decode(coder, block.data(), block.size(), decoded.data(),
                             kRows - 1),
            FOVEA_IMU_NO_ROOM);
  EXPECT_EQ(fovea_imu_decode(coder, block.data(), block.size(), nullptr, kRows),
            FOVEA_IMU_BAD_ARGUMENT);
  uint8_t small[64];
  EXPECT_EQ(
      fovea_imu_encode(coder, values_.data(), kRows, small, sizeof(small)),
      FOVEA_IMU_NO_ROOM);
  EXPECT_EQ(fovea_imu_use_profile(coder, block.data(), block.size()),
            FOVEA_IMU_BAD_PROFILE);
  block[9] ^= 1;
  EXPECT_EQ(fovea_imu_decode(coder, block.data(), block.size(), decoded.data(),
                             kRows),
            FOVEA_IMU_BAD_BLOCK);
}

}  // namespace
}  // namespace fovea
