// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decisions come back in order and to the bit, whenever rows were put and
// whoever put them before.

#include "api/decision_book.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "store/row_limits.h"
#include "tests/api/any_result.h"
#include "tests/support/memory_store.h"

namespace fovea::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr StreamId kStream = 3;

class DecisionBookTest : public ::testing::Test {
 protected:
  void Add(uint64_t first, uint64_t end, uint64_t step = 1, int model = 1) {
    for (uint64_t i = first; i < end; i += step) {
      ASSERT_TRUE(book_->Add(AnyDecision(model, i)).ok());
    }
  }

  CommitBatch Batch() {
    CommitBatch batch;
    const absl::Status status = book_->Put(&batch);
    EXPECT_TRUE(status.ok()) << status;
    return batch;
  }

  void Commit(CommitBatch batch) {
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  }
  void Commit() { Commit(Batch()); }

  void NextBook() { book_.emplace(&store_, kStream); }

  std::vector<DecidedInput> Read(DecisionQuery query = {.stream = kStream}) {
    std::vector<DecidedInput> all;
    const absl::Status status =
        ReadDecisions(&store_, query, [&](const DecidedInput& input) {
          all.push_back(input);
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return all;
  }

  std::vector<uint64_t> Indexes(DecisionQuery query = {.stream = kStream}) {
    std::vector<uint64_t> indexes;
    for (const DecidedInput& input : Read(query)) {
      indexes.push_back(input.index);
    }
    return indexes;
  }

  // First indexes of rows, and how many decisions each has.
  std::map<uint64_t, size_t> Rows() {
    std::map<uint64_t, size_t> rows;
    const auto visit = [&](std::string_view key, std::string_view value) {
      const auto parts = ParseDecisionKey(key);
      const auto row = DecodeDecisionRow(*parts, value);
      EXPECT_TRUE(row.ok()) << row.status();
      rows[parts->index] = row->entries.size();
      return true;
    };
    EXPECT_TRUE(store_.Scan(Family::kDec, "", "", visit).ok());
    return rows;
  }

  uint64_t EpochAt(uint64_t index) {
    return *store_.EpochFor(Family::kDec,
                            DecisionKey({kStream, Model(1), 0, index, 0}));
  }

  MemoryStore store_;
  std::optional<DecisionBook> book_{std::in_place, &store_, kStream};
};

TEST_F(DecisionBookTest, RowsGrowUntilTheyAreFull) {
  for (uint64_t i = 0; i < 1100; i += 60) {
    Add(i, std::min<uint64_t>(i + 60, 1100));
    Commit();
  }
  EXPECT_EQ(Rows(),
            (std::map<uint64_t, size_t>{{0, 512}, {512, 512}, {1024, 76}}));
  const std::vector<DecidedInput> all = Read();
  ASSERT_EQ(all.size(), 1100u);
  for (uint64_t i = 0; i < 1100; ++i) EXPECT_EQ(all[i], AnyDecision(1, i));
}

TEST_F(DecisionBookTest, AGrownRowKeepsItsEpochAndTheNextBookGoesOnInIt) {
  Add(0, 10);
  Commit();
  const uint64_t epoch = EpochAt(0);
  Add(10, 20);
  Commit();
  NextBook();
  Add(20, 30);
  Commit();
  EXPECT_EQ(Rows(), (std::map<uint64_t, size_t>{{0, 30}}));
  EXPECT_EQ(EpochAt(0), epoch);
  EXPECT_TRUE(Batch().empty()) << "nothing was added since";
}

TEST_F(DecisionBookTest, BatchesNeedNotBeCommittedAtOnce) {
  Add(0, 500);
  CommitBatch first = Batch();
  Add(500, 600);
  CommitBatch second = Batch();
  Commit(std::move(first));
  Commit(std::move(second));
  EXPECT_EQ(Rows(), (std::map<uint64_t, size_t>{{0, 512}, {512, 88}}));
  EXPECT_EQ(Indexes().size(), 600u);
}

TEST_F(DecisionBookTest, IndexesHaveToRise) {
  Add(5, 6);
  EXPECT_THAT(
      book_->Add(AnyDecision(1, 5)).ToString(),
      HasSubstr("a decision about 5 region 0 comes behind one about 5"));
  DecidedInput region = AnyDecision(1, 5);
  region.region = 1;
  EXPECT_TRUE(book_->Add(region).ok());
  EXPECT_TRUE(book_->Add(AnyDecision(2, 1)).ok()) << "of another model";
  Commit();
  EXPECT_TRUE(absl::IsInvalidArgument(book_->Add(AnyDecision(1, 5))));
  EXPECT_EQ(Read().size(), 3u);
}

TEST_F(DecisionBookTest, NewDecisionsTakeThePlaceOfOldOnes) {
  Add(0, 100);
  Add(200, 300);
  Commit();
  const uint64_t epoch = EpochAt(0);
  NextBook();
  for (uint64_t i = 90; i < 250; i += 2) {
    DecidedInput input = AnyDecision(1, i);
    input.decision.kind = DecisionKind::kReuse;
    ASSERT_TRUE(book_->Add(input).ok());
    if (i % 20 == 0) Commit();
  }
  Commit();
  const std::vector<DecidedInput> all = Read();
  EXPECT_EQ(all.size(), 250u);
  for (const DecidedInput& input : all) {
    const bool again =
        input.index >= 90 && input.index < 250 && input.index % 2 == 0;
    EXPECT_EQ(input.decision.kind == DecisionKind::kReuse, again)
        << input.index;
  }
  EXPECT_GT(EpochAt(0), epoch) << "something was taken back";
}

TEST_F(DecisionBookTest, RangesAndModelsAreFound) {
  Add(0, 1000, 10);
  Add(5, 50, 10, 2);
  Commit();
  EXPECT_EQ(Indexes().size(), 105u);
  EXPECT_THAT(Indexes({kStream, Model(1), 100, 121}),
              ElementsAre(100, 110, 120));
  EXPECT_THAT(Indexes({kStream, std::nullopt, 20, 26}), ElementsAre(20, 25));
  EXPECT_THAT(Indexes({kStream, Model(3)}), IsEmpty());
  EXPECT_THAT(Indexes({kStream, Model(2), 46}), IsEmpty());
  EXPECT_THAT(Indexes({kStream + 1}), IsEmpty());
  int visited = 0;
  ASSERT_TRUE(
      ReadDecisions(&store_, {.stream = kStream}, [&](const DecidedInput&) {
        return ++visited < 3;
      }).ok());
  EXPECT_EQ(visited, 3);
}

// Against a map: books of one stream that come and go, batches committed late.
TEST_F(DecisionBookTest, RandomBooksGiveWhatAMapGives) {
  const uint32_t seed = 61;
  SCOPED_TRACE(seed);
  std::mt19937 chance(seed);
  std::map<uint64_t, DecidedInput> truth;
  for (int book = 0; book < 40; ++book) {
    NextBook();
    uint64_t index = chance() % 3000;
    std::vector<CommitBatch> waiting;
    for (auto puts = 1 + chance() % 6; puts > 0; --puts) {
      const uint64_t step = 1 + chance() % 3;
      for (auto i = chance() % 300; i > 0; --i) {
        DecidedInput input = AnyDecision(1, index);
        input.decision.threshold_version = static_cast<uint32_t>(book);
        ASSERT_TRUE(book_->Add(input).ok());
        truth[index] = input;
        index += step;
      }
      index += chance() % 2 * 400;
      waiting.push_back(Batch());
      if (chance() % 2 == 0) continue;
      for (CommitBatch& batch : waiting) Commit(std::move(batch));
      waiting.clear();
    }
    for (CommitBatch& batch : waiting) Commit(std::move(batch));
    const std::vector<DecidedInput> all = Read();
    ASSERT_EQ(all.size(), truth.size()) << book;
    auto wanted = truth.begin();
    for (const DecidedInput& input : all) {
      ASSERT_EQ(input, (wanted++)->second) << book;
    }
  }
}

TEST_F(DecisionBookTest, DamageAndNewerKindsAreNamed) {
  DecisionEntry newer;
  newer.kind = 15;
  CommitBatch batch;
  batch.PutRow(Family::kDec, DecisionKey({kStream, Model(1)}),
               EncodeDecisionRow({1, {newer}}));
  Commit(std::move(batch));
  const auto visit = [](const DecidedInput&) { return true; };
  EXPECT_THAT(ReadDecisions(&store_, {.stream = kStream}, visit).ToString(),
              HasSubstr("decision about 0 of kind 15 and cause 0 was written "
                        "by a newer release"));
  batch = CommitBatch();
  batch.PutRow(Family::kDec, DecisionKey({kStream, Model(1)}), "\1x");
  Commit(std::move(batch));
  const absl::Status status =
      ReadDecisions(&store_, {.stream = kStream}, visit);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(status.ToString(),
              HasSubstr("decisions about stream 3 from 0 on: decision row"));
  Add(5, 6);
  EXPECT_TRUE(absl::IsDataLoss(book_->Put(&batch)));
}

}  // namespace
}  // namespace fovea::testing
