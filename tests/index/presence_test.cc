// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a label was seen is found over all streams by minutes; what says so
// stands beside every row of observations whatever is put or removed, and is
// made anew from them.

#include "index/presence.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/observation_reader.h"
#include "index/observations.h"
#include "index/presence_rebuild.h"
#include "index/span_mark.h"
#include "tests/index/any_observation.h"
#include "tests/support/damage.h"
#include "tests/support/memory_store.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kFrameNs;
using testing::MovingThing;
using testing::ObservationDice;

constexpr uint64_t kMinuteFrames = 1500;
constexpr int64_t kMinute = kNsPerMinute;

using Minutes = std::set<std::pair<StreamId, int64_t>>;

class PresenceTest : public ::testing::Test {
 protected:
  void PutAll(const std::vector<Observation>& all) {
    CommitBatch batch;
    const absl::Status status = observations().PutAll(all, &batch);
    ASSERT_TRUE(status.ok()) << status;
    Commit(std::move(batch));
  }

  void Commit(CommitBatch batch) {
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  }

  Observations observations() { return Observations(&store_); }

  std::vector<Presence> Visited(const std::string& label, int64_t from_ns,
                                int64_t to_ns) {
    std::vector<Presence> visited;
    const absl::Status status = VisitPresence(&store_, label, from_ns, to_ns,
                                              [&](const Presence& presence) {
                                                visited.push_back(presence);
                                                return true;
                                              });
    EXPECT_TRUE(status.ok()) << status;
    return visited;
  }

  // What the rows say, and what the observations themselves do.
  Minutes Told(const std::string& label, int64_t from_ns, int64_t to_ns) {
    Minutes minutes;
    for (const Presence& presence : Visited(label, from_ns, to_ns)) {
      for (const MinuteRun& run : presence.minutes) {
        for (int64_t m = run.first; m < run.end; ++m) {
          minutes.insert({presence.stream, m});
        }
      }
    }
    return minutes;
  }

  Minutes Seen(const std::string& label, int64_t from_ns, int64_t to_ns) {
    Minutes minutes;
    for (const StreamId stream : {1, 2, 3}) {
      const absl::Status status = VisitObservations(
          &store_, {stream, label, from_ns, to_ns}, [&](const Observation& o) {
            const int64_t begin = std::max(o.start_ns, from_ns);
            const int64_t end = std::min(o.end_ns, to_ns - 1);
            for (int64_t m = begin / kMinute; m <= end / kMinute; ++m) {
              minutes.insert({stream, m});
            }
            return true;
          });
      EXPECT_TRUE(status.ok()) << status;
    }
    return minutes;
  }

  int64_t Faults() {
    const auto report = CheckPresence(&store_, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->faults() : -1;
  }

  std::map<std::string, std::string> Rows() {
    std::map<std::string, std::string> rows;
    EXPECT_TRUE(store_
                    .Scan(Family::kSemx, "", "",
                          [&](std::string_view key, std::string_view value) {
                            rows.emplace(key, value);
                            return true;
                          })
                    .ok());
    return rows;
  }

  testing::MemoryStore store_;
};

std::vector<Observation> AnyThings(ObservationDice& dice, uint64_t count) {
  static uint64_t track = 0;
  std::vector<Observation> things;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t first = dice.Below(2000 * kMinuteFrames);
    things.push_back(MovingThing(1 + dice.Below(3),
                                 std::string(1 + dice.Below(2), 'a'), ++track,
                                 first, first + dice.Below(2 * kMinuteFrames)));
  }
  return things;
}

TEST_F(PresenceTest, SaysInWhichMinutesOfWhichStream) {
  PutAll({MovingThing(2, "car", 1, 0, 10),
          MovingThing(2, "car", 2, 3 * kMinuteFrames, 5 * kMinuteFrames)});
  PutAll({MovingThing(1, "car", 1, kMinuteFrames, kMinuteFrames + 9)});
  const Presence pack = {2, 0, 1, 2, {{0, 1}, {3, 6}}};
  const Presence alone = {1, kMinute, 1, 1, {{1, 2}}};
  EXPECT_THAT(Visited("car", 0, 10 * kMinute), ElementsAre(pack, alone));
  EXPECT_THAT(Visited("car", 0, kMinute),
              ElementsAre(Presence{2, 0, 1, 2, {{0, 1}}}));
  EXPECT_THAT(Visited("car", 5 * kMinute + 1, 10 * kMinute),
              ElementsAre(Presence{2, 0, 1, 2, {{5, 6}}}));
  EXPECT_THAT(Visited("car", 2 * kMinute, 3 * kMinute), IsEmpty());
  EXPECT_THAT(Visited("ca", 0, 10 * kMinute), IsEmpty());
  EXPECT_THAT(Visited("car", 10, 10), IsEmpty());
}

