// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether they lie in packs, alone or both, observations are found by label
// and time, in their order, page by page, and none is lost when they are put.

#include "index/observation_reader.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/observations.h"
#include "index/span_mark.h"
#include "tests/index/any_observation.h"
#include "tests/support/memory_store.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kFrameNs;
using testing::MovingThing;
using testing::ObservationDice;

constexpr StreamId kStream = 7;
constexpr uint64_t kHourFrames = 90'000;
constexpr int64_t kHour = int64_t{kHourFrames} * kFrameNs;

// A store that counts the rows it gives.
class CountingStore : public testing::MemoryStore {
 public:
  absl::Status Scan(Family family, std::string_view begin, std::string_view end,
                    const Visitor& visit) override {
    return MemoryStore::Scan(family, begin, end,
                             [&](std::string_view key, std::string_view value) {
                               ++rows;
                               return visit(key, value);
                             });
  }
  int rows = 0;
};

class ObservationReaderTest : public ::testing::Test {
 protected:
  void Put(const Observation& o) {
    CommitBatch batch;
    const absl::Status status = Observations(store_.get()).Put(o, &batch);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
    stored_[KeyOf(o)] = o;
  }

  void PutAll(const std::vector<Observation>& all) {
    CommitBatch batch;
    const absl::Status status = Observations(store_.get()).PutAll(all, &batch);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
    for (const Observation& o : all) stored_[KeyOf(o)] = o;
  }

