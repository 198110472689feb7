// SPDX-License-Identifier: GPL-2.0-or-later
//
// Segment files that are missing, cut, swapped, foreign or replaced while
// the store is open. Errors name the segment; whatever lies elsewhere reads
// well, and writing goes on.

#include "gmock/gmock.h"
#include "store/segment_format.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;

class BadSegmentsTest : public ChunkStoreTest {
 protected:
  // Chunks 0 to 3, each in a segment of its own, and one that is open.
  void Build() {
    Open();
    for (uint32_t i = 0; i < 5; ++i) {
      ASSERT_TRUE(Put(Payload(i), Owner(i)).ok());
      NextHour();
    }
    ASSERT_EQ(Segments().size(), 5u);
  }

  static Bytes Payload(uint32_t i) { return RandomBytes(3000, i); }
  static std::string Owner(uint32_t i) { return "gop" + std::to_string(i); }

  std::string SegmentOfAnotherStore() {
    const std::string ours = std::exchange(path_, folder_.File("other"));
    Open();
    EXPECT_TRUE(Put(RandomBytes(3000, 9), "other").ok());
    store_.reset();
    const std::string file = Segments()[0];
    path_ = ours;
    return file;
  }

  // Chunks of the segments named are lost, and said to be; all else is as
  // it was, and more can be written.
  void ExpectOnlyThese(const std::vector<uint32_t>& lost) {
    for (uint32_t i = 0; i < 5; ++i) {
      if (std::ranges::count(lost, i) == 0) {
        ExpectChunk(Payload(i));
        continue;
      }
      const auto read = store_->ReadChunk(ChunkId::Of(Payload(i)));
      EXPECT_TRUE(absl::IsDataLoss(read.status())) << read.status();
      EXPECT_THAT(read.status().ToString(), HasSubstr(Label(i)));
    }
    for (const uint32_t i : lost) {
      const auto problems = Verify().problems;
      EXPECT_TRUE(std::ranges::any_of(problems, [i](const StoreProblem& found) {
        return found.object.find(Label(i)) != found.object.npos ||
               found.what.find(Label(i)) != found.what.npos;
      })) << Label(i);
    }
    const Bytes more = RandomBytes(100, 77);
    ASSERT_TRUE(Put(more, "more").ok());
    ExpectChunk(more);
  }

  static std::string Label(uint32_t i) {
    return "segment 0000000" + std::to_string(i + 1);
  }
};

TEST_F(BadSegmentsTest, AMissingOneIsNamed) {
  Build();
  WriteCatalogue();
  std::filesystem::remove(Segments()[1]);
  Open();
  ExpectOnlyThese({1});
}

TEST_F(BadSegmentsTest, ATruncatedOneIsNamed) {
  Build();
  WriteCatalogue();
  std::filesystem::resize_file(Segments()[2], 900);
  Open();
  ExpectOnlyThese({2});
}

TEST_F(BadSegmentsTest, SwappedOnesAreNamed) {
  Build();
  WriteCatalogue();
  const std::vector<std::string> files = Segments();
  const std::string aside = folder_.File("aside");
  std::filesystem::rename(files[0], aside);
  std::filesystem::rename(files[2], files[0]);
  std::filesystem::rename(aside, files[2]);
  Open();
  ExpectOnlyThese({0, 2});
}

TEST_F(BadSegmentsTest, OneOfAnotherStoreInItsPlaceIsNamed) {
  Build();
  WriteCatalogue();
  const std::string foreign = SegmentOfAnotherStore();
  std::filesystem::copy_file(foreign, Segments()[0],
                             std::filesystem::copy_options::overwrite_existing);
  Open();
  ExpectOnlyThese({0});
}

TEST_F(BadSegmentsTest, AYoungerOneOfAnotherStoreIsNamedAndLeftAlone) {
  Open();
  store_.reset();  // no segment of its own yet
  const std::string foreign = SegmentOfAnotherStore();
  const std::string here = SegmentsPath() + foreign.substr(foreign.rfind('/'));
  std::filesystem::copy_file(foreign, here);
  EXPECT_THAT(OpenStatus().ToString(),
              HasSubstr("segment 00000001 belongs to another store"));
  EXPECT_EQ(ReadFileBytes(here), ReadFileBytes(foreign));
}

TEST_F(BadSegmentsTest, ACopyUnderAYoungerNameIsNamedAndLeftAlone) {
  Build();
  store_.reset();
  const std::string copy =
      SegmentsPath() + "/" + SegmentName({.id = 99, .hour = 1});
  std::filesystem::copy_file(Segments()[0], copy);
  const absl::Status refused = OpenStatus();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(refused.ToString(),
              HasSubstr("segment 00000099 is a file of segment 00000001"));
  EXPECT_TRUE(std::filesystem::exists(copy));
  std::filesystem::remove(copy);
  Open();
  ExpectOnlyThese({});
}

TEST_F(BadSegmentsTest, OneThatLosesItsNameWhileWrittenIsNotAcknowledged) {
  for (const bool replaced : {false, true}) {
    SCOPED_TRACE(replaced);
    Open();
    ASSERT_TRUE(Put(Payload(0), Owner(0)).ok());
    const std::string file = Segments().back();
    std::filesystem::rename(file, folder_.File("aside"));
    if (replaced) std::filesystem::copy_file(folder_.File("aside"), file);
    const absl::Status lost = Put(Payload(1), Owner(1)).status();
    EXPECT_THAT(lost.ToString(), HasSubstr("was removed or replaced"));
    EXPECT_THAT(Put(Payload(1), Owner(1)).status().ToString(),
                HasSubstr("read-only until reopened"));
    std::filesystem::rename(folder_.File("aside"), file);
    Open();
    ExpectChunk(Payload(0));
    ASSERT_TRUE(Put(Payload(1), Owner(1)).ok());
    ExpectClean();
    ASSERT_TRUE(Drop(Payload(1), Owner(1)).ok());
    ASSERT_TRUE(store_->Prune().ok());
  }
}

TEST_F(BadSegmentsTest, ReplacedWhileOpenTheyAreNamedOrAsBefore) {
  Build();
  for (uint32_t i = 0; i < 5; ++i) ExpectChunk(Payload(i));
  // By rename: those who have it open go on with the old file.
  const std::vector<std::string> files = Segments();
  WriteFileBytes(folder_.File("aside"), RandomBytes(5000, 3));
  std::filesystem::rename(folder_.File("aside"), files[0]);
  // In place: the bytes are gone for all.
  WriteFileBytes(files[1], RandomBytes(5000, 4));
  const auto replaced = store_->ReadChunk(ChunkId::Of(Payload(0)));
  EXPECT_TRUE(!replaced.ok() || *replaced == Payload(0));
  const auto read = store_->ReadChunk(ChunkId::Of(Payload(1)));
  EXPECT_THAT(read.status().ToString(), HasSubstr(Label(1)));
  for (const uint32_t i : {2u, 3u, 4u}) ExpectChunk(Payload(i));
  ASSERT_TRUE(Put(RandomBytes(10, 5), "more").ok());
  WriteCatalogue();
  Open();
  ExpectChunk(RandomBytes(10, 5));
  for (const uint32_t i : {2u, 3u, 4u}) ExpectChunk(Payload(i));
}

}  // namespace
}  // namespace fovea::testing
