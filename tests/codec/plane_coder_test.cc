// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/plane_coder.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace fovea {
namespace {

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
using Bytes = std::vector<uint8_t>;

Bytes Encode(const Bytes& values, int columns, int rows) {
  Bytes bytes;
  EncodePlane(values, columns, rows, &bytes);
  return bytes;
}

size_t CheckRoundTrip(const Bytes& values, int columns, int rows) {
  const Bytes bytes = Encode(values, columns, rows);
  const auto decoded = DecodePlane(bytes, columns, rows);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  if (decoded.ok()) {
    EXPECT_EQ(*decoded, values);
  }
  return bytes.size();
}

Bytes Noise(size_t count, unsigned seed, int values) {
  std::mt19937 random(seed);
  Bytes noise(count);
  for (uint8_t& value : noise) {
    value = static_cast<uint8_t>(random() % static_cast<unsigned>(values));
  }
  return noise;
}

// A disc of offset 0 in a field of `outside`.
Bytes Disc(int columns, int rows, uint8_t outside) {
  Bytes map;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      const int dx = x - columns / 2, dy = y - rows / 2;
      map.push_back(dx * dx + dy * dy < rows * rows / 9 ? 0 : outside);
    }
  }
  return map;
}

TEST(PlaneCoderTest, KeepsEverySmallSize) {
  for (int columns = 1; columns < 9; ++columns) {
    for (int rows = 1; rows < 9; ++rows) {
      const auto count = static_cast<size_t>(columns * rows);
      CheckRoundTrip(Noise(count, 7, 256), columns, rows);
      CheckRoundTrip(Noise(count, 8, 2), columns, rows);
    }
  }
}

TEST(PlaneCoderTest, KeepsEveryPairOfNeighbours) {
  Bytes values;
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      values.push_back(static_cast<uint8_t>(a));
      values.push_back(static_cast<uint8_t>(b));
    }
  }
  CheckRoundTrip(values, 512, 256);
  CheckRoundTrip(values, 131072, 1);
  CheckRoundTrip(values, 1, 131072);
}

TEST(PlaneCoderTest, KeepsRandomPlanesOfEveryDepth) {
  std::mt19937 random(3);
  for (unsigned seed = 0; seed < 300; ++seed) {
    const int columns = 1 + static_cast<int>(random() % 60);
    const int rows = 1 + static_cast<int>(random() % 60);
    const int values = 1 << (1 + random() % 8);
    CheckRoundTrip(Noise(static_cast<size_t>(columns * rows), seed, values),
                   columns, rows);
  }
}

TEST(PlaneCoderTest, IsSmallForMapsAndNeverMuchLargerThanNoise) {
  EXPECT_LE(CheckRoundTrip(Bytes(3600, 6), 80, 45), 12U);
  EXPECT_LE(CheckRoundTrip(Disc(80, 45, 6), 80, 45), 90U);
  EXPECT_LE(CheckRoundTrip(Noise(3600, 1, 256), 80, 45), 4000U);
}

TEST(PlaneCoderTest, RefusesTooFewAndTooManyBytes) {
  const Bytes bytes = Encode(Noise(600, 2, 256), 30, 20);
  for (size_t size = 0; size + 4 < bytes.size(); ++size) {
    const auto cut = std::span<const uint8_t>(bytes).first(size);
    EXPECT_EQ(DecodePlane(cut, 30, 20).status().code(), kDataLoss) << size;
  }
  Bytes longer = bytes;
  longer.insert(longer.end(), 5, 0);
  EXPECT_EQ(DecodePlane(longer, 30, 20).status().code(), kDataLoss);
}

// Without this a hundred bytes could ask for any amount of memory.
TEST(PlaneCoderTest, RefusesPlanesNoSoFewBytesCanHold) {
  const Bytes bytes(100, 0);
  EXPECT_EQ(DecodePlane(bytes, 1'000'000, 1'000'000).status().code(),
            kDataLoss);
}

}  // namespace
}  // namespace fovea
