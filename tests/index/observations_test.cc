// SPDX-License-Identifier: GPL-2.0-or-later
//
// Observations are found by label and time, page by page, and go with the
// frames they were made on.

#include "index/observations.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/observation_pack.h"
#include "index/observation_reader.h"
#include "tests/index/any_observation.h"
#include "tests/support/memory_store.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kFrameNs;
using testing::MovingThing;
using testing::ObservationDice;

constexpr StreamId kStream = 7;

enum class Kind { kMemory, kSegments };

class ObservationsTest : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::kMemory) {
      store_ = std::make_unique<testing::MemoryStore>();
    } else {
      Open();
    }
  }

  // Reopens too.
  void Open() {
    store_.reset();
    ChunkStoreOptions options;
    options.create = true;
    auto opened = ChunkStore::Open(folder_.File("store"), options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  Observations all() { return Observations(store_.get()); }

  void Put(const std::vector<Observation>& observations) {
    CommitBatch batch;
    for (const Observation& o : observations) {
      const absl::Status status = all().Put(o, &batch);
      ASSERT_TRUE(status.ok()) << status;
    }
    Commit(std::move(batch));
  }

  void Commit(CommitBatch batch) {
    const auto receipt = store_->Commit(std::move(batch));
    ASSERT_TRUE(receipt.ok()) << receipt.status();
  }

  std::vector<Observation> List(const ObservationSelection& selection,
                                size_t limit = 1000) {
    std::vector<Observation> listed;
    std::string cursor;
    do {
      auto page = ListObservations(store_.get(), selection, limit, cursor);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->observations.size(), limit);
      listed.insert(listed.end(), page->observations.begin(),
                    page->observations.end());
      cursor = page->next;
    } while (!cursor.empty());
    return listed;
  }

  // "label track" of each.
  std::vector<std::string> Names(const ObservationSelection& selection) {
    std::vector<std::string> names;
    for (const Observation& o : List(selection)) {
      names.push_back(o.label + " " + std::to_string(o.track));
    }
    return names;
  }

  ObservationCuts Cut(uint64_t first, uint64_t end) {
    const IndexSpan span = {first, end, static_cast<int64_t>(first) * kFrameNs,
                            static_cast<int64_t>(end) * kFrameNs};
    CommitBatch batch;
    const auto cuts = all().Cut(kStream, {&span, 1}, &batch);
    EXPECT_TRUE(cuts.ok()) << cuts.status();
    Commit(std::move(batch));
    return cuts.ok() ? *cuts : ObservationCuts();
  }

  testing::TempDir folder_;
  std::unique_ptr<ChunkStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Stores, ObservationsTest,
                         ::testing::Values(Kind::kMemory, Kind::kSegments),
                         [](const auto& info) {
                           return info.param == Kind::kMemory ? "Memory"
                                                              : "Segments";
                         });

TEST_P(ObservationsTest, NoneAreListedOfAnEmptyStream) {
  EXPECT_THAT(Names({kStream}), IsEmpty());
  EXPECT_THAT(*ListLabels(store_.get(), kStream), IsEmpty());
}

TEST_P(ObservationsTest, TheyAreListedByLabelStartAndTrack) {
  Put({MovingThing(kStream, "car", 2, 50, 60),
       MovingThing(kStream, "car", 1, 50, 60),
       MovingThing(kStream, "ca", 9, 500, 510),
       MovingThing(kStream, "cart", 3, 0, 10),
       MovingThing(kStream, "car", 5, 10, 20),
       MovingThing(kStream + 1, "car", 6, 10, 20)});
  EXPECT_THAT(Names({kStream}),
              ElementsAre("ca 9", "car 5", "car 1", "car 2", "cart 3"));
  EXPECT_THAT(Names({kStream, "car"}), ElementsAre("car 5", "car 1", "car 2"));
  EXPECT_THAT(Names({kStream, "dog"}), IsEmpty());
  EXPECT_THAT(*ListLabels(store_.get(), kStream),
              ElementsAre(LabelCount{"ca", 1}, LabelCount{"car", 3},
                          LabelCount{"cart", 1}));
}