  std::vector<Observation> Visited(const ObservationSelection& selection) {
    std::vector<Observation> visited;
    const absl::Status status =
        VisitObservations(store_.get(), selection, [&](const Observation& o) {
          visited.push_back(o);
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return visited;
  }

  std::vector<Observation> Listed(const ObservationSelection& selection,
                                  size_t limit) {
    std::vector<Observation> listed;
    std::string cursor;
    do {
      auto page = ListObservations(store_.get(), selection, limit, cursor);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->observations.size(), limit);
      std::ranges::move(page->observations, std::back_inserter(listed));
      cursor = page->next;
    } while (!cursor.empty());
    return listed;
  }

  std::vector<Observation> Expected(const ObservationSelection& selection) {
    std::vector<Observation> expected;
    for (const auto& [key, o] : stored_) {
      if (o.stream == selection.stream &&
          (selection.label.empty() || o.label == selection.label) &&
          o.start_ns < selection.to_ns && o.end_ns >= selection.from_ns) {
        expected.push_back(o);
      }
    }
    return expected;
  }

  size_t Rows() {
    size_t rows = 0;
    EXPECT_TRUE(store_
                    ->Scan(Family::kSem, "", "",
                           [&](std::string_view key, std::string_view) {
                             rows += ParseObservationKey(key)->start_ns !=
                                     kMarkStart;
                             return true;
                           })
                    .ok());
    return rows;
  }

  std::unique_ptr<CountingStore> store_ = std::make_unique<CountingStore>();
  std::map<std::string, Observation> stored_;
};

// A thing seen each `every` frames, for 50.
std::vector<Observation> Things(const std::string& label, uint64_t count,
                                uint64_t every, uint64_t first_track = 0) {
  std::vector<Observation> things;
  for (uint64_t i = 0; i < count; ++i) {
    things.push_back(MovingThing(kStream, label, first_track + i, every * i,
                                 every * i + 50));
  }
  return things;
}

TEST_F(ObservationReaderTest, ManyLieInFewRows) {
  PutAll(Things("car", 600, 100));
  EXPECT_EQ(Rows(), 3u);
  EXPECT_EQ(Visited({kStream}), Expected({kStream}));
}

TEST_F(ObservationReaderTest, APackEndsAfterADay) {
  PutAll(Things("car", 49, kHourFrames));  // 24 hours and the first of the next
  EXPECT_EQ(Rows(), 2u);
  EXPECT_EQ(Visited({kStream}), Expected({kStream}));
}

TEST_F(ObservationReaderTest, ModelsStreamsAndLabelsLieApart) {
  std::vector<Observation> all = Things("car", 10, 100);
  for (Observation o : Things("car", 10, 100, 100)) {
    o.model.fill(8);
    all.push_back(o);
  }
  std::ranges::move(Things("dog", 10, 100), std::back_inserter(all));
  for (Observation o : Things("dog", 10, 100)) {
    o.stream = kStream + 1;
    all.push_back(o);
  }
  PutAll(all);
  EXPECT_EQ(Rows(), 4u);
  EXPECT_EQ(Visited({kStream}), Expected({kStream}));
  EXPECT_EQ(Visited({kStream + 1}), Expected({kStream + 1}));
  EXPECT_THAT(*ListLabels(store_.get(), kStream),
              ElementsAre(LabelCount{"car", 20}, LabelCount{"dog", 10}));
  EXPECT_THAT(*ListLabels(store_.get()),
              ElementsAre(LabelCount{"car", 20}, LabelCount{"dog", 20}));
  EXPECT_EQ(*CountObservations(store_.get(), {kStream, "dog"}), 10);
}

TEST_F(ObservationReaderTest, AnyMixtureIsListedInOrderByAnyPage) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    store_ = std::make_unique<CountingStore>();
    stored_.clear();
    ObservationDice dice(seed);
    uint64_t track = 0;
    for (int commit = 0; commit < 12; ++commit) {
      std::vector<Observation> some;
      for (uint64_t n = 1 + dice.Below(40); n > 0; --n) {
        const uint64_t first = dice.Below(30 * kHourFrames);
        some.push_back(MovingThing(kStream, std::string(1 + dice.Below(2), 'a'),
                                   ++track, first, first + dice.Below(300)));
        some.back().model.fill(static_cast<uint8_t>(dice.Below(2)));
      }
      if (dice.Below(3) == 0) {
        for (const Observation& o : some) Put(o);
      } else {
        PutAll(some);
      }
    }
    for (int round = 0; round < 10; ++round) {
      ObservationSelection selection{kStream};
      if (round % 3 == 1) selection.label = "aa";
      if (round % 2 == 1) {
        selection.from_ns =
            static_cast<int64_t>(dice.Below(30 * kHourFrames)) * kFrameNs;
        selection.to_ns =
            selection.from_ns + static_cast<int64_t>(dice.Below(kHour));
      }
      const std::vector<Observation> expected = Expected(selection);
      ASSERT_TRUE(Visited(selection) == expected);
      ASSERT_TRUE(Listed(selection, 1 + dice.Below(50)) == expected);
      ASSERT_EQ(*CountObservations(store_.get(), selection),
                static_cast<int64_t>(expected.size()));
    }
  }
}

TEST_F(ObservationReaderTest, AVisitEndsWhereItIsToldTo) {
  PutAll(Things("car", 10, 100));
  int visited = 0;
  ASSERT_TRUE(
      VisitObservations(store_.get(), {kStream}, [&](const Observation&) {
        return ++visited < 3;
      }).ok());
  EXPECT_EQ(visited, 3);
}

TEST_F(ObservationReaderTest, ASnapshotIsReadLikeItsStore) {
  PutAll(Things("car", 10, 100));
  const auto snapshot = store_->TakeSnapshot(1);
  ASSERT_TRUE(snapshot.ok());
  CommitBatch batch;
  ASSERT_TRUE(Observations(store_.get()).RemoveAll(kStream, &batch).ok());
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  EXPECT_EQ(*CountObservations(snapshot->get(), {kStream}), 10);
  EXPECT_EQ(*CountObservations(store_.get(), {kStream}), 0);
}

