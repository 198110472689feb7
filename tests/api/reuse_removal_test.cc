// SPDX-License-Identifier: GPL-2.0-or-later
//
// Results and decisions go with the footage they are about, those of other
// footage stay.

#include "api/reuse_removal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/decision_book.h"
#include "api/retention.h"
#include "api/retention_policy.h"
#include "api/store.h"
#include "api/stored_results.h"
#include "store/restore.h"
#include "store/result_rows.h"
#include "tests/api/any_result.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/memory_store.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;

template <typename AnyStore>
void PutAbout(AnyStore* store, StreamId stream, uint64_t end, uint64_t step,
              InputKind kind = InputKind::kFrame) {
  StoredResults results(store);
  DecisionBook book(store, stream);
  for (uint64_t i = 0; i < end; i += step) {
    for (const int model : {1, 2}) {
      Result result = AnyResult(model, stream, i);
      result.kind = kind;
      ASSERT_TRUE(results.Put(result).ok());
      DecidedInput input = AnyDecision(model, i);
      input.kind = kind;
      ASSERT_TRUE(book.Add(input).ok());
    }
  }
  CommitBatch batch;
  ASSERT_TRUE(results.MoveTo(&batch).ok());
  ASSERT_TRUE(book.Put(&batch).ok());
  ASSERT_TRUE(store->Commit(std::move(batch)).ok());
}

std::set<uint64_t> ResultsAbout(StoreReader* store, StreamId stream,
                                int model = 1) {
  std::set<uint64_t> indexes;
  const auto visit = [&](std::string_view key, std::string_view) {
    indexes.insert(ParseResultKey(key)->index);
    return true;
  };
  EXPECT_TRUE(store
                  ->Scan(Family::kRes, ResultPrefix(Model(model), stream),
                         ResultPrefix(Model(model), stream + 1), visit)
                  .ok());
  return indexes;
}

std::set<uint64_t> DecisionsAbout(StoreReader* store, StreamId stream,
                                  int model = 1) {
  std::set<uint64_t> indexes;
  const auto visit = [&](const DecidedInput& input) {
    EXPECT_EQ(input.decision, AnyDecision(model, input.index).decision);
    indexes.insert(input.index);
    return true;
  };
  EXPECT_TRUE(ReadDecisions(store, {stream, Model(model)}, visit).ok());
  return indexes;
}

std::set<uint64_t> Indexes(uint64_t first, uint64_t end, uint64_t step) {
  std::set<uint64_t> indexes;
  for (uint64_t i = first; i < end; i += step) indexes.insert(i);
  return indexes;
}

// --- rows ---------------------------------------------------------------

class ForgetReuseTest : public ::testing::Test {
 protected:
  void Forget(StreamId stream, const std::vector<IndexSpan>& spans,
              bool camera = true) {
    ForgetIn(&store_, stream, spans, camera);
  }

  static void ForgetIn(MemoryStore* store, StreamId stream,
                       const std::vector<IndexSpan>& spans, bool camera) {
    CommitBatch batch;
    const absl::Status status =
        ForgetReuse(store, stream, camera, spans, &batch);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(store->Commit(std::move(batch)).ok());
  }

  MemoryStore store_;
};

TEST_F(ForgetReuseTest, ModelsAreFoundByLookingBehindEach) {
  EXPECT_THAT(*ModelsWithResults(&store_), IsEmpty());
  StoredResults results(&store_);
  for (const int model : {255, 0, 7}) {
    for (const uint64_t index : {1, 2}) {
      ASSERT_TRUE(results.Put(AnyResult(model, 3, index)).ok());
    }
  }
  CommitBatch batch;
  ASSERT_TRUE(results.MoveTo(&batch).ok());
  ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  EXPECT_THAT(*ModelsWithResults(&store_),
              ElementsAre(Model(0), Model(7), Model(255)));
}

TEST_F(ForgetReuseTest, AllOfAStreamGoesAndNothingOfOthers) {
  for (const StreamId stream : {2, 3, 4}) PutAbout(&store_, stream, 1300, 1);
  Forget(3, {{0, UINT64_MAX, INT64_MIN, INT64_MAX}});
  for (const int model : {1, 2}) {
    EXPECT_THAT(ResultsAbout(&store_, 3, model), IsEmpty());
    EXPECT_THAT(DecisionsAbout(&store_, 3, model), IsEmpty());
    for (const StreamId stream : {2, 4}) {
      EXPECT_EQ(ResultsAbout(&store_, stream, model), Indexes(0, 1300, 1));
      EXPECT_EQ(DecisionsAbout(&store_, stream, model), Indexes(0, 1300, 1));
    }
  }
}

TEST_F(ForgetReuseTest, WhereThereIsNothingNothingIsWritten) {
  PutAbout(&store_, 3, 100, 1);
  CommitBatch batch;
  const std::vector<IndexSpan> behind = {{100, 200, 0, 0}};
  ASSERT_TRUE(ForgetReuse(&store_, 3, true, behind, &batch).ok());
  const std::vector<IndexSpan> all = {{0, UINT64_MAX, 0, 0}};
  ASSERT_TRUE(ForgetReuse(&store_, 9, true, all, &batch).ok());
  EXPECT_TRUE(batch.empty());
}

