// SPDX-License-Identifier: GPL-2.0-or-later
//
// From an older store format to the present one. What a release of format 1
// really wrote is in tests/golden.

#include <gmock/gmock.h>

#include "store/format_file.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class MigrateTest : public ChunkStoreTest {
 protected:
  MigrateTest() {
    Open();
    EXPECT_TRUE(Put(payload_, "a").ok());
    store_.reset();
    SetFormat(1);
  }

  void SetFormat(uint32_t number) {
    auto format = ReadFormatFile(&disk_, Path());
    ASSERT_TRUE(format.ok()) << format.status();
    format->format = number;
    ASSERT_TRUE(WriteFormatFile(&disk_, Path(), *format).ok());
  }

  uint32_t Format() { return ReadFormatFile(&disk_, Path())->format; }

  const Bytes payload_ = RandomBytes(10'000, 1);
};

TEST_F(MigrateTest, AnOlderFormatIsReadButNotWritten) {
  const absl::Status status = OpenStatus();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.ToString(),
              AllOf(HasSubstr("store format 1"), HasSubstr("fovea migrate")));
  EXPECT_THAT(ChunkStore::Rebuild(Path(), options_).ToString(),
              HasSubstr("fovea migrate"));
  options_.read_only = true;
  Open();
  ExpectChunk(payload_);
  EXPECT_EQ(Format(), 1u);
}

TEST_F(MigrateTest, ADryRunChangesNothing) {
  const auto report = ChunkStore::Migrate(Path(), options_, /*dry_run=*/true);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->from, 1u);
  EXPECT_EQ(report->to, kStoreFormat);
  EXPECT_GT(report->segment_bytes, payload_.size());
  EXPECT_EQ(Format(), 1u);
  EXPECT_FALSE(OpenStatus().ok());
}

TEST_F(MigrateTest, IsWrittenFromThenOnAndKeepsItsId) {
  const StoreId id = ReadFormatFile(&disk_, Path())->id;
  ASSERT_TRUE(ChunkStore::Migrate(Path(), options_, /*dry_run=*/false).ok());
  EXPECT_EQ(Format(), kStoreFormat);
  EXPECT_EQ(ReadFormatFile(&disk_, Path())->id, id);
  Open();
  ExpectChunk(payload_);
  EXPECT_TRUE(Put(RandomBytes(500, 2), "b").ok());
  ExpectClean();
  store_.reset();
  const auto again = ChunkStore::Migrate(Path(), options_, /*dry_run=*/false);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->from, again->to);
}

TEST_F(MigrateTest, AStoreInUseIsLeftAlone) {
  SetFormat(kStoreFormat);
  Open();
  SetFormat(1);
  const auto report = ChunkStore::Migrate(Path(), options_, /*dry_run=*/false);
  EXPECT_TRUE(absl::IsUnavailable(report.status())) << report.status();
  EXPECT_EQ(Format(), 1u);
}

TEST_F(MigrateTest, EachFailingCallLeavesOneFormatOrTheOther) {
  for (int n = 1;; ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    ASSERT_LT(n, 200);
    SetFormat(1);
    disk_.FailCall("", n, absl::InternalError("failed"), /*for_ever=*/true);
    const auto report =
        ChunkStore::Migrate(Path(), options_, /*dry_run=*/false);
    const bool failed = disk_.failed();
    disk_.Heal();
    EXPECT_EQ(report.ok(), !failed);
    const uint32_t format = Format();
    EXPECT_TRUE(format == 1 || format == kStoreFormat) << format;
    if (!failed) break;
    options_.read_only = true;
    Open();
    ExpectChunk(payload_);
    store_.reset();
    options_.read_only = false;
  }
}

TEST_F(MigrateTest, ABackupFollows) {
  SetFormat(kStoreFormat);
  Open();
  const std::string target = Path() + "-backup";
  const auto progress = [](uint64_t, uint64_t) { return true; };
  ASSERT_TRUE(store_->Backup(target, {}, progress).ok());
  store_.reset();
  SetFormat(1);
  options_.read_only = true;
  Open();
  ASSERT_TRUE(store_->Backup(target, {}, progress).ok());
  store_.reset();
  options_.read_only = false;
  EXPECT_EQ(ReadFileBytes(target + "/STORE"), ReadFileBytes(Path() + "/FOVEA"));
  ASSERT_TRUE(ChunkStore::Migrate(Path(), options_, /*dry_run=*/false).ok());
  Open();
  ASSERT_TRUE(store_->Backup(target, {}, progress).ok());
  EXPECT_EQ(ReadFileBytes(target + "/STORE"), ReadFileBytes(Path() + "/FOVEA"));
}

}  // namespace
}  // namespace fovea::testing
