// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is no series block and no profile is found out before a mebibyte is
// asked for.

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "codec/series_block.h"
#include "codec/series_profile.h"
#include "tests/codec/bad_series.h"
#include "tests/memory/failing_malloc.h"

namespace fovea {
namespace {

constexpr int64_t kMost = 1 << 20;

// Bytes that a call asked for, all its allocations together.
template <typename Call>
int64_t AskedBy(Call call) {
  const int64_t before = testing::BytesAskedFor();
  EXPECT_FALSE(call().ok());
  return testing::BytesAskedFor() - before;
}

class SeriesBlockMemoryTest : public ::testing::Test {
 protected:
  void ExpectCheapError(std::span<const uint8_t> block, const std::string& at) {
    EXPECT_LE(AskedBy([&] { return DecodeSeriesBlock(block, &profile_); }),
              kMost)
        << at;
  }

  const SeriesProfile profile_ =
      *SeriesProfile::Parse(testing::RingingProfile());
};

TEST_F(SeriesBlockMemoryTest, DamagedBlocks) {
  for (const auto& [name, block] : testing::SoundBlocks(profile_)) {
    for (size_t i = 0; i < block.size(); ++i) {
      ExpectCheapError(std::span(block).first(i), name);
      for (const int mask : {0x01, 0x80, 0xff}) {
        testing::SeriesBytes damaged = block;
        damaged[i] ^= static_cast<uint8_t>(mask);
        ExpectCheapError(damaged, name);
      }
    }
  }
}

TEST_F(SeriesBlockMemoryTest, ClaimsUnderAChecksumThatFits) {
  for (const auto& [name, block] : testing::ClaimingBlocks()) {
    ExpectCheapError(block, name);
  }
}

TEST_F(SeriesBlockMemoryTest, Profiles) {
  for (const auto& [name, bytes] : testing::ClaimingProfiles()) {
    EXPECT_LE(AskedBy([&] { return SeriesProfile::Parse(bytes); }), kMost)
        << name;
  }
}

}  // namespace
}  // namespace fovea