TEST_P(ObservationsTest, RangesGiveWhatTouchesThem) {
  Put({MovingThing(kStream, "car", 1, 0, 99),
       MovingThing(kStream, "car", 2, 100, 199),
       MovingThing(kStream, "dog", 3, 150, 150)});
  const auto touching = [&](int64_t from, int64_t to) {
    return Names({kStream, "", from * kFrameNs, to * kFrameNs});
  };
  EXPECT_THAT(touching(0, 100), ElementsAre("car 1"));
  EXPECT_THAT(touching(99, 101), ElementsAre("car 1", "car 2"))
      << "at its end it still holds";
  EXPECT_THAT(touching(151, 300), ElementsAre("car 2"));
  EXPECT_THAT(touching(200, 300), IsEmpty());
  EXPECT_THAT(touching(-50, 0), IsEmpty());
  EXPECT_THAT(touching(120, 121), ElementsAre("car 2"));
}

TEST_P(ObservationsTest, TimesBeforeZeroSortBeforeIt) {
  Observation before = MovingThing(kStream, "car", 1, 0, 0);
  before.start_ns = -100;
  before.end_ns = -50;
  Observation around = MovingThing(kStream, "car", 2, 1, 1);
  around.start_ns = -10;
  around.end_ns = 10;
  Observation after = MovingThing(kStream, "car", 3, 2, 2);
  for (Observation* o : {&before, &around}) o->boxes.clear();
  Put({after, around, before});
  EXPECT_THAT(Names({kStream}), ElementsAre("car 1", "car 2", "car 3"));
  EXPECT_THAT(Names({kStream, "", -60, 0}), ElementsAre("car 1", "car 2"));
  EXPECT_THAT(Names({kStream, "", INT64_MIN, -60}), ElementsAre("car 1"));
}

TEST_P(ObservationsTest, PagesOfAnySizeGiveTheSameList) {
  ObservationDice dice(5);
  std::vector<Observation> put;
  for (uint64_t i = 0; i < 200; ++i) {
    const uint64_t first = dice.Below(2000);
    put.push_back(MovingThing(kStream, std::string(1 + dice.Below(3), 'a'), i,
                              first, first + dice.Below(300)));
  }
  Put(put);
  for (int round = 0; round < 30; ++round) {
    ObservationSelection selection{kStream};
    if (round % 3 == 1) selection.label = "aa";
    if (round % 2 == 1) {
      selection.from_ns = static_cast<int64_t>(dice.Below(2000)) * kFrameNs;
      selection.to_ns =
          selection.from_ns + static_cast<int64_t>(dice.Below(500)) * kFrameNs;
    }
    std::vector<Observation> expected;
    for (const Observation& o : put) {
      if (!selection.label.empty() && o.label != selection.label) continue;
      if (o.start_ns < selection.to_ns && o.end_ns >= selection.from_ns) {
        expected.push_back(o);
      }
    }
    std::ranges::sort(expected, {}, KeyOf);
    EXPECT_TRUE(List(selection) == expected);
    EXPECT_TRUE(List(selection, 1) == expected);
    EXPECT_TRUE(List(selection, 1 + dice.Below(9)) == expected);
  }
}

TEST_P(ObservationsTest, ACursorOfAnotherListIsRefused) {
  Put({MovingThing(kStream, "car", 1, 0, 9),
       MovingThing(kStream, "car", 2, 0, 9)});
  const auto page = ListObservations(store_.get(), {kStream, "car"}, 1);
  ASSERT_TRUE(page.ok());
  ASSERT_FALSE(page->next.empty());
  EXPECT_TRUE(
      ListObservations(store_.get(), {kStream, "car"}, 1, page->next).ok());
  for (const ObservationSelection& other :
       {ObservationSelection{kStream, "dog"},
        ObservationSelection{kStream + 1, "car"},
        ObservationSelection{kStream + 1}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        ListObservations(store_.get(), other, 1, page->next).status()));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(
      ListObservations(store_.get(), {kStream, std::string(65, 'l')}, 1)
          .status()));
}

