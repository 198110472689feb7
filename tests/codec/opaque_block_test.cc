// SPDX-License-Identifier: GPL-2.0-or-later

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "codec/adts.h"
#include "codec/series_block.h"

namespace fovea {
namespace {

OpaquePacket Packet(std::vector<uint8_t> data, int64_t pts) {
  OpaquePacket packet;
  packet.data = std::move(data);
  packet.pts = pts;
  packet.time_ns = pts * 1000;
  packet.duration_ns = 21'333'333;
  return packet;
}

std::vector<OpaquePacket> RandomPackets(int count, int modulus) {
  std::mt19937_64 random(5);
  std::vector<OpaquePacket> packets;
  for (int i = 0; i < count; ++i) {
    std::vector<uint8_t> data(random() % 300);
    for (uint8_t& byte : data) {
      byte = static_cast<uint8_t>(random() % static_cast<uint64_t>(modulus));
    }
    packets.push_back(Packet(std::move(data), i * 1024));
  }
  return packets;
}

size_t CheckRoundTrip(const std::vector<OpaquePacket>& packets) {
  const auto block = EncodeOpaqueBlock(packets);
  EXPECT_TRUE(block.ok()) << block.status();
  const auto decoded = DecodeOpaqueBlock(block->bytes);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  if (!decoded.ok()) return 0;
  EXPECT_EQ(decoded->size(), packets.size());
  for (size_t i = 0; i < packets.size(); ++i) {
    EXPECT_EQ((*decoded)[i].data, packets[i].data);
    EXPECT_EQ((*decoded)[i].pts, packets[i].pts);
    EXPECT_EQ((*decoded)[i].time_ns, packets[i].time_ns);
    EXPECT_EQ((*decoded)[i].duration_ns, packets[i].duration_ns);
  }
  return block->bytes.size();
}

void CheckTruncations(const std::vector<OpaquePacket>& packets) {
  const auto block = EncodeOpaqueBlock(packets)->bytes;
  for (size_t size = 0; size < block.size(); ++size) {
    EXPECT_EQ(DecodeOpaqueBlock(std::span(block).first(size)).status().code(),
              absl::StatusCode::kDataLoss)
        << size;
  }
}

// Each decodes to something or is data loss.
void CheckFlippedBits(const std::vector<OpaquePacket>& packets) {
  const auto block = EncodeOpaqueBlock(packets)->bytes;
  for (size_t bit = 0; bit < block.size() * 8; ++bit) {
    std::vector<uint8_t> damaged = block;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    const auto decoded = DecodeOpaqueBlock(damaged);
    if (decoded.ok()) continue;
    EXPECT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(OpaqueBlockTest, KeepsPacketsOfEverySizeZeroIncluded) {
  CheckRoundTrip({Packet({}, 0)});
  CheckRoundTrip({Packet({1}, -5), Packet({}, 7), Packet({2, 3}, 7)});
  CheckRoundTrip(RandomPackets(100, 256));
}

TEST(OpaqueBlockTest, KeepsAnyTimes) {
  OpaquePacket packet = Packet({1, 2, 3}, 0);
  packet.pts = std::numeric_limits<int64_t>::min();
  packet.time_ns = std::numeric_limits<int64_t>::max();
  packet.duration_ns = -1;
  CheckRoundTrip({packet, Packet({}, 3), packet});
}

TEST(OpaqueBlockTest, PacksOnlyWhatPays) {
  const auto noise = RandomPackets(50, 256);
  const auto quiet = RandomPackets(50, 1);
  size_t bytes = 0;
  for (const OpaquePacket& packet : noise) bytes += packet.data.size();
  EXPECT_GT(CheckRoundTrip(noise), bytes);
  EXPECT_LT(CheckRoundTrip(noise), bytes + 150);
  EXPECT_LT(CheckRoundTrip(quiet), bytes / 2);
}

// AAC frames as MPEG-TS has them; `fullness` of the buffer wanders.
std::vector<OpaquePacket> WithAdts(std::vector<OpaquePacket> packets,
                                   bool fullness) {
  for (OpaquePacket& packet : packets) {
    AdtsHeader header = {0xff, 0xf1, 0x50, 0x80, 0x00, 0x1f, 0xfc};
    if (fullness) header[6] = static_cast<uint8_t>(packet.pts >> 8);
    header = WithAdtsLength(header, kAdtsHeaderBytes + packet.data.size());
    packet.data.insert(packet.data.begin(), header.begin(), header.end());
  }
  return packets;
}

std::vector<uint8_t> BytesOf(const std::vector<OpaquePacket>& packets) {
  const auto block = EncodeOpaqueBlock(packets);
  EXPECT_TRUE(block.ok()) << block.status();
  return {block->bytes.begin() + static_cast<std::ptrdiff_t>(block->head_bytes),
          block->bytes.end()};
}

TEST(OpaqueBlockTest, AacIsTheSameBytesWithAdtsHeadersAndWithout) {
  const auto plain = RandomPackets(30, 256);
  for (const bool fullness : {false, true}) {
    const auto adts = WithAdts(plain, fullness);
    CheckRoundTrip(adts);
    EXPECT_EQ(BytesOf(adts), BytesOf(plain));
  }
  EXPECT_LT(CheckRoundTrip(WithAdts(plain, false)), CheckRoundTrip(plain) + 10);
}

TEST(OpaqueBlockTest, OneStrangeHeaderLeavesAllWhereTheyAre) {
  auto packets = WithAdts(RandomPackets(5, 256), false);
  for (const size_t byte : {0U, 1U, 3U, 4U, 5U}) {
    auto strange = packets;
    strange[2].data[byte] ^= 0x21;
    CheckRoundTrip(strange);
    EXPECT_NE(BytesOf(strange), BytesOf(packets));
  }
  packets.push_back(Packet({}, 99));
  CheckRoundTrip(packets);
}

TEST(OpaqueBlockTest, LargestAdtsFrames) {
  const size_t most = kMaxAdtsFrameBytes - kAdtsHeaderBytes;
  for (const size_t size : {size_t{0}, most, most + 1, most + 9000}) {
    CheckRoundTrip(WithAdts({Packet(std::vector<uint8_t>(size, 7), 0)}, false));
  }
}

TEST(OpaqueBlockTest, DamageToHeadersDecodesOrIsDataLoss) {
  const auto packets = WithAdts(RandomPackets(4, 256), true);
  CheckTruncations(packets);
  CheckFlippedBits(packets);
}

TEST(OpaqueBlockTest, RefusesNoPackets) {
  EXPECT_EQ(EncodeOpaqueBlock({}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(OpaqueBlockTest, EveryTruncationIsDataLoss) {
  for (const int modulus : {2, 256}) {
    CheckTruncations(RandomPackets(5, modulus));
  }
}

TEST(OpaqueBlockTest, EveryFlippedBitDecodesOrIsDataLoss) {
  CheckFlippedBits(RandomPackets(4, 2));
}

}  // namespace
}  // namespace fovea
