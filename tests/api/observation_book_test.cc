// SPDX-License-Identifier: GPL-2.0-or-later
//
// When what a model saw ends.

#include "api/observation_book.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace fovea {
namespace {

constexpr int64_t kMs = 1'000'000;

class ObservationBookTest : public ::testing::Test {
 protected:
  ObservationBookTest() { model_.card.threshold = 0.5; }

  // One thing that stands still, seen on a frame shown over [from, to).
  void See(uint64_t index, int64_t from_ms, int64_t to_ms) {
    Sighting sighting;
    sighting.box = {0, 0.9F, 10, 10, 50, 50};
    book_.Add({&model_, true, {sighting}}, 1,
              {index, from_ms * kMs, to_ms * kMs});
  }

  // What has changed, each with its last frame and end.
  std::vector<std::pair<uint64_t, int64_t>> Ends() {
    std::vector<std::pair<uint64_t, int64_t>> ends;
    for (const Observation& o : book_.TakeChanged()) {
      EXPECT_TRUE(CheckObservation(o).ok()) << CheckObservation(o);
      ends.emplace_back(o.last_index, o.end_ns);
    }
    return ends;
  }

  using Expected = std::vector<std::pair<uint64_t, int64_t>>;
  ModelDescription model_;
  ObservationBook book_{7};
};

TEST_F(ObservationBookTest, ATrackHoldsUntilItsLastFrameGivesWay) {
  See(10, 400, 440);
  EXPECT_EQ(Ends(), (Expected{{10, 440 * kMs - 1}}));
  See(11, 440, 480);
  See(12, 480, 520);
  EXPECT_EQ(Ends(), (Expected{{12, 520 * kMs - 1}}));
}

TEST_F(ObservationBookTest, AFrameShownForNoTimeHoldsAtItsOwn) {
  See(10, 400, 400);
  EXPECT_EQ(Ends(), (Expected{{10, 400 * kMs}}));
}

TEST_F(ObservationBookTest, AFrameThatComesBeforeItWasDueEndsNoTrack) {
  See(10, 400, 600);  // for as long as its GOP was thought to last
  See(11, 440, 480);
  EXPECT_EQ(Ends(), (Expected{{11, 480 * kMs - 1}}));
}

TEST_F(ObservationBookTest, ATrackNoRowCanHoldGoesOnInAnother) {
  constexpr int64_t kHourMs = 3'600'000;
  See(10, 0, 40);
  See(11, 40, kHourMs);
  EXPECT_EQ(Ends(), (Expected{{11, kHourMs * kMs - 1}}));
  See(12, kHourMs, kHourMs + 40);
  EXPECT_EQ(Ends(), (Expected{{12, (kHourMs + 40) * kMs - 1}}));
  See(13, kHourMs + 40, 3 * kHourMs);  // longer than anything may be
  EXPECT_EQ(Ends().size(), 1u);
}

}  // namespace
}  // namespace fovea
