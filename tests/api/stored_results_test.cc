// SPDX-License-Identifier: GPL-2.0-or-later
//
// Results come back as they were put, in the order in which they are wanted.

#include "api/stored_results.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "filter/result_cache.h"
#include "store/result_rows.h"
#include "store/row_limits.h"
#include "tests/api/any_result.h"
#include "tests/support/memory_store.h"

namespace fovea::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Places = std::vector<std::pair<uint64_t, uint64_t>>;

bool Equal(const Result& a, const Result& b) {
  return KeyOf(a) == KeyOf(b) && *RowOf(a) == *RowOf(b);
}

class StoredResultsTest : public ::testing::Test {
 protected:
  void Put(const Result& result) { ASSERT_TRUE(results_.Put(result).ok()); }
  void PutUses(const Result& result) {
    ASSERT_TRUE(results_.PutUses(result).ok());
  }

  void Commit() {
    CommitBatch batch;
    ASSERT_TRUE(results_.MoveTo(&batch).ok());
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  }

  std::vector<Result> Load(uint64_t stream, size_t most = 1000,
                           InputKind kind = InputKind::kFrame) {
    std::vector<Result> all;
    const absl::Status status =
        results_.Load(Model(1), kind, stream, [&](Result result) {
          all.push_back(std::move(result));
          return all.size() < most;
        });
    EXPECT_TRUE(status.ok()) << status;
    return all;
  }

  Places LoadPlaces(uint64_t stream, size_t most = 1000) {
    Places places;
    for (const Result& result : Load(stream, most)) {
      places.emplace_back(result.stream, result.index);
    }
    return places;
  }

  MemoryStore store_;
  StoredResults results_{&store_};
};

TEST_F(StoredResultsTest, ComeBackAsTheyWere) {
  Result result = AnyResult(1, 3, 7);
  result.region = 5;
  result.uses = 0;
  Put(result);
  EXPECT_THAT(Load(3), IsEmpty()) << "only noted";
  Commit();
  const std::vector<Result> loaded = Load(3);
  ASSERT_EQ(loaded.size(), 1u);
  EXPECT_TRUE(Equal(loaded[0], result));
}

TEST_F(StoredResultsTest, OwnOnesComeFirstThenThoseOfOtherStoresThenTheRest) {
  for (const uint64_t stream : {9, 3, 1, 0}) {
    for (const uint64_t index : {300, 2}) Put(AnyResult(1, stream, index));
  }
  Put(AnyResult(2, 3, 4));
  Commit();
  EXPECT_THAT(LoadPlaces(3),
              ElementsAre(Pair(3, 2), Pair(3, 300), Pair(0, 2), Pair(0, 300),
                          Pair(1, 2), Pair(1, 300), Pair(9, 2), Pair(9, 300)));
  EXPECT_THAT(LoadPlaces(1, 3),
              ElementsAre(Pair(1, 2), Pair(1, 300), Pair(0, 2)));
  EXPECT_EQ(LoadPlaces(0).size(), 8u);
  EXPECT_THAT(LoadPlaces(0, 1), ElementsAre(Pair(0, 2)));
  EXPECT_EQ(LoadPlaces(77).size(), 8u) << "one without results of its own";
}

TEST_F(StoredResultsTest, KindsOfInputDoNotMix) {
  Result window = AnyResult(1, 3, 7);
  window.kind = InputKind::kWindow;
  Put(window);
  Put(AnyResult(1, 3, 7));
  Commit();
  EXPECT_EQ(Load(3).size(), 1u);
  ASSERT_EQ(Load(3, 9, InputKind::kWindow).size(), 1u);
  EXPECT_EQ(Load(3, 9, InputKind::kWindow)[0].kind, InputKind::kWindow);
  EXPECT_THAT(Load(3, 9, InputKind::kRegion), IsEmpty());
}

TEST_F(StoredResultsTest, TheLastCallAboutAnInputCounts) {
  Result result = AnyResult(1, 3, 7);
  Put(result);
  result.uses = 4;  // before it was ever committed
  PutUses(result);
  Put(AnyResult(1, 3, 8));
  ASSERT_TRUE(results_.Erase(AnyResult(1, 3, 8)).ok());
  Commit();
  ASSERT_THAT(LoadPlaces(3), ElementsAre(Pair(3, 7)));
  EXPECT_EQ(Load(3)[0].uses, 4u);
  const std::string key = ResultKey(KeyOf(result));
  const uint64_t epoch = *store_.EpochFor(Family::kRes, key);
  result.uses = 5;
  PutUses(result);
  Commit();
  EXPECT_EQ(Load(3)[0].uses, 5u);
  EXPECT_EQ(*store_.EpochFor(Family::kRes, key), epoch);
  ASSERT_TRUE(results_.Erase(result).ok());
  Commit();
  EXPECT_THAT(Load(3), IsEmpty());
}

