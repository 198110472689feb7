// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/chunk_id.h"

#include <vector>

#include "gtest/gtest.h"

namespace fovea {
namespace {

ChunkId Of(const std::string& text) {
  return ChunkId::Of(std::vector<uint8_t>(text.begin(), text.end()));
}

TEST(ChunkIdTest, IsSha256) {  // FIPS 180-4 examples
  EXPECT_EQ(Of("").ToHex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Of("abc").ToHex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ChunkIdTest, HexComesBack) {
  const ChunkId id = Of("abc");
  EXPECT_EQ(*ChunkId::FromHex(id.ToHex()), id);
}

TEST(ChunkIdTest, RefusesWhatIsNoName) {
  const std::string good = Of("abc").ToHex();
  EXPECT_FALSE(ChunkId::FromHex("").ok());
  EXPECT_FALSE(ChunkId::FromHex(good.substr(1)).ok());
  EXPECT_FALSE(ChunkId::FromHex(good + "0").ok());
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = 'G';
    EXPECT_FALSE(ChunkId::FromHex(bad).ok());
  }
}

}  // namespace
}  // namespace fovea
