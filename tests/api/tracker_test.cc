// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <vector>

namespace fovea {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int64_t kStep = 400'000'000;  // ten frames of 25 a second

// Something that is all of one colour.
Appearance Coloured(size_t bin) {
  Appearance a;
  a.known = true;
  for (size_t h = 0; h < Appearance::kHistograms; ++h) {
    a.bins[h * Appearance::kBins + bin] = 1;
  }
  return a;
}

Sighting At(float left, float top, size_t colour = 0, int label = 0) {
  return {{label, 0.9F, left, top, left + 40, top + 40}, Coloured(colour)};
}

Sighting Weak(Sighting sighting) {
  sighting.box.score = 0.3F;
  return sighting;
}

class TrackerTest : public ::testing::Test {
 protected:
  std::vector<int64_t> Link(const std::vector<Sighting>& seen,
                            int64_t looks_later = 1) {
    now_ns_ += looks_later * kStep;
    const auto linked = tracker_.Link(seen, now_ns_, next_);
    for (const int64_t track : linked) next_ = std::max(next_, track + 1);
    return linked;
  }

  Tracker tracker_{TrackerOptions()};
  int64_t now_ns_ = 0;
  int64_t next_ = 100;
};

TEST_F(TrackerTest, ABoxThatMovesALittleKeepsItsTrack) {
  EXPECT_THAT(Link({At(0, 0), At(200, 0)}), ElementsAre(100, 101));
  EXPECT_THAT(Link({At(210, 5), At(12, 0)}), ElementsAre(101, 100));
  EXPECT_THAT(Link({At(24, 0)}), ElementsAre(100));
}

TEST_F(TrackerTest, AnotherLabelIsAnotherThing) {
  EXPECT_THAT(Link({At(0, 0, 0, 1)}), ElementsAre(100));
  EXPECT_THAT(Link({At(0, 0, 0, 2)}), ElementsAre(101));
}

TEST_F(TrackerTest, WhatMovesItsOwnLengthALookIsFollowed) {
  for (int look = 0; look < 6; ++look) {
    const auto x = static_cast<float>(45 * look);
    EXPECT_THAT(Link({At(x, 0, 3), At(400 - x, 100, 9)}),
                ElementsAre(100, 101));
  }
}

TEST_F(TrackerTest, ItIsExpectedWhereItIsGoingHoweverFarLooksAreApart) {
  Link({At(0, 0)});
  Link({At(10, 0)});
  Link({At(20, 0)});
  Link({At(30, 0)});
  EXPECT_THAT(Link({At(70, 0, 5)}, 4), ElementsAre(100));
}

TEST_F(TrackerTest, TwoThatPassEachOtherStayApartByTheirLooks) {
  // Where they meet their boxes are the same; the looks are not.
  for (int look = 0; look <= 8; ++look) {
    const auto x = static_cast<float>(10 * look);
    EXPECT_THAT(Link({At(x, 0, 2), At(80 - x, 0, 12)}), ElementsAre(100, 101))
        << look;
  }
}

TEST_F(TrackerTest, TheBetterOverlapWins) {
  Link({At(0, 0)});
  EXPECT_THAT(Link({At(20, 0), At(2, 0)}), ElementsAre(101, 100));
}

TEST_F(TrackerTest, AllTogetherAreLinkedBest) {
  // The box between is nearest to the first track; giving it to that one
  // would leave the other boxes without.
  Link({At(0, 0), At(30, 0)});
  EXPECT_THAT(Link({At(14, 0), At(-22, 0)}), ElementsAre(101, 100));
}

TEST_F(TrackerTest, AWeakBoxContinuesATrackAndBeginsNone) {
  EXPECT_THAT(Link({Weak(At(0, 0))}), ElementsAre(kNoTrack));
  EXPECT_THAT(Link({At(0, 0)}), ElementsAre(100));
  EXPECT_THAT(Link({Weak(At(4, 0)), Weak(At(200, 0))}),
              ElementsAre(100, kNoTrack));
  EXPECT_THAT(Link({At(8, 0)}), ElementsAre(100));
}

TEST_F(TrackerTest, ASureBoxGoesBeforeAWeakOne) {
  Link({At(0, 0)});
  EXPECT_THAT(Link({Weak(At(0, 0)), At(8, 0)}), ElementsAre(kNoTrack, 100));
}

TEST_F(TrackerTest, WhatWasHiddenIsFoundAgainByItsLooks) {
  Link({At(0, 0, 4)});
  Link({At(5, 0, 4)});
  for (int look = 0; look < 5; ++look) EXPECT_THAT(Link({}), IsEmpty());
  EXPECT_THAT(Link({At(60, 0, 11), At(60, 20, 4)}), ElementsAre(101, 100));
}

TEST_F(TrackerTest, AfterTooLongItIsAnother) {
  Link({At(0, 0)});
  Link({});
  EXPECT_THAT(tracker_.ended(), IsEmpty());
  for (int look = 0; look < 7; ++look) Link({});
  EXPECT_THAT(tracker_.ended(), ElementsAre(100));
  Link({});
  EXPECT_THAT(tracker_.ended(), IsEmpty());
  EXPECT_THAT(Link({At(0, 0)}), ElementsAre(101));
}

TEST_F(TrackerTest, WhereLooksAreFarApartAFewMayBeMissed) {
  Link({At(0, 0)});
  Link({}, 100);
  Link({}, 100);
  EXPECT_THAT(Link({At(0, 0)}, 100), ElementsAre(100));
  Link({}, 100);
  Link({}, 100);
  Link({}, 100);
  EXPECT_THAT(tracker_.ended(), ElementsAre(100));
}

TEST_F(TrackerTest, AfterAResetEverythingIsNew) {
  Link({At(0, 0)});
  tracker_.Reset();
  EXPECT_THAT(Link({At(0, 0)}), ElementsAre(101));
}

TEST_F(TrackerTest, BoxesThatAreNoneAreLeftOut) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinite = std::numeric_limits<float>::infinity();
  for (const Detection& box :
       {Detection{0, 0.9F, 10, 10, 10, 50}, Detection{0, 0.9F, 50, 0, 10, 40},
        Detection{0, 0.9F, kNan, 0, 10, 40},
        Detection{0, 0.9F, 0, 0, kInfinite, 40},
        Detection{0, 0.9F, -kInfinite, 0, 10, 40}}) {
    EXPECT_THAT(Link({{box, {}}}), ElementsAre(kNoTrack)) << box.left;
  }
}

