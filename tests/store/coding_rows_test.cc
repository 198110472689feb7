// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows of coding tables: there and back, cut at every byte.

#include "store/coding_rows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fovea {
namespace {

ChunkId Digest(uint8_t first) {
  ChunkId digest;
  digest.bytes[0] = first;
  digest.bytes[31] = 7;
  return digest;
}

TEST(CodingRowsTest, TablesComeBackAsTheyWere) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4096},
                            kRowLimits.max_coding_table_bytes}) {
    const std::vector<uint8_t> bytes(size, 0xa5);
    const auto again = DecodeCodingTable(EncodeCodingTable(bytes));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, bytes);
  }
}

TEST(CodingRowsTest, TablesBeyondTheLimitAreDamage) {
  const std::string row = EncodeCodingTable(std::vector<uint8_t>(
                              kRowLimits.max_coding_table_bytes)) +
                          "x";
  EXPECT_EQ(DecodeCodingTable(row).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(CodingRowsTest, TablesAreKeptByKindAndDigest) {
  const std::string key = CodingTableKey(2, Digest(9));
  const auto parts = ParseCodingTableKey(key);
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->kind, 2);
  EXPECT_EQ(parts->digest, Digest(9));
  for (size_t size = 0; size < key.size(); ++size) {
    EXPECT_FALSE(ParseCodingTableKey(key.substr(0, size)).ok()) << size;
  }
}

TEST(CodingRowsTest, KeysOfAStreamLieBetweenItsPrefixes) {
  const std::string key = TableNameKey(5, 2, 0xfffffffe);
  EXPECT_GE(key, TableNamePrefix(5));
  EXPECT_LT(key, TableNamePrefix(6));
  const auto parts = ParseTableNameKey(key);
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->stream, 5u);
  EXPECT_EQ(parts->kind, 2);
  EXPECT_EQ(parts->id, 0xfffffffeu);
  for (size_t size = 0; size < key.size(); ++size) {
    EXPECT_FALSE(ParseTableNameKey(key.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(ParseTableNameKey("x" + key.substr(1)).ok());
}

TEST(CodingRowsTest, NamesAndDevicesComeBackAndShowCuts) {
  const std::string name = EncodeTableName(Digest(1));
  EXPECT_EQ(*DecodeTableName(name), Digest(1));
  for (size_t size = 0; size < name.size(); ++size) {
    EXPECT_FALSE(DecodeTableName(name.substr(0, size)).ok()) << size;
  }
  std::vector<ChunkId> digests;
  for (size_t n = 0; n <= kRowLimits.max_device_tables; ++n) {
    const std::string row = EncodeDeviceTables(digests);
    EXPECT_EQ(*DecodeDeviceTables(row), digests);
    for (size_t size = 0; size < row.size(); ++size) {
      EXPECT_FALSE(DecodeDeviceTables(row.substr(0, size)).ok()) << size;
    }
    digests.push_back(Digest(static_cast<uint8_t>(n)));
  }
}

TEST(CodingRowsTest, DevicesAreToldApartByKindAndName) {
  EXPECT_NE(DeviceTablesKey(1, "ab"), DeviceTablesKey(2, "ab"));
  EXPECT_NE(DeviceTablesKey(1, "ab"), DeviceTablesKey(1, "abc"));
  EXPECT_EQ(*ParseDeviceTablesKind(DeviceTablesKey(3, "ab")), 3);
  EXPECT_FALSE(ParseDeviceTablesKind("d").ok());
}

}  // namespace
}  // namespace fovea
