// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tables that blocks name: kept once, found by stream and id, gone with the
// last that names them.

#include "api/coding_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "store/coding_rows.h"
#include "store/row_limits.h"
#include "tests/support/memory_store.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Bytes = std::vector<uint8_t>;

constexpr auto kProfile = CodingTableKind::kSeriesProfile;
constexpr auto kPlan = CodingTableKind::kWindowPlan;

class CodingTablesTest : public ::testing::Test {
 protected:
  absl::Status Name(StreamId stream, CodingTableKind kind, uint32_t id,
                    const Bytes& bytes) {
    CommitBatch batch;
    const absl::Status named =
        NameTable(&store_, stream, kind, id, bytes, &batch);
    if (!named.ok()) return named;
    return store_.Commit(std::move(batch)).status();
  }
  absl::StatusOr<Bytes> Find(StreamId stream, uint32_t id) {
    return FindTable(&store_, stream, kProfile, id);
  }
  void Learn(const std::string& device, const Bytes& bytes) {
    CommitBatch batch;
    ASSERT_TRUE(PutDeviceTable(&store_, kProfile, device, bytes, &batch).ok());
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  }
  // A stream goes, and the store is opened again.
  void Remove(StreamId stream) {
    CommitBatch batch;
    ASSERT_TRUE(ForgetTables(&store_, stream, &batch).ok());
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
    ASSERT_TRUE(DropUnnamedTables(&store_).ok());
  }
  int Stored() {
    int tables = 0;
    EXPECT_TRUE(store_
                    .Scan(Family::kMeta, "t", "u",
                          [&](std::string_view, std::string_view) {
                            ++tables;
                            return true;
                          })
                    .ok());
    return tables;
  }

  testing::MemoryStore store_;
};

TEST_F(CodingTablesTest, AreKeptOnceForAllThatNameThem) {
  const Bytes bytes = {1, 2, 3};
  ASSERT_TRUE(Name(1, kProfile, 7, bytes).ok());
  ASSERT_TRUE(Name(2, kProfile, 7, bytes).ok());
  Learn("phone", bytes);
  EXPECT_EQ(Stored(), 1);
  EXPECT_EQ(*Find(1, 7), bytes);
  EXPECT_EQ(*Find(2, 7), bytes);
  Remove(1);
  EXPECT_FALSE(Find(1, 7).ok());
  EXPECT_EQ(*Find(2, 7), bytes);
  Remove(2);
  EXPECT_EQ(Stored(), 1) << "the device's";
  EXPECT_THAT(*DeviceTables(&store_, kProfile, "phone"), ElementsAre(bytes));
}

TEST_F(CodingTablesTest, GoWithTheLastThatNamesThem) {
  ASSERT_TRUE(Name(1, kProfile, 7, {1}).ok());
  ASSERT_TRUE(Name(1, kPlan, 7, {1}).ok());
  ASSERT_TRUE(Name(2, kProfile, 8, {2}).ok());
  EXPECT_EQ(Stored(), 3) << "of equal bytes and two kinds, both";
  EXPECT_THAT(*ListTables(&store_, 1), SizeIs(2));
  Remove(1);
  EXPECT_THAT(*ListTables(&store_, 1), IsEmpty());
  EXPECT_EQ(Stored(), 1);
  EXPECT_EQ(*Find(2, 8), Bytes{2});
}

TEST_F(CodingTablesTest, AnIdMeansOneTable) {
  ASSERT_TRUE(Name(1, kProfile, 7, {1}).ok());
  EXPECT_TRUE(Name(1, kProfile, 7, {1}).ok());
  const absl::Status other = Name(1, kProfile, 7, {2});
  EXPECT_EQ(other.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(other.ToString(), HasSubstr("profile 00000007"));
  EXPECT_TRUE(Name(2, kProfile, 7, {2}).ok()) << "in another stream";
  EXPECT_EQ(*Find(1, 7), Bytes{1});
  EXPECT_EQ(*Find(2, 7), Bytes{2});
}

TEST_F(CodingTablesTest, LossIsToldByName) {
  const auto unknown = Find(1, 0xabc).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(unknown.ToString(), HasSubstr("profile 00000abc"));

  ASSERT_TRUE(Name(1, kProfile, 7, {1}).ok());
  const std::string key =
      CodingTableKey(2, ListTables(&store_, 1)->at(0).digest);
  CommitBatch rot;
  rot.PutRow(Family::kMeta, key, EncodeCodingTable(Bytes{9}));
  ASSERT_TRUE(store_.Commit(std::move(rot)).ok());
  EXPECT_THAT(Find(1, 7).status().ToString(), HasSubstr("digest"));
  CommitBatch loss;
  loss.DeleteRow(Family::kMeta, key);
  ASSERT_TRUE(store_.Commit(std::move(loss)).ok());
  EXPECT_EQ(Find(1, 7).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(CodingTablesTest, ADeviceHasItsNewestFirstAndSixteenAtMost) {
  EXPECT_THAT(*DeviceTables(&store_, kProfile, "phone"), IsEmpty());
  Learn("phone", {1});
  Learn("phone", {2});
  Learn("phone", {1});
  EXPECT_THAT(*DeviceTables(&store_, kProfile, "phone"),
              ElementsAre(Bytes{1}, Bytes{2}));
  EXPECT_THAT(*DeviceTables(&store_, kPlan, "phone"), IsEmpty());
  EXPECT_THAT(*DeviceTables(&store_, kProfile, "phon"), IsEmpty());
  for (uint8_t n = 3; n < 20; ++n) Learn("phone", {n});
  const auto tables = *DeviceTables(&store_, kProfile, "phone");
  ASSERT_THAT(tables, SizeIs(kRowLimits.max_device_tables));
  EXPECT_EQ(tables.front(), Bytes{19});
  EXPECT_EQ(tables.back(), Bytes{4});
  ASSERT_TRUE(DropUnnamedTables(&store_).ok());
  EXPECT_EQ(Stored(), 16);
}

TEST_F(CodingTablesTest, RefusesWhatTheStoreWouldNotRead) {
  const Bytes long_one(kRowLimits.max_coding_table_bytes + 1);
  EXPECT_EQ(Name(1, kProfile, 7, long_one).code(),
            absl::StatusCode::kInvalidArgument);
  CommitBatch batch;
  for (const size_t size : {size_t{0}, kRowLimits.max_device_bytes + 1}) {
    EXPECT_EQ(PutDeviceTable(&store_, kProfile, std::string(size, 'x'),
                             Bytes{1}, &batch)
                  .code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_TRUE(batch.empty());
}

}  // namespace
}  // namespace fovea
