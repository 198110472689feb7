// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/content_chunker.h"

#include <random>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace fovea {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes RandomBytes(size_t size, uint32_t seed) {
  std::mt19937 chance(seed);
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(chance());
  return bytes;
}

std::vector<Bytes> Chunks(const Bytes& bytes, const ChunkSizes& sizes = {}) {
  std::vector<Bytes> chunks;
  for (std::span<const uint8_t> left = bytes; !left.empty();) {
    const size_t length = FirstChunkLength(left, sizes);
    chunks.emplace_back(left.begin(),
                        left.begin() + static_cast<std::ptrdiff_t>(length));
    left = left.subspan(length);
  }
  return chunks;
}

// Bytes of `b` in chunks that `a` has, too.
size_t Known(const Bytes& a, const Bytes& b) {
  std::set<Bytes> known;
  for (const Bytes& chunk : Chunks(a)) known.insert(chunk);
  size_t bytes = 0;
  for (const Bytes& chunk : Chunks(b)) {
    if (known.contains(chunk)) bytes += chunk.size();
  }
  return bytes;
}

TEST(ContentChunkerTest, SizesKeepToTheirBounds) {
  const ChunkSizes sizes;
  const Bytes bytes = RandomBytes(20 << 20, 1);
  const std::vector<Bytes> chunks = Chunks(bytes);
  for (size_t i = 0; i + 1 < chunks.size(); ++i) {
    EXPECT_GT(chunks[i].size(), sizes.least);
    EXPECT_LE(chunks[i].size(), sizes.most);
  }
  const size_t mean = bytes.size() / chunks.size();
  EXPECT_GT(mean, sizes.usual * 3 / 4);
  EXPECT_LT(mean, sizes.usual * 3 / 2);
}

TEST(ContentChunkerTest, EdgesAreWhereTheyHaveToBe) {
  const ChunkSizes sizes = {64, 256, 1024};
  EXPECT_EQ(FirstChunkLength({}, sizes), 0u);
  for (const size_t size : {1, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025}) {
    const Bytes bytes = RandomBytes(size, static_cast<uint32_t>(size));
    const size_t length = FirstChunkLength(bytes, sizes);
    EXPECT_GE(length, std::min<size_t>(size, 64));
    EXPECT_LE(length, std::min<size_t>(size, 1024));
  }
  // Nothing to cut at: the longest there may be.
  EXPECT_EQ(FirstChunkLength(Bytes(5000, 0), sizes), 1024u);
}

TEST(ContentChunkerTest, AnInsertionChangesItsSurroundingsOnly) {
  const Bytes bytes = RandomBytes(8 << 20, 2);
  Bytes changed = bytes;
  changed.insert(changed.begin() + (3 << 20), {1, 2, 3});
  EXPECT_GT(Known(bytes, changed), bytes.size() * 9 / 10);
  const Bytes cut(bytes.begin() + 12'345, bytes.end());
  EXPECT_GT(Known(bytes, cut), cut.size() * 9 / 10);
}

// A store made today finds its chunks again in ten years.
TEST(ContentChunkerTest, CutsNeverChange) {
  std::vector<size_t> lengths;
  for (const Bytes& chunk : Chunks(RandomBytes(300'000, 3))) {
    lengths.push_back(chunk.size());
  }
  EXPECT_EQ(lengths,
            (std::vector<size_t>{69290, 71644, 37711, 25499, 84553, 11303}));
}

TEST(ContentChunkerTest, GroupsEndOnceInAsManyAsAsked) {
  int ends = 0;
  for (uint32_t i = 0; i < 32'000; ++i) {
    ends += EndsGroup(RandomBytes(100, i), 32);
  }
  EXPECT_GT(ends, 800);
  EXPECT_LT(ends, 1200);
  const Bytes bytes = RandomBytes(200, 4);
  const Bytes end(bytes.end() - 64, bytes.end());
  EXPECT_EQ(EndsGroup(bytes, 2), EndsGroup(end, 2));
  EndsGroup({}, 32);
}

}  // namespace
}  // namespace fovea
