// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packs are joined, and nobody sees it but by their number.

#include "index/pack_join.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "index/observation_pack.h"
#include "index/observation_reader.h"
#include "index/observations.h"
#include "index/presence_rebuild.h"
#include "index/span_mark.h"
#include "tests/index/any_observation.h"
#include "tests/support/memory_store.h"

namespace fovea {
namespace {

using testing::kFrameNs;
using testing::MovingThing;
using testing::ObservationDice;

constexpr StreamId kStream = 7;
constexpr uint64_t kHour = 90'000;  // in frames

class PackJoinTest : public ::testing::Test {
 protected:
  void Put(const std::vector<Observation>& observations) {
    CommitBatch batch;
    const auto status = Observations(&store_).PutAll(observations, &batch);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  }

  // Each in a commit, and so in a pack, of its own.
  void PutThings(const std::string& label, uint64_t first_track, int count,
                 uint64_t frames_apart) {
    for (int i = 0; i < count; ++i) {
      const uint64_t track = first_track + static_cast<uint64_t>(i);
      Put({MovingThing(kStream, label, track, track * frames_apart,
                       track * frames_apart + 20)});
    }
  }

  PackJoinReport Join(int64_t before_ns = INT64_MAX) {
    const PackJoinSpan span = {kStream, before_ns};
    const auto report = JoinPacks(&store_, {&span, 1}, {});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : PackJoinReport();
  }