TEST_F(ObservationReaderTest, OnlyLabelsWithPacksAreReadFarBack) {
  for (const Observation& o : Things("alone", 240, kHourFrames / 10)) Put(o);
  PutAll(Things("packed", 240, kHourFrames / 10));
  const auto rows_read = [&](const std::string& label) {
    store_->rows = 0;
    EXPECT_THAT(
        Visited({kStream, label, 20 * kHour, 20 * kHour + 1}),
        ElementsAre(Expected({kStream, label, 20 * kHour, 20 * kHour + 1})[0]));
    return store_->rows;
  };
  EXPECT_LE(rows_read("alone"), 14) << "an hour of them";
  EXPECT_LE(rows_read("packed"), 4) << "its mark, and its one row";
}

TEST_F(ObservationReaderTest, MarksSayHowFarBackPacksReach) {
  PutAll(Things("car", 3, kHourFrames / 4));  // half an hour
  EXPECT_TRUE(
      store_->Get(Family::kSem, SpanMarkKey(kStream, "car", MarkedSpan(kHour)))
          .ok());
  PutAll(Things("car", 3, kHourFrames * 2, 10));
  EXPECT_TRUE(store_
                  ->Get(Family::kSem,
                        SpanMarkKey(kStream, "car", MarkedSpan(4 * kHour)))
                  .ok());
  EXPECT_EQ(Visited({kStream, "car", 4 * kHour, INT64_MAX}).size(), 1u);
}

// --- where a row stands already -----------------------------------------

TEST_F(ObservationReaderTest, WhatStandsUnderAPacksKeyIsTakenOver) {
  const std::vector<Observation> first = Things("car", 100, 1000);
  PutAll(first);
  // Begins with the same one, and would come to stand in its row.
  std::vector<Observation> second = {first[0]};
  for (const Observation& o : Things("car", 50, 777, 1000)) {
    second.push_back(o);
  }
  second[0].boxes[3].score = 9;
  PutAll(second);
  EXPECT_EQ(Visited({kStream}), Expected({kStream}));
  EXPECT_EQ(Expected({kStream}).size(), 150u);
}

TEST_F(ObservationReaderTest, WhatOfAnotherModelStandsThereIsTakenOverToo) {
  const std::vector<Observation> first = Things("car", 100, 1000);
  PutAll(first);
  std::vector<Observation> second = {first[0]};
  for (const Observation& o : Things("car", 50, 777, 1000)) {
    second.push_back(o);
  }
  for (Observation& o : second) o.model.fill(9);
  PutAll(second);
  EXPECT_EQ(Visited({kStream}), Expected({kStream}));
}

TEST_F(ObservationReaderTest, OneThatGrowsInAPackLeavesTheOthersThere) {
  const std::vector<Observation> pack = Things("car", 100, 1000);
  PutAll(pack);
  Observation grown = MovingThing(kStream, "car", 0, 0, 400);  // the first
  Put(grown);
  grown = MovingThing(kStream, "car", 20, 20'000, 20'400);
  Put(grown);
  EXPECT_EQ(Visited({kStream}), Expected({kStream}));
  EXPECT_EQ(Listed({kStream}, 1), Expected({kStream}));
  EXPECT_EQ(*CountObservations(store_.get(), {kStream}), 100);
}

TEST_F(ObservationReaderTest, TakenOverOnesMayFillSeveralRows) {
  PutAll(Things("car", 256, 1000));
  std::vector<Observation> second = Things("car", 256, 1001, 5000);
  second[0].track = 0;  // as the first of those
  PutAll(second);
  EXPECT_EQ(Visited({kStream}), Expected({kStream}));
  EXPECT_EQ(Rows(), 2u);
}

