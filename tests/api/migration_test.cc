// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was observed before there was a cross-stream index is in it once the
// store is migrated, or was and is opened to be written.

#include "api/migration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "api/store.h"
#include "index/observation_reader.h"
#include "index/presence.h"
#include "index/presence_rebuild.h"
#include "store/format_file.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;

// A store as releases of format 2 left it: rows of observations of version 1,
// and none of the family semx.
class MigrationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 64, 64, 100);
    auto store = testing::OpenStore(Path());
    ASSERT_NE(store, nullptr);
    IngestOptions options;
    options.name = "cam";
    options.motion = false;  // what is observed here is put by hand
    ASSERT_TRUE(
        store->Ingest(dir_.File("cam.y4m"), options, nullptr, nullptr).ok());
    stream_ = store->Describe("cam")->id;
    CommitBatch batch;
    batch.PutRow(Family::kSem, ObservationKey(stream_, "car", 0, 1),
                 EncodeObservationRow({1, OldBody()}));
    batch.PutRow(Family::kSem, ObservationKey(stream_, "dog", kSecond, 2),
                 EncodeObservationRow({1, OldBody()}));
    ASSERT_TRUE(store->chunks()->Commit(std::move(batch)).ok());
    store.reset();
    SetFormat(2);
  }

  // Three seconds, on frames 100 to 103.
  static std::string OldBody() {
    return absl::HexStringToBytes(
        "0180bcc1960b64030707070707070707070707070707070707070707070707070707"
        "070707070707800080000106636f6c6f757203726564040100c00cc002c00ec00680"
        "0203011000100000");
  }

  std::string Path() const { return dir_.File("store"); }

  void SetFormat(uint32_t number) {
    FileSystem* const files = FileSystem::Posix();
    auto format = ReadFormatFile(files, Path());
    ASSERT_TRUE(format.ok()) << format.status();
    format->format = number;
    ASSERT_TRUE(WriteFormatFile(files, Path(), *format).ok());
  }

  std::unique_ptr<Store> Open(bool read_only) {
    StoreOptions options;
    options.read_only = read_only;
    options.path = Path();
    auto store = Store::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  static size_t Present(StoreReader* store, const std::string& label) {
    size_t rows = 0;
    const absl::Status status =
        VisitPresence(store, label, 0, 10 * kSecond, [&](const Presence&) {
          ++rows;
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return rows;
  }

  void ExpectWhole(Store* store) {
    EXPECT_EQ(Present(store->chunks(), "car"), 1u);
    EXPECT_EQ(Present(store->chunks(), "dog"), 1u);
    const auto report = store->Verify({.deep = true});
    ASSERT_TRUE(report.ok()) << report.status();
    for (const StoreProblem& problem : report->problems) {
      ADD_FAILURE() << problem.object << ": " << problem.what;
    }
  }

  testing::TempDir dir_;
  StreamId stream_ = 0;
};

TEST_F(MigrationTest, AnOldStoreIsReadAsItIs) {
  const auto store = Open(/*read_only=*/true);
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(*CountObservations(store->chunks(), {stream_}), 2);
  EXPECT_EQ(Present(store->chunks(), "car"), 0u);
  EXPECT_TRUE(*IsPresenceDue(store->chunks()));
  const auto report = store->Verify({.deep = true});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems, IsEmpty()) << "it is no fault of it";
}

TEST_F(MigrationTest, ADryRunCountsRowsAndChangesNothing) {
  for (int round = 0; round < 2; ++round) {
    const auto report = MigrateWithRows(Path(), {}, /*dry_run=*/true);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->from, 2u);
    EXPECT_EQ(report->to, kStoreFormat);
    EXPECT_EQ(report->presence_rows, 2);
  }
}

TEST_F(MigrationTest, WhatIsObservedAlreadyIsIndexed) {
  const auto report = MigrateWithRows(Path(), {}, /*dry_run=*/false);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->from, 2u);
  EXPECT_EQ(report->presence_rows, 2);
  const auto store = Open(/*read_only=*/true);
  ASSERT_NE(store, nullptr);
  ExpectWhole(store.get());
  const auto again = MigrateWithRows(Path(), {}, /*dry_run=*/false);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->from, again->to);
  EXPECT_EQ(again->presence_rows, 0);
}

TEST_F(MigrationTest, OneCutShortGoesOnAtTheNextOpening) {
  ASSERT_TRUE(ChunkStore::Migrate(Path(), {}, /*dry_run=*/false).ok());
  {
    const auto store = Open(/*read_only=*/false);
    ASSERT_NE(store, nullptr);
    ExpectWhole(store.get());
  }
  ASSERT_TRUE(ChunkStore::Rebuild(Path(), {}).ok());
  const auto store = Open(/*read_only=*/false);
  ASSERT_NE(store, nullptr);
  ExpectWhole(store.get());
}

TEST_F(MigrationTest, VerifyTellsWhereIndexAndObservationsDiffer) {
  ASSERT_TRUE(MigrateWithRows(Path(), {}, /*dry_run=*/false).ok());
  const auto store = Open(/*read_only=*/false);
  ASSERT_NE(store, nullptr);
  CommitBatch batch;
  batch.DeleteRow(Family::kSemx, PresenceKey("car", 0, stream_, 1));
  batch.PutRow(Family::kSemx, PresenceKey("car", 5, stream_, 1),
               EncodePresenceRow({1, ""}));
  ASSERT_TRUE(store->chunks()->Commit(std::move(batch)).ok());
  const auto report = store->Verify({});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->problems.size(), 1u);
  EXPECT_EQ(report->problems[0].object, "cross-stream index");
  EXPECT_EQ(report->problems[0].what,
            "of 2 rows 1 are missing and 0 wrong; 1 stand beside no "
            "observation");
}

}  // namespace
}  // namespace fovea