// Spans of any length, one or several at once, within rows and over them.
TEST_F(ForgetReuseTest, AnySpansTakeWhatIsInThemAndNoMore) {
  const uint32_t seed = 71;
  SCOPED_TRACE(seed);
  std::mt19937 chance(seed);
  for (int round = 0; round < 40; ++round) {
    MemoryStore store;
    const uint64_t step = 1 + chance() % 3;
    PutAbout(&store, 3, 1800, step);
    std::set<uint64_t> left = Indexes(0, 1800, step);
    std::vector<IndexSpan> spans;
    uint64_t at = chance() % 600;
    for (auto i = 1 + chance() % 4; i > 0; --i) {
      const uint64_t end = at + 1 + chance() % (chance() % 2 == 0 ? 20 : 900);
      spans.push_back({at, end, 0, 0});
      left.erase(left.lower_bound(at), left.lower_bound(end));
      at = end + 1 + chance() % 300;
    }
    const std::string first_row = DecisionKey({3, Model(1), 0, 0, 0});
    const uint64_t epoch = *store.EpochFor(Family::kDec, first_row);
    ForgetIn(&store, 3, spans, true);
    for (const int model : {1, 2}) {
      ASSERT_EQ(ResultsAbout(&store, 3, model), left) << round;
      ASSERT_EQ(DecisionsAbout(&store, 3, model), left) << round;
    }
    const bool cut = !std::ranges::includes(left, Indexes(0, 512 * step, step));
    EXPECT_EQ(*store.EpochFor(Family::kDec, first_row) > epoch, cut);
  }
}

TEST_F(ForgetReuseTest, WindowsThatMayReachIntoASpanGoWithIt) {
  PutAbout(&store_, 3, 200'000, 10'000, InputKind::kWindow);
  Forget(3, {{100'000, 110'000, 0, 0}}, /*camera=*/false);
  std::set<uint64_t> left = Indexes(0, 200'000, 10'000);
  left.erase(100'000);
  EXPECT_EQ(DecisionsAbout(&store_, 3), left);
  left.erase(left.lower_bound(100'000 - 65'536), left.lower_bound(100'000));
  EXPECT_EQ(ResultsAbout(&store_, 3), left);
}

// --- footage ------------------------------------------------------------

class ReuseRemovalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    WriteSmallVideo(dir_.File("cam.y4m"), 64, 64, 100);  // four seconds
    for (const char* name : {"cam", "other"}) {
      IngestOptions options;
      options.name = name;
      options.motion = false;
      ASSERT_TRUE(
          store_->Ingest(dir_.File("cam.y4m"), options, nullptr, nullptr).ok());
      PutAbout(store_->chunks(), IdOf(name), 100, 1);
    }
  }

  StreamId IdOf(const std::string& name) { return store_->Describe(name)->id; }

  // Frames that are there, by frame tables.
  std::set<uint64_t> Frames(const std::string& name) {
    std::set<uint64_t> frames;
    const auto visit = [&](std::string_view key, std::string_view value) {
      const uint64_t first = ParseGopKey(key)->first_index;
      for (uint64_t i = 0; i < DecodeGopRow(value)->frames; ++i) {
        frames.insert(first + i);
      }
      return true;
    };
    const StreamId id = IdOf(name);
    EXPECT_TRUE(
        store_->chunks()
            ->Scan(Family::kGop, StreamPrefix(id), StreamPrefix(id + 1), visit)
            .ok());
    return frames;
  }

  void ExpectWithFootage(ChunkStore* chunks) {
    for (const char* name : {"cam", "other"}) {
      EXPECT_EQ(ResultsAbout(chunks, IdOf(name)), Frames(name));
      EXPECT_EQ(DecisionsAbout(chunks, IdOf(name)), Frames(name));
    }
    const auto report = store_->Verify({.deep = true});
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->problems.size(), 0u);
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_F(ReuseRemovalTest, RemovingATimeTakesWhatIsAboutIt) {
  ASSERT_TRUE(store_->Remove("cam", {kSecond, kSecond + 1}).ok());
  EXPECT_LT(Frames("cam").size(), 100u);
  EXPECT_GT(Frames("cam").size(), 0u);
  EXPECT_EQ(Frames("other").size(), 100u);
  ExpectWithFootage(store_->chunks());
}

TEST_F(ReuseRemovalTest, RemovingAStreamLeavesNoRowOfIt) {
  const StreamId gone = IdOf("cam");
  ASSERT_TRUE(store_->Remove("cam", {}).ok());
  EXPECT_THAT(ResultsAbout(store_->chunks(), gone), IsEmpty());
  EXPECT_THAT(DecisionsAbout(store_->chunks(), gone), IsEmpty());
  EXPECT_EQ(ResultsAbout(store_->chunks(), IdOf("other")).size(), 100u);
}

TEST_F(ReuseRemovalTest, WhatExpiresTakesWhatIsAboutIt) {
  const auto policy = ParseRetentionPolicy("streams: [{match: cam, keep: 1h}]");
  ASSERT_TRUE(policy.ok()) << policy.status();
  const int64_t later = 2'500'000'000'000'000'000;
  const auto report =
      ApplyRetention(store_->chunks(), *policy, {.now_ns = later});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(Frames("cam"), IsEmpty());
  EXPECT_EQ(Frames("other").size(), 100u);
  ExpectWithFootage(store_->chunks());
}

TEST_F(ReuseRemovalTest, BackupsHoldThem) {
  ASSERT_TRUE(store_->chunks()->Backup(dir_.File("backup"), {}, nullptr).ok());
  ASSERT_TRUE(RestoreBackup(FileSystem::Posix(), dir_.File("backup"),
                            dir_.File("restored"), nullptr)
                  .ok());
  const auto restored = ChunkStore::Open(dir_.File("restored"), {});
  ASSERT_TRUE(restored.ok()) << restored.status();
  ExpectWithFootage(restored->get());
}

}  // namespace
}  // namespace fovea::testing