TEST_F(TrackerTest, BeyondThePicturesEdgeItIsFollowed) {
  EXPECT_THAT(Link({At(-10, 0)}), ElementsAre(100));
  EXPECT_THAT(Link({At(-30, -5)}), ElementsAre(100));
  EXPECT_THAT(Link({At(-50, -10)}), ElementsAre(100));
}

TEST_F(TrackerTest, AClockThatIsSetBackHurtsNothing) {
  Link({At(0, 0)});
  Link({At(10, 0)});
  EXPECT_THAT(Link({At(20, 0)}, -1000), ElementsAre(100));
  EXPECT_THAT(Link({At(30, 0)}, 3), ElementsAre(100));
}

TEST_F(TrackerTest, OpenTracksAreBounded) {
  TrackerOptions options;
  options.max_open = 3;
  Tracker tracker(options);
  std::vector<Sighting> row;
  for (int i = 0; i < 4; ++i) row.push_back(At(static_cast<float>(100 * i), 0));
  const std::span<const Sighting> all(row);
  tracker.Link(all.first(2), 0, 0);
  EXPECT_THAT(tracker.Link(all.last(2), kStep, 2), ElementsAre(2, 3));
  EXPECT_THAT(tracker.ended(), ElementsAre(0));
  EXPECT_THAT(tracker.Link(all, 2 * kStep, 4), ElementsAre(4, 1, 2, 3));
}

TEST_F(TrackerTest, BoxesOfALookAreBounded) {
  std::vector<Sighting> crowd;
  for (size_t i = 0; i < kMostSightings + 2; ++i) {
    crowd.push_back(At(static_cast<float>(50 * i), 0));
  }
  const auto linked = Link(crowd);
  EXPECT_EQ(linked[kMostSightings - 1], 100 + 511);
  EXPECT_EQ(linked[kMostSightings], kNoTrack);
  EXPECT_EQ(linked[kMostSightings + 1], kNoTrack);
}

TEST_F(TrackerTest, NoTwoBoxesOfALookShareATrack) {
  std::mt19937 random(7);
  for (int look = 0; look < 200; ++look) {
    std::vector<Sighting> seen;
    for (auto i = random() % 12; i > 0; --i) {
      seen.push_back(At(static_cast<float>(random() % 200),
                        static_cast<float>(random() % 100), random() % 16,
                        static_cast<int>(random() % 2)));
    }
    const auto linked = Link(seen);
    ASSERT_EQ(linked.size(), seen.size());
    const std::set<int64_t> unique(linked.begin(), linked.end());
    EXPECT_EQ(unique.size(), linked.size());
    EXPECT_THAT(linked, Each(Ge(100)));
    for (const int64_t ended : tracker_.ended()) {
      EXPECT_THAT(linked, Not(Contains(ended)));
    }
  }
}

}  // namespace
}  // namespace fovea
