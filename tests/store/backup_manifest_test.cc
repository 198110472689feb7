// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/backup_manifest.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/internal/byte_coding.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

BackupManifest Full() {
  BackupManifest manifest;
  manifest.store = {1, 2, 3, 0xff};
  manifest.sequence = 77;
  manifest.created_ns = -5;
  manifest.files = {
      {"FOVEA", 90, Crc32c{0x1a2b3c4d}, false},
      {"catalogue/000012.sst", 8192, Crc32c{0}, true},
      {"catalogue/CURRENT", 16, Crc32c{1}, false},
      {"catalogue/MANIFEST-000004", 300, Crc32c{0xffffffff}, false},
      {"segments/00000001-00--7.fseg", 1ULL << 40, Crc32c{5}, true}};
  return manifest;
}

std::string WithChecksum(const std::string& body) {
  return body + "crc32c " + ToString(ComputeCrc32c(BytesOf(body))) + "\n";
}

std::string Header() {
  std::string text = EncodeBackupManifest({});
  return text.substr(0, text.find("crc32c "));
}

TEST(BackupManifestTest, ComesBackAsItWas) {
  EXPECT_EQ(*DecodeBackupManifest(EncodeBackupManifest(Full())), Full());
  EXPECT_EQ(*DecodeBackupManifest(EncodeBackupManifest({})), BackupManifest());
  EXPECT_EQ(Full().Find("FOVEA")->size, 90u);
  EXPECT_EQ(Full().Find("FOVEB"), nullptr);
}

TEST(BackupManifestTest, EachFlippedOrMissingByteIsFound) {
  const std::string good = EncodeBackupManifest(Full());
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_FALSE(DecodeBackupManifest(bad).ok()) << at;
    EXPECT_FALSE(DecodeBackupManifest(good.substr(0, at)).ok()) << at;
  }
  EXPECT_FALSE(DecodeBackupManifest(good + "\n").ok());
}

TEST(BackupManifestTest, ANewerFormatIsNamed) {
  std::string text = EncodeBackupManifest(Full());
  text.replace(text.find("format 1"), 8, "format 4");
  const absl::Status status = DecodeBackupManifest(text).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.ToString(), HasSubstr("format 4"));
}

TEST(BackupManifestTest, OnlyNamesOfAStoreGetIntoPaths) {
  const auto decode = [](const std::string& name) {
    return DecodeBackupManifest(
        WithChecksum(Header() + "file 1 0x00000000 copied " + name + "\n"));
  };
  EXPECT_TRUE(decode("FOVEA").ok());
  EXPECT_TRUE(decode("catalogue/000001.sst").ok());
  for (const char* name :
       {"", "/etc/passwd", "..", "../FOVEA", "segments/../FOVEA", "LOCK",
        "segments/", "segments/1-0-0.fseg", "catalogue/", "catalogue/.sst",
        "catalogue/x.sst", "catalogue/MANIFEST-", "catalogue/LOCK",
        "catalogue/../x", "SOCKET", "FOVEA x"}) {
    EXPECT_TRUE(absl::IsDataLoss(decode(name).status())) << name;
  }
}

TEST(BackupManifestTest, LinesThatMakeNoSenseAreRefused) {
  for (const char* line :
       {"file 1 0x00000000 copied", "file -1 0x00000000 copied FOVEA",
        "file 1 0x0000000 copied FOVEA", "file 1 0x00000000 moved FOVEA",
        "fil 1 0x00000000 copied FOVEA", "",
        "file 1 0x00000000 copied FOVEA\nfile 1 0x00000000 copied FOVEA"}) {
    EXPECT_FALSE(
        DecodeBackupManifest(WithChecksum(Header() + line + "\n")).ok())
        << line;
  }
}

TEST(BackupManifestTest, StatesOfACatalogueFileLieSideBySide) {
  const BackupFile a = {"catalogue/000012.sst", 10, Crc32c{1}};
  const BackupFile b = {"catalogue/000012.sst", 10, Crc32c{2}};
  EXPECT_EQ(StoredName(a), "catalogue/000012.sst.00000001-10");
  EXPECT_NE(StoredName(a), StoredName(b));
  EXPECT_EQ(StoredName({"FOVEA", 1}), "STORE");
  EXPECT_EQ(StoredName(Full().files[4]), Full().files[4].name);
}

}  // namespace
}  // namespace fovea