TEST_F(PresenceTest, MinutesBeforeZeroAreMinutesToo) {
  Observation o = MovingThing(1, "car", 1, 0, 1);
  o.boxes.clear();
  o.start_ns = -kMinute - 1;
  o.end_ns = -1;
  PutAll({o});
  EXPECT_THAT(Visited("car", INT64_MIN, INT64_MAX),
              ElementsAre(Presence{1, o.start_ns, 1, 1, {{-2, 0}}}));
}

TEST_F(PresenceTest, TellsWhatObservationsThemselvesDo) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ObservationDice dice(seed);
    PutAll(AnyThings(dice, 100));
    for (int round = 0; round < 20; ++round) {
      const auto from = static_cast<int64_t>(dice.Below(2000)) * kMinute;
      const auto to =
          from + static_cast<int64_t>(1 + dice.Below(100)) * kMinute;
      EXPECT_EQ(Told("a", from, to), Seen("a", from, to));
      EXPECT_EQ(Told("aa", from, to), Seen("aa", from, to));
    }
  }
}

TEST_F(PresenceTest, StandsBesideEachRowWhateverIsDone) {
  ObservationDice dice(7);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    CommitBatch batch;
    const StreamId stream = 1 + dice.Below(3);
    const uint64_t first = dice.Below(2000 * kMinuteFrames);
    const IndexSpan span = {
        first, first + 300 * kMinuteFrames,
        static_cast<int64_t>(first) * kFrameNs,
        static_cast<int64_t>(first) * kFrameNs + 300 * kMinute};
    const IndexSpan beginning = {0, span.end_index, 0, span.end_ns};
    switch (dice.Below(6)) {
      case 0:
        ASSERT_TRUE(observations().Cut(stream, {&span, 1}, &batch).ok());
        break;
      case 1:
        ASSERT_TRUE(
            observations()
                .CutBeginning(stream, beginning, 1 + dice.Below(40), &batch)
                .ok());
        break;
      case 2:
        ASSERT_TRUE(observations().RemoveAll(stream, &batch).ok());
        break;
      case 3:
        for (const Observation& o : AnyThings(dice, 10)) {
          ASSERT_TRUE(observations().Put(o, &batch).ok());
        }
        break;
      default:
        ASSERT_TRUE(observations().PutAll(AnyThings(dice, 50), &batch).ok());
        break;
    }
    Commit(std::move(batch));
    ASSERT_EQ(Faults(), 0);
    EXPECT_FALSE(*IsPresenceDue(&store_));
  }
}

TEST_F(PresenceTest, WhatIsMissingWrongOrStaleIsFoundAndMended) {
  ObservationDice dice(3);
  PutAll(AnyThings(dice, 300));
  const auto sound = Rows();
  ASSERT_GE(sound.size(), 8u);
  CommitBatch batch;
  auto row = sound.begin();
  batch.DeleteRow(Family::kSemx, row->first);
  batch.PutRow(Family::kSemx, (++row)->first, "\1another");
  batch.PutRow(Family::kSemx, PresenceKey("zebra", 5, 1, 1), row->second);
  batch.PutRow(Family::kSemx, "no key", row->second);
  Commit(std::move(batch));
  const auto found = CheckPresence(&store_, nullptr);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->missing, 1);
  EXPECT_EQ(found->wrong, 1);
  EXPECT_EQ(found->stale, 2);
  const auto mended = RebuildPresence(&store_, nullptr);
  ASSERT_TRUE(mended.ok()) << mended.status();
  EXPECT_EQ(mended->faults(), 4);
  EXPECT_EQ(Rows(), sound);
  EXPECT_EQ(Faults(), 0);
}