TEST_F(ObservationReaderTest, OneModelsAnswersGoAlone) {
  std::vector<Observation> all = Things("car", 10, 100);
  for (Observation o : Things("car", 10, 100, 100)) {
    o.model.fill(8);
    all.push_back(o);
  }
  for (const Observation& o : Things("dog", 5, 100)) all.push_back(o);
  PutAll(all);
  CommitBatch batch;
  EXPECT_EQ(*Observations(store_.get())
                 .RemoveModel(kStream, "car", all[0].model, &batch),
            10);
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  for (const Observation& o : Visited({kStream, "car"})) {
    EXPECT_EQ(o.model[0], 8);
  }
  EXPECT_EQ(*CountObservations(store_.get(), {kStream}), 15);
  batch = {};
  EXPECT_EQ(*Observations(store_.get())
                 .RemoveModel(kStream, "", all[0].model, &batch),
            5);
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  EXPECT_THAT(Visited({kStream, "dog"}), IsEmpty());
}

// --- cuts ---------------------------------------------------------------

TEST_F(ObservationReaderTest, CutsGoThroughPacks) {
  PutAll(Things("car", 200, 100));
  const IndexSpan span = {5020, 7030, 5020 * kFrameNs, 7030 * kFrameNs};
  CommitBatch batch;
  const auto cuts = Observations(store_.get()).Cut(kStream, {&span, 1}, &batch);
  ASSERT_TRUE(cuts.ok()) << cuts.status();
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  EXPECT_EQ(cuts->removed, 19);  // from 5100 to 6900
  EXPECT_EQ(cuts->trimmed, 2);   // that of 5000 and that of 7000
  const auto left = Visited({kStream});
  ASSERT_EQ(left.size(), 181u);
  EXPECT_EQ(left[50].last_index, 5019u);
  EXPECT_EQ(left[51].first_index, 7030u);
  EXPECT_TRUE(left[52] == stored_[KeyOf(left[52])]);
  EXPECT_THAT(Visited({kStream, "", span.start_ns, span.end_ns}), IsEmpty());
}

TEST_F(ObservationReaderTest, NothingNamesALabelThatWasCutOutWhole) {
  PutAll(Things("kept", 20, 200));
  PutAll(Things("secret", 20, 100));  // to frame 1950
  const IndexSpan span = {0, 2000, 0, 2000 * kFrameNs};
  CommitBatch batch;
  ASSERT_TRUE(Observations(store_.get()).Cut(kStream, {&span, 1}, &batch).ok());
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  ASSERT_TRUE(store_
                  ->Scan(Family::kSem, "", "",
                         [&](std::string_view key, std::string_view) {
                           EXPECT_EQ(ParseObservationKey(key)->label, "kept");
                           return true;
                         })
                  .ok());
  EXPECT_EQ(Visited({kStream}).size(), 10u);
  batch = {};
  ASSERT_TRUE(Observations(store_.get()).RemoveAll(kStream, &batch).ok());
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  store_->rows = 0;
  EXPECT_THAT(*ListLabels(store_.get()), IsEmpty());
  EXPECT_EQ(store_->rows, 0);
}

TEST_F(ObservationReaderTest, ABeginningGoesAndWhatIsLaterIsNotRead) {
  PutAll(Things("car", 2000, kHourFrames / 10));  // 200 hours
  for (const Observation& o : Things("dog", 2000, kHourFrames / 10)) Put(o);
  const uint64_t end = 100 * kHourFrames + 20;
  const IndexSpan span = {0, end, 0, static_cast<int64_t>(end) * kFrameNs};
  store_->rows = 0;
  int calls = 0;
  for (bool whole = false; !whole; ++calls) {
    CommitBatch batch;
    const auto cut =
        Observations(store_.get())
            .CutBeginning(kStream, span, /*most_rows=*/400, &batch);
    ASSERT_TRUE(cut.ok()) << cut.status();
    whole = *cut;
    ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  }
  EXPECT_EQ(calls, 3);
  EXPECT_LE(store_->rows, 1050) << "half of the single ones";
  for (const char* label : {"car", "dog"}) {
    const auto left = Visited({kStream, label});
    ASSERT_EQ(left.size(), 1000u) << label;
    EXPECT_EQ(left[0].first_index, end) << "half of it was before";
    EXPECT_EQ(left[0].last_index, end + 30);
  }
}

}  // namespace
}  // namespace fovea