TEST_P(ObservationsTest, ATrackThatGrewIsOneRowAsItWasLastWritten) {
  Put({MovingThing(kStream, "car", 1, 100, 120)});
  const Observation grown = MovingThing(kStream, "car", 1, 100, 150);
  Put({grown});
  EXPECT_THAT(List({kStream}), ElementsAre(grown));
  if (GetParam() == Kind::kMemory) return;
  store_.reset();
  ASSERT_TRUE(ChunkStore::Rebuild(folder_.File("store"), {}).ok());
  Open();
  EXPECT_THAT(List({kStream}), ElementsAre(grown));
  const auto pruned = store_->Prune();
  ASSERT_TRUE(pruned.ok());
  EXPECT_EQ(pruned->segments_removed, 0);
}

TEST_P(ObservationsTest, CutsTakeWholeRowsAndTrimOthers) {
  const Observation before = MovingThing(kStream, "car", 1, 0, 99);
  const Observation inside = MovingThing(kStream, "car", 2, 110, 120);
  const Observation across = MovingThing(kStream, "car", 3, 50, 249);
  const Observation elsewhere = MovingThing(kStream + 1, "car", 4, 110, 120);
  Put({before, inside, across, elsewhere});
  const IndexSpan span = {100, 200, 100 * kFrameNs, 200 * kFrameNs};
  EXPECT_EQ(all().Cut(kStream, {&span, 1}, nullptr)->removed, 1);
  EXPECT_EQ(List({kStream}).size(), 3u) << "only counted";
  const ObservationCuts cuts = Cut(100, 200);
  EXPECT_EQ(cuts.removed, 1);
  EXPECT_EQ(cuts.trimmed, 1);
  const auto left = List({kStream});
  ASSERT_EQ(left.size(), 3u);
  EXPECT_EQ(left[0], before);
  EXPECT_EQ(left[1].first_index, 50u);
  EXPECT_EQ(left[1].last_index, 99u);
  EXPECT_EQ(left[2].first_index, 200u);
  EXPECT_EQ(left[2].last_index, 249u);
  EXPECT_EQ(Cut(100, 200).trimmed, 0) << "nothing is left to cut";
  EXPECT_THAT(List({kStream + 1}), ElementsAre(elsewhere));
}

TEST_P(ObservationsTest, AllOfAStreamGoAndNoOthers) {
  Put({MovingThing(kStream, "car", 1, 0, 9),
       MovingThing(kStream, "dog", 1, 0, 9),
       MovingThing(kStream + 1, "car", 1, 0, 9)});
  CommitBatch batch;
  EXPECT_EQ(all().RemoveAll(kStream, &batch)->removed, 2);
  Commit(std::move(batch));
  EXPECT_THAT(Names({kStream}), IsEmpty());
  EXPECT_EQ(List({kStream + 1}).size(), 1u);
}

TEST_P(ObservationsTest, WhatNoRowCanHoldIsNotPut) {
  CommitBatch batch;
  Observation o = MovingThing(kStream, "car", 1, 0, 9);
  o.label.clear();
  EXPECT_TRUE(absl::IsInvalidArgument(all().Put(o, &batch)));
  EXPECT_TRUE(batch.empty());
}

TEST_P(ObservationsTest, DamagedRowsAreNamed) {
  const Observation o = MovingThing(kStream, "car", 1, 25, 30);
  CommitBatch batch;
  batch.PutRow(Family::kSem, KeyOf(o), EncodeObservationRow({1, "\2\1"}));
  Commit(std::move(batch));
  EXPECT_THAT(ListObservations(store_.get(), {kStream}, 9).status().ToString(),
              HasSubstr("DATA_LOSS: stream 7 observation at 1000000000 ns: "));
  EXPECT_TRUE(absl::IsDataLoss(ListLabels(store_.get(), kStream).status()));
}

}  // namespace
}  // namespace fovea
