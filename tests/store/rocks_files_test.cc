// SPDX-License-Identifier: GPL-2.0-or-later
//
// What RocksDB writes and where it ends up, without RocksDB.

#include "store/internal/rocks_files.h"

#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "store/internal/byte_coding.h"
#include "store/internal/masked_crc32c.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RocksFilesTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const {
    return folder_.File("catalogue/" + name);
  }

  void Open(RocksFiles::Options options = {}) {
    auto files = RocksFiles::Over(&disk_, folder_.File("catalogue"), options);
    ASSERT_TRUE(files.ok()) << files.status();
    files_ = *std::move(files);
  }

  bool Write(const std::string& name, const std::string& text) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    return files_->NewWritableFile(Path(name), {}, &file, nullptr).ok() &&
           file->Append(text, {}, nullptr).ok() &&
           file->Sync({}, nullptr).ok() && file->Close({}, nullptr).ok();
  }

  bool Rename(const std::string& from, const std::string& to) {
    return files_->RenameFile(Path(from), Path(to), {}, nullptr).ok();
  }

  // A manifest of one record.
  static std::string ManifestOf(const std::string& text) {
    const std::string checked = "\1" + text;  // a whole one
    std::string manifest;
    PutLittle(&manifest, Masked(ComputeCrc32c(BytesOf(checked))));
    PutLittle(&manifest, static_cast<uint16_t>(text.size()));
    return manifest + checked;
  }

  // What RocksDB does to make `number` the newest manifest.
  bool WriteManifest(const std::string& number, const std::string& text) {
    return Write("MANIFEST-" + number, ManifestOf(text)) &&
           Write(number + ".dbtmp", "MANIFEST-" + number) &&
           Rename(number + ".dbtmp", "CURRENT");
  }

  std::string Read(const std::string& name) {
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    if (!files_->NewSequentialFile(Path(name), {}, &file, nullptr).ok()) {
      return "absent";
    }
    char text[64];
    rocksdb::Slice got;
    EXPECT_TRUE(file->Read(sizeof text, {}, &got, text, nullptr).ok());
    return got.ToString();
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names;
    EXPECT_TRUE(
        files_->GetChildren(folder_.File("catalogue"), {}, &names, nullptr)
            .ok());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::vector<std::string> NamesOnDisk() {
    auto names = FileSystem::Posix()->List(folder_.File("catalogue"));
    return names.ok() ? *names : std::vector<std::string>();
  }

  std::string OnDisk(const std::string& name) {
    const Bytes bytes = ReadFileBytes(Path(name));
    return {bytes.begin(), bytes.end()};
  }

  ScratchFolder folder_;
  FaultFileSystem disk_;
  std::shared_ptr<RocksFiles> files_;
};

TEST_F(RocksFilesTest, NothingIsOnDiskBeforeTheFirstTable) {
  Open();
  ASSERT_TRUE(WriteManifest("000005", "first"));
  ASSERT_TRUE(Write("000006.log", "rows"));
  EXPECT_FALSE(Write("OPTIONS-000007.dbtmp", "options"));
  EXPECT_THAT(Names(), ElementsAre("000006.log", "CURRENT", "MANIFEST-000005"));
  EXPECT_EQ(Read("CURRENT"), "MANIFEST-000005");
  EXPECT_THAT(NamesOnDisk(), IsEmpty());
  ASSERT_TRUE(Write("000008.sst", "table"));
  EXPECT_THAT(NamesOnDisk(),
              ElementsAre("000008.sst", "CURRENT", "MANIFEST-000005"));
  EXPECT_EQ(OnDisk("MANIFEST-000005"), ManifestOf("first"));
  EXPECT_EQ(Read("000006.log"), "rows");
  ASSERT_TRUE(WriteManifest("000009", "second"));
  EXPECT_EQ(OnDisk("CURRENT"), "MANIFEST-000009");
}

TEST_F(RocksFilesTest, AFileOpenMeanwhileGoesOnOnDisk) {
  Open();
  std::unique_ptr<rocksdb::FSWritableFile> file;
  ASSERT_TRUE(
      files_->NewWritableFile(Path("000001.dbtmp"), {}, &file, nullptr).ok());
  ASSERT_TRUE(file->Append("before ", {}, nullptr).ok());
  ASSERT_TRUE(Write("000008.sst", "table"));
  ASSERT_TRUE(file->Append("after", {}, nullptr).ok());
  EXPECT_EQ(file->GetFileSize({}, nullptr), 12u);
  EXPECT_EQ(OnDisk("000001.dbtmp"), "before after");
}

TEST_F(RocksFilesTest, WhatIsRemovedInMemoryStaysUntilItIsReplaced) {
  Open();
  ASSERT_TRUE(WriteManifest("000005", "old") && Write("000006.sst", "table"));
  Open();
  EXPECT_EQ(Read("MANIFEST-000005"), ManifestOf("old"));
  ASSERT_TRUE(WriteManifest("000007", "new"));
  ASSERT_TRUE(files_->DeleteFile(Path("MANIFEST-000005"), {}, nullptr).ok());
  EXPECT_FALSE(files_->DeleteFile(Path("MANIFEST-000005"), {}, nullptr).ok());
  EXPECT_EQ(Read("MANIFEST-000005"), "absent");
  EXPECT_EQ(OnDisk("MANIFEST-000005"), ManifestOf("old"));
  EXPECT_EQ(OnDisk("CURRENT"), "MANIFEST-000005");
  ASSERT_TRUE(Write("000008.sst", "table"));
  EXPECT_THAT(NamesOnDisk(), ElementsAre("000006.sst", "000008.sst", "CURRENT",
                                         "MANIFEST-000007"));
}

