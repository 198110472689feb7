// SPDX-License-Identifier: GPL-2.0-or-later
//
// Room for an ingest is looked for before it begins.

#include "api/ingest_space.h"

#include <gmock/gmock.h>

#include <random>
#include <string>

#include "api/store.h"
#include "api/stored_policy.h"
#include "tests/api/note_keeper.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr size_t kFileBytes = 3'000'000;

class IngestSpaceTest : public ::testing::Test {
 protected:
  IngestSpaceTest() {
    StoreOptions options;
    options.create = true;
    options.chunks.file_system = &disk_;
    options.chunks.segment_bytes = 1 << 20;
    options.chunks.ballast_bytes = 0;
    options.path = dir_.File("store");
    auto store = Store::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    if (store.ok()) store_ = *std::move(store);
  }

  // An opaque stream of random bytes.
  absl::Status Ingest(const std::string& name, uint32_t seed) {
    std::mt19937 chance(seed);
    std::string bytes(kFileBytes, '\0');
    for (char& byte : bytes) byte = static_cast<char>(chance());
    WriteFileText(dir_.File(name), bytes);
    IngestOptions options;
    options.name = name;
    options.source.opaque = true;
    return store_->Ingest(dir_.File(name), options, &notes_, nullptr).status();
  }

  size_t StreamsThatHoldSomething() {
    const auto streams = store_->Streams();
    EXPECT_TRUE(streams.ok()) << streams.status();
    if (!streams.ok()) return 0;
    size_t count = 0;
    for (const StreamSummary& stream : *streams) {
      count += stream.chunks > 0 ? 1 : 0;
    }
    return count;
  }

  TempDir dir_;
  FaultFileSystem disk_;
  std::unique_ptr<Store> store_;
  NoteKeeper notes_;
};

TEST_F(IngestSpaceTest, WhatDoesNotFitIsRefusedBeforeItBegins) {
  disk_.SetFreeBytes(10 << 20);
  const absl::Status refused = Ingest("a", 1);
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_THAT(refused.ToString(),
              AllOf(HasSubstr("/a: the store's disk is full"),
                    HasSubstr("fovea retain")));
  EXPECT_TRUE(store_->Streams()->empty());
  disk_.SetFreeBytes(12 << 20);
  EXPECT_TRUE(Ingest("a", 1).ok());
}

TEST_F(IngestSpaceTest, APolicyMakesRoomForWhatComes) {
  ASSERT_TRUE(Ingest("a", 1).ok());
  ASSERT_TRUE(Ingest("b", 2).ok());
  EXPECT_EQ(StreamsThatHoldSomething(), 2u);
  ASSERT_TRUE(SetPolicy(store_->chunks(), "max: 7MB").ok());
  ASSERT_TRUE(Ingest("c", 3).ok());
  EXPECT_THAT(notes_.notes, Contains(HasSubstr("let go for room")));
  const auto usage = store_->Usage();
  ASSERT_TRUE(usage.ok());
  EXPECT_LE(usage->store_bytes(), 7'000'000u);
  EXPECT_EQ(store_->Describe("c")->counts.rejected.size(), 0u);
}

TEST_F(IngestSpaceTest, APolicyWithoutBoundsLetsNothingGo) {
  ASSERT_TRUE(Ingest("a", 1).ok());
  ASSERT_TRUE(SetPolicy(store_->chunks(), "keep: 1s").ok());
  ASSERT_TRUE(Ingest("b", 2).ok());
  EXPECT_EQ(StreamsThatHoldSomething(), 2u);
}

}  // namespace
}  // namespace fovea::testing