TEST_F(PresenceTest, IsDueWhereThereIsNone) {
  EXPECT_FALSE(*IsPresenceDue(&store_)) << "nothing was seen";
  ObservationDice dice(4);
  PutAll(AnyThings(dice, 300));
  const auto sound = Rows();
  EXPECT_FALSE(*IsPresenceDue(&store_));
  CommitBatch batch;
  for (const auto& [key, value] : sound) batch.DeleteRow(Family::kSemx, key);
  Commit(std::move(batch));
  EXPECT_TRUE(*IsPresenceDue(&store_));
  ASSERT_TRUE(RebuildPresence(&store_, nullptr).ok());
  EXPECT_FALSE(*IsPresenceDue(&store_));
  EXPECT_EQ(Rows(), sound);
}

TEST_F(PresenceTest, ARebuildCutShortGoesOnNextTime) {
  std::vector<Observation> alone;
  for (uint64_t i = 0; i < 3000; ++i) {
    alone.push_back(MovingThing(1, "car", i, i, i));
  }
  CommitBatch batch;
  for (const Observation& o : alone) {
    batch.PutRow(Family::kSem, KeyOf(o),
                 EncodeObservationRow({1, EncodeObservation(o)}));
  }
  Commit(std::move(batch));
  const auto cut =
      RebuildPresence(&store_, [](int64_t rows) { return rows < 2000; });
  EXPECT_TRUE(absl::IsCancelled(cut.status()));
  EXPECT_TRUE(*IsPresenceDue(&store_));
  const auto whole = RebuildPresence(&store_, nullptr);
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_FALSE(*IsPresenceDue(&store_));
  EXPECT_EQ(Faults(), 0);
}

TEST_F(PresenceTest, RowsThatSayNothingAreCountedAndPassedOver) {
  PutAll({MovingThing(1, "car", 1, 0, 10)});
  CommitBatch batch;
  batch.PutRow(Family::kSem, ObservationKey(9, "car", 5, 5),
               EncodeObservationRow({1, "\2damaged"}));
  Commit(std::move(batch));
  const auto report = RebuildPresence(&store_, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->unreadable, 1);
  EXPECT_EQ(report->rows, 2);
  EXPECT_EQ(report->faults(), 0);
  EXPECT_FALSE(*IsPresenceDue(&store_));
}

TEST_F(PresenceTest, DamageIsNamedOrGivesMinutesOfItsRow) {
  ObservationDice dice(5);
  PutAll(AnyThings(dice, 60));
  const auto rows = Rows();
  const auto largest = std::ranges::max_element(
      rows, {}, [](const auto& row) { return row.second.size(); });
  const ObservationKeyParts parts = *ParsePresenceKey(largest->first);
  testing::ForEachTruncation(largest->second, [&](const std::string& cut) {
    EXPECT_TRUE(absl::IsDataLoss(DecodePresence(parts, cut).status()));
  });
  testing::ForEachByteChange(largest->second, [&](const std::string& changed) {
    const auto found = DecodePresence(parts, changed);
    if (!found.ok()) return;
    EXPECT_EQ(found->minutes[0].first, parts.start_ns / kMinute);
    EXPECT_LE(found->minutes.back().end,
              parts.start_ns / kMinute + 25 * 60 + 2);
    EXPECT_LE(found->minutes.size(), found->observations);
  });
  CommitBatch batch;
  batch.PutRow(Family::kSemx, PresenceKey("car", 5, 7, 1),
               EncodePresenceRow({1, "\1"}));
  Commit(std::move(batch));
  const absl::Status status = VisitPresence(
      &store_, "car", 0, 10, [](const Presence&) { return true; });
  EXPECT_THAT(status.ToString(),
              HasSubstr("DATA_LOSS: presence of 'car' in stream 7 at 5 ns: "));
}

TEST_F(PresenceTest, ALabelThatCannotBeIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      VisitPresence(&store_, "", 0, 10, [](const Presence&) { return true; })));
}

TEST(PresenceKeyTest, RowsAndMarksStandBesideEachOther) {
  for (const ObservationKeyParts& parts :
       {ObservationKeyParts{3, "car", 5, 7},
        ObservationKeyParts{3, "car", kMarkStart, 3'600'000'000'000}}) {
    const auto beside = ParsePresenceKey(PresenceKeyOf(parts));
    ASSERT_TRUE(beside.ok()) << beside.status();
    EXPECT_EQ(
        ObservationKeyOf(*beside),
        ObservationKey(parts.stream, parts.label, parts.start_ns, parts.track));
  }
}

}  // namespace
}  // namespace fovea
