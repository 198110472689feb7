// SPDX-License-Identifier: GPL-2.0-or-later
//
// What no row can hold is refused by name, and pixels are rounded to what one
// can.

#include "index/observation.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/index/any_observation.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using testing::MovingThing;

TEST(ObservationTest, WhatNoRowCanHoldIsRefusedByName) {
  const struct {
    std::function<void(Observation*)> spoil;
    const char* says;
  } cases[] = {
      {[](Observation* o) { o->label = ""; }, "label of 0 bytes"},
      {[](Observation* o) { o->label = std::string(65, 'l'); },
       "label of 65 bytes"},
      {[](Observation* o) { o->label = std::string("a\0b", 3); }, "NUL"},
      {[](Observation* o) { o->end_ns = o->start_ns - 1; }, "ns: at most"},
      {[](Observation* o) { o->end_ns = o->start_ns + 3'600'000'000'001; },
       "ns: at most 3600000000000"},
      {[](Observation* o) { o->start_ns = INT64_MIN + 1; }, "ns: at most"},
      {[](Observation* o) { o->start_ns = INT64_MIN; }, "before all times"},
      {[](Observation* o) { o->last_index = o->first_index - 1; },
       "frames 100 to 99"},
      {[](Observation* o) { o->last_index = 100 + (1 << 20); },
       "at most 1048576"},
      {[](Observation* o) { o->boxes[0].index = 99; },
       "box of frame 99: expected 100 to 103"},
      {[](Observation* o) { o->boxes[3].index = 104; }, "box of frame 104"},
      {[](Observation* o) { o->boxes[1].index = 100; },
       "box of frame 100: expected 101 to 103"},
      {[](Observation* o) { --o->boxes[0].time_ns; },
       "at 3999999999 ns: expected 4000000000 to 4120000000"},
      {[](Observation* o) { ++o->boxes[3].time_ns; },
       "box of frame 103 at 4120000001 ns"},
      {[](Observation* o) { o->boxes[2].time_ns = o->boxes[1].time_ns - 1; },
       "at 4039999999 ns: expected 4040000000 to 4120000000"},
      {[](Observation* o) { o->boxes[1].right = o->boxes[1].left - 1; },
       "edges out of order"},
      {[](Observation* o) { o->boxes[1].bottom = (1 << 20) + 1; }, "beyond"},
      {[](Observation* o) { o->attributes.resize(17); }, "17 attributes"},
      {[](Observation* o) {
         o->attributes.push_back({std::string(65, 'n'), ""});
       },
       "attribute of 65 and 0 bytes"},
  };
  for (const auto& c : cases) {
    Observation o = MovingThing(7, "car", 1, 100, 103);
    ASSERT_TRUE(CheckObservation(o).ok());
    c.spoil(&o);
    const absl::Status status = CheckObservation(o);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << c.says;
    EXPECT_THAT(status.ToString(), HasSubstr(c.says));
  }
  Observation still = MovingThing(7, "car", 1, 100, 103);
  still.boxes[2].time_ns = still.boxes[1].time_ns;
  EXPECT_TRUE(CheckObservation(still).ok()) << "clips may repeat a time";
  Observation many = MovingThing(7, "car", 1, 0, 4096);
  EXPECT_THAT(CheckObservation(many).ToString(), HasSubstr("4097 boxes"));
}

TEST(ObservationTest, PixelsAreKeptToAnEighthAndWithinLimits) {
  const ObservedBox box = ToObservedBox(3, 7, 1.0 / 16, -2.5, 10.2, 1e9, 0.5);
  EXPECT_EQ(box.index, 3u);
  EXPECT_EQ(box.time_ns, 7);
  EXPECT_EQ(box.left, 1);
  EXPECT_EQ(box.top, -20);
  EXPECT_EQ(box.right, 82);
  EXPECT_EQ(box.bottom, kObservationLimits.max_edge);
  EXPECT_EQ(box.score, 128);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const ObservedBox odd = ToObservedBox(3, 0, 5, nan, 4, nan, 7.0);
  EXPECT_EQ(odd.right, odd.left) << "never out of order";
  EXPECT_EQ(odd.top, 0);
  EXPECT_EQ(odd.score, 255);
  EXPECT_EQ(ToObservedScore(nan), 0);
  EXPECT_EQ(ToObservedScore(1.0), 65535);
  EXPECT_EQ(ToObservedScore(-1.0), 0);
}

}  // namespace
}  // namespace fovea