TEST_F(StoredResultsTest, WhatWentWithItsFootageDoesNotComeBackByBeingUsed) {
  Result result = AnyResult(1, 3, 7);
  Put(result);
  Commit();
  result.uses = 1;
  PutUses(result);
  CommitBatch removal;
  removal.DeleteRow(Family::kRes, ResultKey(KeyOf(result)));
  ASSERT_TRUE(store_.Commit(std::move(removal)).ok());
  Commit();
  EXPECT_THAT(Load(3), IsEmpty());
}

// A run that says the same of an equal picture takes the place of the result
// before, and its uses: it is new all the same.
TEST_F(StoredResultsTest, WhatInheritsUsesIsStored) {
  ResultCache cache(Model(1), InputKind::kFrame, ResultCacheOptions(),
                    &results_);
  Result result = AnyResult(1, 3, 7);
  ASSERT_TRUE(cache.Put(result).ok());
  Commit();
  cache.CountUse(InputKeyOf(result));
  ASSERT_TRUE(cache.WriteUses().ok());
  Commit();
  EXPECT_EQ(Load(3)[0].uses, 1u);
  result.index = 8;
  ASSERT_TRUE(cache.Put(result).ok());
  Commit();
  ASSERT_THAT(LoadPlaces(3), ElementsAre(Pair(3, 8)));
  EXPECT_EQ(Load(3)[0].uses, 1u);
}

TEST_F(StoredResultsTest, CarriedOverIsWhatNoRunHasSaidSince) {
  Result result = AnyResult(1, 3, 7);
  const std::string key = ResultKey(KeyOf(result));
  ResultRow old = *RowOf(result);
  old.carried = CarriedOver{Model(2), 0.04, 0.95};
  CommitBatch batch;
  batch.PutRow(Family::kRes, key, EncodeResultRow(old));
  ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  const auto is_carried = [&] {
    return DecodeResultRow(*store_.Get(Family::kRes, key))->carried.has_value();
  };
  result.uses = 1;
  PutUses(result);
  Commit();
  EXPECT_TRUE(is_carried());
  Put(result);
  Commit();
  EXPECT_FALSE(is_carried());
}

TEST_F(StoredResultsTest, WhatIsBeyondTheLimitsIsRefused) {
  Result result = AnyResult(1, 3, 7);
  result.answer.assign(kRowLimits.max_answer_bytes + 1, 'a');
  EXPECT_TRUE(absl::IsInvalidArgument(results_.Put(result)));
  result = AnyResult(1, 3, 7);
  result.features.cells.pop_back();
  EXPECT_TRUE(absl::IsInvalidArgument(results_.Put(result)));
  CommitBatch batch;
  ASSERT_TRUE(results_.MoveTo(&batch).ok());
  EXPECT_TRUE(batch.empty());
}

TEST_F(StoredResultsTest, OtherFingerprintsArePassedOverAndDamageIsNamed) {
  Put(AnyResult(1, 3, 7));
  Commit();
  ResultRow other = *RowOf(AnyResult(1, 3, 8));
  other.fingerprint_version = kFingerprintVersion + 1;
  CommitBatch batch;
  batch.PutRow(Family::kRes, ResultKey(KeyOf(AnyResult(1, 3, 8))),
               EncodeResultRow(other));
  ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  EXPECT_THAT(LoadPlaces(3), ElementsAre(Pair(3, 7)));
  batch = CommitBatch();
  batch.PutRow(Family::kRes, ResultKey(KeyOf(AnyResult(1, 3, 9))), "\1short");
  ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  const absl::Status status = results_.Load(Model(1), InputKind::kFrame, 3,
                                            [](Result) { return true; });
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(status.ToString(),
              HasSubstr("result of model 01010101... about stream 3 at 9: "
                        "result row: needs"));
}

}  // namespace
}  // namespace fovea::testing
