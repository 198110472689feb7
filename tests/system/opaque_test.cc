// SPDX-License-Identifier: GPL-2.0-or-later
//
// `ingest --opaque`: any file kept as it is, what two of them share once.

#include <filesystem>
#include <random>

#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

class Opaque : public Cli {
 protected:
  static std::vector<uint8_t> Noise(size_t bytes) {
    std::mt19937 chance(5);
    std::vector<uint8_t> noise(bytes);
    for (uint8_t& byte : noise) byte = static_cast<uint8_t>(chance());
    return noise;
  }

  void IngestBytes(const std::string& name,
                   const std::vector<uint8_t>& bytes) const {
    testing::WriteFileBytes(dir_.File(name), bytes);
    const ProcessResult result = OnStore({"ingest", "--opaque", name});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  void ExpectComesBack(const std::string& name) const {
    const ProcessResult result = OnStore({"export", name, "-o", "back"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(testing::ReadFileBytes(dir_.File("back")),
              testing::ReadFileBytes(dir_.File(name)))
        << name;
  }

  // What `du` says of a stream.
  uint64_t Space(const std::string& name, const char* field) const {
    const Json report = JsonOf({"du"});
    for (const Json& stream : report["streams"]) {
      if (stream["name"] == name) return stream[field];
    }
    ADD_FAILURE() << "du does not list " << name;
    return 0;
  }

  void ExpectClean() const {
    const ProcessResult result = OnStore({"verify", "--deep"});
    EXPECT_EQ(result.exit_code, 0) << result.out;
  }
};

TEST_F(Opaque, AFileComesBackByteForByte) {
  IngestBytes("noise", Noise(700'000));
  IngestBytes("zeros", std::vector<uint8_t>(300'000));
  IngestBytes("byte", {0x47});
  for (const char* name : {"noise", "zeros", "byte"}) ExpectComesBack(name);
  ExpectClean();
}

TEST_F(Opaque, AnEditedCopySharesAllButTheChunksEdited) {
  std::vector<uint8_t> bytes = Noise(4 << 20);
  IngestBytes("first", bytes);
  const uint64_t alone = Space("first", "stored_bytes");
  EXPECT_GT(alone, bytes.size() - 1);
  bytes.insert(bytes.begin() + (1 << 20), 1000, 0x2a);
  bytes.erase(bytes.begin() + (3 << 20), bytes.begin() + (3 << 20) + 500);
  IngestBytes("edited", bytes);
  ExpectComesBack("first");
  ExpectComesBack("edited");

  // Two edits, two chunks of at most 256 KiB each and what lies between
  // them and the next common end.
  const uint64_t both =
      Space("first", "stored_bytes") + Space("edited", "stored_bytes");
  EXPECT_LT(both - alone, 1'000'000U);
  EXPECT_GT(both - alone, 16'000U);
  EXPECT_GT(Space("edited", "shared_bytes"), (bytes.size() - 1'000'000) / 2);
  EXPECT_GT(Space("edited", "logical_bytes"), bytes.size());
  ExpectClean();
}

TEST_F(Opaque, OneOfTwoThatShareMayGo) {
  const std::vector<uint8_t> bytes = Noise(1 << 20);
  IngestBytes("first", bytes);
  IngestBytes("second", bytes);
  EXPECT_EQ(Space("first", "shared_bytes"), Space("second", "shared_bytes"));
  ASSERT_EQ(OnStore({"rm", "first", "--yes"}).exit_code, 0);
  ExpectComesBack("second");
  EXPECT_EQ(Space("second", "shared_bytes"), 0U);
  ExpectClean();
}

TEST_F(Opaque, WhatCannotBeKeptIsSaidInOneLine) {
  Write("empty", "");
  std::filesystem::create_directory(dir_.File("folder"));
  std::filesystem::create_symlink("nowhere", dir_.File("dangling"));
  ExpectOneLine(OnStore({"ingest", "--opaque", "empty"}), 1,
                "empty: the file is empty");
  ExpectOneLine(OnStore({"ingest", "--opaque", "folder"}), 1,
                "folder: not a regular file");
  ExpectOneLine(OnStore({"ingest", "--opaque", "/dev/null"}), 1,
                "/dev/null: not a regular file");
  ExpectOneLine(OnStore({"ingest", "--opaque", "missing"}), 1,
                "missing: no such file");
  ExpectOneLine(OnStore({"ingest", "--opaque", "dangling"}), 1,
                "dangling: no such file");
  ExpectOneLine(OnStore({"ingest", "--opaque", "--copy", "empty"}), 2,
                "--opaque");
  EXPECT_FALSE(std::filesystem::exists(dir_.File("store")));
}

TEST_F(Opaque, ABadFileDoesNotKeepTheOthersOut) {
  Write("empty", "");
  Write("good", "some bytes");
  const ProcessResult result =
      OnStore({"ingest", "--opaque", "empty", "missing", "good"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("empty: the file is empty"));
  EXPECT_THAT(result.err, HasSubstr("missing: no such file"));
  ExpectComesBack("good");
}

}  // namespace
}  // namespace fovea