  std::vector<Observation> All() {
    std::vector<Observation> all;
    const auto status =
        VisitObservations(&store_, {kStream}, [&](const Observation& o) {
          all.push_back(o);
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return all;
  }

  // How many observations each pack holds.
  std::vector<size_t> Packs() {
    std::vector<size_t> packs;
    EXPECT_TRUE(store_
                    .Scan(Family::kSem, "", "",
                          [&](std::string_view key, std::string_view value) {
                            const auto parts = ParseObservationKey(key);
                            if (!parts.ok()) return false;
                            if (parts->start_ns == kMarkStart) return true;
                            const auto summary = SummarisePack(key, value);
                            packs.push_back(summary.ok() ? summary->observations
                                                         : 0);
                            return true;
                          })
                    .ok());
    return packs;
  }

  void ExpectPresenceRight() {
    const auto report = CheckPresence(&store_, {});
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->faults(), 0);
  }

  testing::MemoryStore store_;
};

using Sizes = std::vector<size_t>;

TEST_F(PackJoinTest, SmallPacksBecomeOne) {
  PutThings("car", 1, 9, 100);
  const std::vector<Observation> before = All();
  const PackJoinReport report = Join();
  EXPECT_EQ(report.rows, 9);
  EXPECT_EQ(report.joined, 9);
  EXPECT_EQ(report.packs, 1);
  EXPECT_EQ(Packs(), Sizes{9});
  EXPECT_EQ(All(), before);
  ExpectPresenceRight();
}

TEST_F(PackJoinTest, LabelsAndModelsStayApart) {
  PutThings("car", 1, 2, 100);
  PutThings("dog", 1, 2, 100);
  Observation other = MovingThing(kStream, "car", 3, 300, 320);
  other.model.fill(8);
  Put({other});
  PutThings("car", 4, 2, 100);
  const std::vector<Observation> before = All();
  Join();
  EXPECT_EQ(Packs(), (Sizes{2, 1, 2, 2}));
  EXPECT_EQ(All(), before);
  ExpectPresenceRight();
}

TEST_F(PackJoinTest, NoPackIsLongerThanADayOrOf257) {
  PutThings("car", 1, 30, kHour);
  PutThings("dog", 1, 300, 10);
  const std::vector<Observation> before = All();
  Join();
  EXPECT_EQ(Packs(), (Sizes{24, 6, 256, 44}));
  EXPECT_EQ(All(), before);
  ExpectPresenceRight();
}

TEST_F(PackJoinTest, WhatStillHoldsIsLeft) {
  PutThings("car", 1, 6, 100);
  const int64_t fifth_ends_ns = 520 * kFrameNs;
  Join(fifth_ends_ns);
  // Packs say to the second when they end.
  const Sizes left = Packs();
  ASSERT_GE(left.size(), 3u);
  EXPECT_EQ(left.back(), 1u);
  EXPECT_EQ(left[left.size() - 2], 1u);
}

TEST_F(PackJoinTest, ALargePackIsNotWrittenAnewForAFew) {
  PutThings("car", 1, 20, 100);
  Join();
  PutThings("car", 21, 3, 100);
  EXPECT_EQ(Join().joined, 3);
  EXPECT_EQ(Packs(), (Sizes{20, 3}));
  PutThings("car", 24, 17, 100);
  Join();
  EXPECT_EQ(Packs(), Sizes{40});
  EXPECT_EQ(Join().joined, 0);
}

TEST_F(PackJoinTest, OfTwoThatAreTheSameTheOneReadersSawStays) {
  PutThings("car", 1, 1, 100);
  Observation again = MovingThing(kStream, "car", 5, 500, 520);
  Observation last = MovingThing(kStream, "car", 5, 500, 560);
  // In packs whose first ones differ.
  Put({MovingThing(kStream, "car", 2, 200, 220), again});
  Put({MovingThing(kStream, "car", 3, 300, 320), last});
  const std::vector<Observation> before = All();
  ASSERT_NE(std::ranges::find(before, last), before.end());
  Join();
  EXPECT_EQ(Packs(), Sizes{4});
  EXPECT_EQ(All(), before);
}

TEST_F(PackJoinTest, AJoinThatIsStoppedLeavesAllAsItWas) {
  PutThings("car", 1, 9, 100);
  const std::vector<Observation> before = All();
  int calls = 0;
  const PackJoinSpan span = {kStream};
  const auto report =
      JoinPacks(&store_, {&span, 1}, [&] { return ++calls < 5; });
  EXPECT_TRUE(absl::IsCancelled(report.status())) << report.status();
  EXPECT_EQ(All(), before);
}

TEST_F(PackJoinTest, WhatSaysNothingIsPassedOver) {
  PutThings("car", 1, 4, 100);
  const Observation damaged = MovingThing(kStream, "car", 2, 200, 220);
  CommitBatch batch;
  batch.PutRow(Family::kSem, KeyOf(damaged),
               EncodeObservationRow({1, "\2damaged"}));
  ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  const PackJoinReport report = Join();
  EXPECT_EQ(report.joined, 2);  // the two behind it
  EXPECT_EQ(report.packs, 1);
}

TEST_F(PackJoinTest, RandomOnesAreFoundAsBefore) {
  const uint64_t seed = 17;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  ObservationDice dice(seed);
  for (int i = 0; i < 120; ++i) {
    std::vector<Observation> some;
    std::set<std::tuple<std::string, int64_t, uint64_t>> places;
    for (uint64_t k = 0; k <= dice.Below(6); ++k) {
      const uint64_t first = dice.Below(40) * kHour / 4 + dice.Below(3);
      Observation o =
          MovingThing(kStream, dice.Below(3) == 0 ? "dog" : "car",
                      dice.Below(3), first, first + dice.Below(400));
      o.model.fill(static_cast<uint8_t>(dice.Below(8) / 7));
      if (places.emplace(o.label, o.start_ns, o.track).second) {
        some.push_back(std::move(o));
      }
    }
    Put(some);
    if (i % 10 != 9) continue;
    const std::vector<Observation> before = All();
    const size_t packs = Packs().size();
    const auto before_ns = static_cast<int64_t>(dice.Below(12) * kHour);
    Join(before_ns * kFrameNs);
    EXPECT_EQ(All(), before);
    EXPECT_LE(Packs().size(), packs);
    ExpectPresenceRight();
  }
}

}  // namespace
}  // namespace fovea
