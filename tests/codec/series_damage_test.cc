// SPDX-License-Identifier: GPL-2.0-or-later
//
// Series blocks and profiles that are none, or that do not belong together:
// always an error value. tests/memory has what they may cost.

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/series_block.h"
#include "codec/series_profile.h"
#include "tests/codec/bad_series.h"

namespace fovea {
namespace {

using testing::SeriesBytes;

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

class SeriesDamageTest : public ::testing::Test {
 protected:
  absl::StatusCode Decode(std::span<const uint8_t> block) const {
    return DecodeSeriesBlock(block, &profile_).status().code();
  }

  const SeriesProfile profile_ =
      *SeriesProfile::Parse(testing::RingingProfile());
};

TEST_F(SeriesDamageTest, BlocksCutAnywhere) {
  for (const auto& [name, block] : testing::SoundBlocks(profile_)) {
    SCOPED_TRACE(name);
    EXPECT_EQ(Decode(block), absl::StatusCode::kOk);
    for (size_t size = 0; size < block.size(); ++size) {
      EXPECT_EQ(Decode(std::span(block).first(size)), kDataLoss) << size;
    }
  }
}

TEST_F(SeriesDamageTest, AnyByteFlipped) {
  for (const auto& [name, block] : testing::SoundBlocks(profile_)) {
    SCOPED_TRACE(name);
    for (size_t i = 0; i < block.size(); ++i) {
      for (const int mask : {0x01, 0x80, 0xff}) {
        SeriesBytes damaged = block;
        damaged[i] ^= static_cast<uint8_t>(mask);
        EXPECT_EQ(Decode(damaged), kDataLoss) << i << " " << mask;
      }
    }
  }
}

TEST_F(SeriesDamageTest, ClaimsUnderAChecksumThatFits) {
  for (const auto& [name, block] : testing::ClaimingBlocks()) {
    EXPECT_EQ(Decode(block), kDataLoss) << name;
  }
  EXPECT_EQ(EncodeSeriesBlock({{1}, {1}}, 65'535).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(SeriesDamageTest, ProfilesOfNobody) {
  for (const auto& [name, bytes] : testing::ClaimingProfiles()) {
    EXPECT_EQ(SeriesProfile::Parse(bytes).status().code(), kDataLoss) << name;
  }
}

TEST_F(SeriesDamageTest, ProfilesOfOtherDevicesAndTrainings) {
  const auto block = *EncodeSeriesBlock(testing::RingingBatch(60), 6,
                                        {.profile = &profile_, .bounds = {}});
  EXPECT_EQ(DecodeSeriesBlock(block).status().code(), kFailedPrecondition);
  for (const SeriesBytes& bytes :
       {testing::RingingProfile(6), testing::RingingProfile(5, "another")}) {
    const auto other = *SeriesProfile::Parse(bytes);
    EXPECT_NE(other.id(), profile_.id());
    const auto status = DecodeSeriesBlock(block, &other).status();
    EXPECT_EQ(status.code(), kFailedPrecondition);
    EXPECT_NE(status.message().find("coded by profile"), std::string::npos)
        << status;
  }
}

}  // namespace
}  // namespace fovea
