// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Detection At(float left, float top, int label = 0) {
  return {label, 0.9F, left, top, left + 40, top + 40};
}

class TrackerTest : public ::testing::Test {
 protected:
  std::vector<int64_t> Link(std::vector<Detection> detections) {
    return tracker_.Link(detections);
  }

  Tracker tracker_{TrackerOptions(), 100};
};

TEST_F(TrackerTest, ABoxThatMovesALittleKeepsItsTrack) {
  EXPECT_THAT(Link({At(0, 0), At(200, 0)}), ElementsAre(100, 101));
  EXPECT_THAT(Link({At(210, 5), At(12, 0)}), ElementsAre(101, 100));
  EXPECT_THAT(Link({At(24, 0)}), ElementsAre(100));
}

TEST_F(TrackerTest, AnotherLabelIsAnotherThing) {
  EXPECT_THAT(Link({At(0, 0, 1)}), ElementsAre(100));
  EXPECT_THAT(Link({At(0, 0, 2)}), ElementsAre(101));
}

TEST_F(TrackerTest, AFewLooksMayBeMissed) {
  Link({At(0, 0)});
  Link({});
  Link({});
  EXPECT_THAT(Link({At(0, 0)}), ElementsAre(100));
  Link({});
  Link({});
  Link({});
  EXPECT_THAT(tracker_.open(), IsEmpty());
  EXPECT_THAT(Link({At(0, 0)}), ElementsAre(101));
}

TEST_F(TrackerTest, TheBetterOverlapWins) {
  Link({At(0, 0)});
  EXPECT_THAT(Link({At(20, 0), At(2, 0)}), ElementsAre(101, 100));
}

TEST_F(TrackerTest, NoTwoBoxesOfALookShareATrack) {
  std::mt19937 random(7);
  for (int look = 0; look < 200; ++look) {
    std::vector<Detection> detections;
    for (auto i = random() % 12; i > 0; --i) {
      detections.push_back(At(static_cast<float>(random() % 200),
                              static_cast<float>(random() % 100),
                              static_cast<int>(random() % 2)));
    }
    const auto linked = Link(detections);
    ASSERT_EQ(linked.size(), detections.size());
    const std::set<int64_t> unique(linked.begin(), linked.end());
    EXPECT_EQ(unique.size(), linked.size());
    EXPECT_TRUE(std::all_of(linked.begin(), linked.end(),
                            [](int64_t track) { return track >= 100; }));
  }
}

}  // namespace
}  // namespace fovea
