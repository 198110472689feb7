// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers that are kept: what there is of them, why one is given, and room
// made among them.

#include "api/cache_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/reuse.h"
#include "api/stored_results.h"
#include "store/result_rows.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/reuse_story.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class CacheReportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
  }

  void Put(const std::vector<Result>& all) {
    StoredResults results(store_->chunks());
    for (const Result& result : all) ASSERT_TRUE(results.Put(result).ok());
    CommitBatch batch;
    ASSERT_TRUE(results.MoveTo(&batch).ok());
    ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  }

  // Of two models, two streams and another store.
  void PutSome() {
    std::vector<Result> all;
    for (uint64_t i = 0; i < 10; ++i) {
      all.push_back(AnyResult(1, 3, i));
      all.push_back(AnyResult(1, 4, i));
      all.push_back(AnyResult(2, 3, i));
    }
    for (uint64_t i = 0; i < 5; ++i) all.push_back(AnyResult(2, 0, i));
    for (Result& result : all) result.uses = 0;
    Put(all);
    all[0].uses = 7;  // it is there, and was given again
    Put({all[0]});
  }

  std::vector<CachedModel> List() {
    const auto models = ListCachedModels(store_.get());
    EXPECT_TRUE(models.ok()) << models.status();
    return models.ok() ? *models : std::vector<CachedModel>();
  }

  int64_t Results() {
    int64_t results = 0;
    for (const CachedModel& model : List()) results += model.results;
    return results;
  }

  int64_t Prune(const CachePruneOptions& options) {
    const auto pruned = PruneCache(store_.get(), options, nullptr);
    EXPECT_TRUE(pruned.ok()) << pruned.status();
    return pruned.ok() ? pruned->results : -1;
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_F(CacheReportTest, AnEmptyCacheHasNoModels) {
  EXPECT_THAT(List(), IsEmpty());
  EXPECT_EQ(Prune({}), 0);
}

TEST_F(CacheReportTest, EachModelIsAddedUp) {
  PutSome();
  const auto models = List();
  ASSERT_THAT(models, SizeIs(2));
  EXPECT_EQ(models[0].digest, Model(1));
  EXPECT_EQ(models[0].results, 20);
  EXPECT_EQ(models[0].imported, 0);
  EXPECT_EQ(models[0].streams, 2);
  EXPECT_EQ(models[0].uses, 7);
  EXPECT_EQ(models[0].saved_ns, 7 * 5'000'000);
  EXPECT_EQ(models[1].results, 15);
  EXPECT_EQ(models[1].imported, 5);
  EXPECT_EQ(models[1].streams, 1);
  uint64_t bytes = 0;
  ASSERT_TRUE(store_->chunks()
                  ->Scan(Family::kRes, "", "",
                         [&](std::string_view key, std::string_view value) {
                           bytes += key.size() + value.size();
                           return true;
                         })
                  .ok());
  EXPECT_EQ(models[0].bytes + models[1].bytes, bytes);
}

TEST_F(CacheReportTest, PruningTakesWhatIsChosenAndNoMore) {
  PutSome();
  CachePruneOptions options;
  options.dry_run = true;
  EXPECT_EQ(Prune(options), 35);
  EXPECT_EQ(Results(), 35);
  options.dry_run = false;
  options.model = Model(2);
  options.stream = 0;
  EXPECT_EQ(Prune(options), 5);
  options.stream.reset();
  options.before_ns = 3 * 40'000'000;
  EXPECT_EQ(Prune(options), 3);
  options.model.reset();
  options.before_ns.reset();
  options.stream = 3;
  options.unused = true;
  EXPECT_EQ(Prune(options), 9 + 7);
  EXPECT_EQ(Results(), 11);
  EXPECT_EQ(Prune({}), 11);
  EXPECT_THAT(List(), IsEmpty());
}

// More than one commit takes.
TEST_F(CacheReportTest, ManyArePrunedWhole) {
  std::vector<Result> all;
  for (uint64_t i = 0; i < 9000; ++i) all.push_back(AnyResult(1, 3, i));
  for (Result& result : all) result.uses = 0;
  Put(all);
  CachePruneOptions options;
  options.dry_run = true;
  EXPECT_EQ(Prune(options), 9000);
  EXPECT_EQ(Results(), 9000);
  EXPECT_EQ(Prune({}), 9000);
  EXPECT_THAT(List(), IsEmpty());
}

TEST_F(CacheReportTest, APruneThatIsStoppedSaysSo) {
  PutSome();
  const std::atomic<bool> stop = true;
  const auto pruned = PruneCache(store_.get(), CachePruneOptions(), &stop);
  EXPECT_TRUE(absl::IsCancelled(pruned.status())) << pruned.status();
  EXPECT_EQ(Results(), 35);
}

TEST_F(CacheReportTest, ADamagedRowStopsBothAndIsNamed) {
  PutSome();
  CommitBatch batch;
  const std::string key =
      ResultKey({.model = Model(1), .stream = 3, .index = 4});
  batch.PutRow(Family::kRes, key, "\x01");
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  EXPECT_TRUE(absl::IsDataLoss(ListCachedModels(store_.get()).status()));
  const absl::Status error =
      PruneCache(store_.get(), CachePruneOptions(), nullptr).status();
  EXPECT_TRUE(absl::IsDataLoss(error)) << error;
  EXPECT_THAT(std::string(error.message()), HasSubstr("result"));
}

class ExplainCacheTest : public CacheReportTest {
 protected:
  void SetUp() override {
    CacheReportTest::SetUp();
    WriteScene(dir_.File("cam.y4m"), 30, [](int i) {
      return i < 20 ? DrawSmallFrame(96, 64, 3)
                    : DrawNoise(96, 64, static_cast<uint32_t>(i));
    });
    IngestOptions ingest;
    ingest.motion = false;
    NoteKeeper notes;
    ASSERT_TRUE(
        store_->Ingest(dir_.File("cam.y4m"), ingest, &notes, nullptr).ok());
  }

  // The model has looked at the still part.
  void Answer() {
    Reuse::Options options;
    options.reuse.max_error = 0;
    auto reuse =
        Reuse::Open(store_.get(), "cam", ProgramDescription(1), options);
    ASSERT_TRUE(reuse.ok()) << reuse.status();
    const auto read = store_->ReadFrames(
        "cam", FrameSelection{}, [&](const ReadFrame& shown) {
          const auto answered = (*reuse)->GetOrCompute(
              shown.index, shown.frame, [](const Frame&) { return OneBox(); });
          EXPECT_TRUE(answered.ok()) << answered.status();
          return shown.index < 9;
        });
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_TRUE((*reuse)->Commit().ok());
  }

  std::string Why(uint64_t index, int model = 1) {
    const auto why =
        ExplainCache(store_.get(), "cam", index, ProgramDescription(model));
    EXPECT_TRUE(why.ok()) << why.status();
    return why.ok() ? *why : "";
  }

  static constexpr uint64_t kStill = 12, kOdd = 25;
};

TEST_F(ExplainCacheTest, SaysWhoseAnswerIsGivenAndWhyNoneIs) {
  EXPECT_THAT(Why(kStill), StartsWith("none: nothing is cached"));
  Answer();
  EXPECT_THAT(Why(kStill), StartsWith("the answer of "));
  EXPECT_THAT(Why(kOdd), StartsWith("none: the nearest of "));
  EXPECT_THAT(Why(kStill, 2), StartsWith("none: nothing is cached"));
}

TEST_F(ExplainCacheTest, FramesAndStreamsThatAreNotThereAreNamed) {
  const auto why = [&](const std::string& stream, uint64_t index) {
    return ExplainCache(store_.get(), stream, index, ProgramDescription(1))
        .status();
  };
  EXPECT_TRUE(absl::IsNotFound(why("cma", 0)));
  EXPECT_TRUE(absl::IsNotFound(why("cam", 30)));
  EXPECT_THAT(why("cam", 30).ToString(), HasSubstr("0 to 29"));
}

}  // namespace
}  // namespace fovea::testing