TEST_F(RocksFilesTest, TheManifestInUseIsKept) {
  Open();
  ASSERT_TRUE(WriteManifest("000005", "old") && Write("000006.sst", "table"));
  EXPECT_FALSE(files_->DeleteFile(Path("MANIFEST-000005"), {}, nullptr).ok());
  EXPECT_EQ(OnDisk("MANIFEST-000005"), ManifestOf("old"));
  ASSERT_TRUE(WriteManifest("000007", "new"));
  ASSERT_TRUE(files_->DeleteFile(Path("MANIFEST-000005"), {}, nullptr).ok());
  EXPECT_THAT(NamesOnDisk(),
              ElementsAre("000006.sst", "CURRENT", "MANIFEST-000007"));
}

TEST_F(RocksFilesTest, AManifestThatIsNotWholeIsNotRead) {
  Open();
  ASSERT_TRUE(WriteManifest("000005", "text") && Write("000006.sst", "table"));
  const std::string sound = OnDisk("MANIFEST-000005");
  ASSERT_EQ(Read("MANIFEST-000005"), sound);
  for (size_t at = 0; at < sound.size(); ++at) {
    std::string flipped = sound;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    WriteFileText(Path("MANIFEST-000005"), flipped);
    EXPECT_EQ(Read("MANIFEST-000005"), "absent") << "byte " << at;
    WriteFileText(Path("MANIFEST-000005"), sound.substr(0, at));
    EXPECT_EQ(Read("MANIFEST-000005"), at == 0 ? "" : "absent") << at;
  }
}

TEST_F(RocksFilesTest, AFreshStartSeesNothingAndLeavesNothingOfTheOld) {
  Open();
  ASSERT_TRUE(WriteManifest("000005", "old") && Write("000006.sst", "table"));
  Open({.ignore_present = true});
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_EQ(Read("CURRENT"), "absent");
  ASSERT_TRUE(WriteManifest("000001", "new") && Write("000002.sst", "table"));
  EXPECT_THAT(NamesOnDisk(),
              ElementsAre("000002.sst", "CURRENT", "MANIFEST-000001"));
}

TEST_F(RocksFilesTest, ReadOnlyChangesNoFile) {
  Open();
  ASSERT_TRUE(WriteManifest("000005", "old") && Write("000006.sst", "table"));
  int changes = 0;
  disk_.OnChange([&] { ++changes; });
  Open({.read_only = true});
  ASSERT_TRUE(WriteManifest("000007", "new"));
  ASSERT_TRUE(files_->DeleteFile(Path("000006.sst"), {}, nullptr).ok());
  EXPECT_FALSE(Write("000008.sst", "table"));
  EXPECT_EQ(changes, 0);
}

TEST_F(RocksFilesTest, EachFailingCallLeavesTheOldOrTheNewAndMayBeRepeated) {
  int n = 1;
  for (bool failed = true; failed; ++n) {
    SCOPED_TRACE(n);
    std::filesystem::remove_all(folder_.File("catalogue"));
    Open();
    ASSERT_TRUE(WriteManifest("000005", "old") && Write("000006.sst", "a"));
    Open();
    ASSERT_TRUE(WriteManifest("000007", "new"));
    ASSERT_TRUE(files_->DeleteFile(Path("MANIFEST-000005"), {}, nullptr).ok());
    disk_.FailCall("", n, absl::InternalError("injected"));
    Write("000008.sst", "b");
    failed = disk_.failed();
    disk_.Heal();
    const std::string manifest = OnDisk("CURRENT");
    EXPECT_EQ(OnDisk(manifest),
              ManifestOf(manifest == "MANIFEST-000005" ? "old" : "new"));
    EXPECT_TRUE(Write("000009.sst", "c"));
    EXPECT_EQ(OnDisk("CURRENT"), "MANIFEST-000007");
    EXPECT_EQ(OnDisk("MANIFEST-000007"), ManifestOf("new"));
  }
  EXPECT_GT(n, 10);
}

TEST_F(RocksFilesTest, ManyThreadsWriteReadAndRemoveWhileMemoryIsLeft) {
  Open();
  std::atomic<int> wrong = 0;
  const auto work = [&](int thread) {
    for (int i = 0; i < 60; ++i) {
      const std::string number = std::to_string(1000 * (thread + 1) + i);
      const std::string name = "note-" + number;
      if (!Write(name, number) || Read(name) != number) ++wrong;
      Names();
      if (thread == 0 && i == 30 && !Write(number + ".sst", "t")) ++wrong;
      if (!Rename(name, name + "x") || Read(name + "x") != number) ++wrong;
      if (!files_->DeleteFile(Path(name + "x"), {}, nullptr).ok()) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_THAT(Names(), ElementsAre("1030.sst"));
}

}  // namespace
}  // namespace fovea::testing
