// SPDX-License-Identifier: GPL-2.0-or-later
//
// Observations come back from their rows as they were; damaged rows and
// rows of another release are errors, and what no row can hold is refused.

#include "index/observation.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/index/any_observation.h"
#include "tests/support/damage.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using testing::MovingThing;
using testing::ObservationDice;

std::string ValueOf(const std::string& body) {
  return EncodeObservationRow({1, body});
}

absl::StatusOr<Observation> Decode(const Observation& o,
                                   const std::string& body) {
  return DecodeObservation(KeyOf(o), ValueOf(body));
}

TEST(ObservationTest, AnyOneComesBackAsItWas) {
  ObservationDice dice(1);
  for (int i = 0; i < 5000; ++i) {
    const Observation o = dice.Any();
    ASSERT_TRUE(CheckObservation(o).ok()) << CheckObservation(o);
    const auto back = Decode(o, EncodeObservation(o));
    ASSERT_TRUE(back.ok()) << back.status();
    ASSERT_TRUE(*back == o) << "round " << i;
  }
}

TEST(ObservationTest, TheLargestFitsItsRow) {
  Observation o = MovingThing(7, std::string(64, 'l'), UINT64_MAX, 0, 4095);
  const int32_t most = kObservationLimits.max_edge;
  for (size_t i = 0; i < o.boxes.size(); ++i) {
    const int32_t edge = i % 2 == 0 ? -most : most;
    o.boxes[i] = {256 * i, edge, edge,
                  edge,    edge, static_cast<uint8_t>(i % 2 * 255)};
  }
  o.last_index = kObservationLimits.max_frames - 1;
  o.attributes.assign(16, {std::string(64, 'n'), std::string(256, 'v')});
  ASSERT_TRUE(CheckObservation(o).ok()) << CheckObservation(o);
  const std::string body = EncodeObservation(o);
  EXPECT_LE(body.size(), kRowLimits.max_observation_bytes);
  EXPECT_EQ(*Decode(o, body), o);
}

TEST(ObservationTest, EvenMotionCostsNothingPerFrame) {
  const Observation short_one = MovingThing(7, "car", 1, 100, 110);
  const Observation long_one = MovingThing(7, "car", 1, 100, 4000);
  EXPECT_LE(EncodeObservation(long_one).size(),
            EncodeObservation(short_one).size() + 10);
}

TEST(ObservationTest, EveryCutAndAnyByteMoreIsDataLoss) {
  ObservationDice dice(2);
  for (int i = 0; i < 30; ++i) {
    const Observation o = dice.Any();
    const std::string body = EncodeObservation(o);
    testing::ForEachTruncation(body, [&](const std::string& cut) {
      EXPECT_TRUE(absl::IsDataLoss(Decode(o, cut).status())) << cut.size();
    });
    EXPECT_TRUE(absl::IsDataLoss(Decode(o, body + '\0').status()));
  }
}

TEST(ObservationTest, AChangedByteGivesAnErrorOrAnother) {
  Observation o = MovingThing(7, "car", 1, 100, 103);
  o.attributes.push_back({"colour", "red"});
  o.boxes[2].top -= 3;
  testing::ForEachByteChange(
      EncodeObservation(o), [&](const std::string& changed) {
        const auto back = Decode(o, changed);
        if (!back.ok()) return;
        EXPECT_TRUE(CheckObservation(*back).ok()) << CheckObservation(*back);
        EXPECT_FALSE(*back == o);
      });
}

TEST(ObservationTest, ANewerVersionIsNamedWithItsPlace) {
  const Observation o = MovingThing(7, "car", 1, 100, 103);
  std::string body = EncodeObservation(o);
  body[0] = 2;
  const absl::Status status = Decode(o, body).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.ToString(),
              HasSubstr("stream 7 observation at 4000000000 ns: observation "
                        "of version 2; this build reads version 1"));
}

TEST(ObservationTest, AnEndBeyondAllTimesIsDataLoss) {
  Observation o = MovingThing(7, "car", 1, 0, 3);
  const std::string body = EncodeObservation(o);
  o.start_ns = INT64_MAX - 5;
  EXPECT_THAT(Decode(o, body).status().ToString(),
              HasSubstr("DATA_LOSS: stream 7 observation at "
                        "9223372036854775802 ns: observation: ends behind "
                        "all times"));
}

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
      {[](Observation* o) { o->start_ns = INT64_MIN; }, "ns: at most"},
      {[](Observation* o) { o->last_index = o->first_index - 1; },
       "frames 100 to 99"},
      {[](Observation* o) { o->last_index = 100 + (1 << 20); },
       "at most 1048576"},
      {[](Observation* o) { o->boxes[0].index = 99; },
       "box of frame 99: expected 100 to 103"},
      {[](Observation* o) { o->boxes[3].index = 104; }, "box of frame 104"},
      {[](Observation* o) { o->boxes[1].index = 100; },
       "box of frame 100: expected 101 to 103"},
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
  Observation many = MovingThing(7, "car", 1, 0, 4096);
  EXPECT_THAT(CheckObservation(many).ToString(), HasSubstr("4097 boxes"));
}

TEST(ObservationTest, PixelsAreKeptToAnEighthAndWithinLimits) {
  const ObservedBox box = ToObservedBox(3, 1.0 / 16, -2.5, 10.2, 1e9, 0.5);
  EXPECT_EQ(box.index, 3u);
  EXPECT_EQ(box.left, 1);
  EXPECT_EQ(box.top, -20);
  EXPECT_EQ(box.right, 82);
  EXPECT_EQ(box.bottom, kObservationLimits.max_edge);
  EXPECT_EQ(box.score, 128);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const ObservedBox odd = ToObservedBox(3, 5, nan, 4, nan, 7.0);
  EXPECT_EQ(odd.right, odd.left) << "never out of order";
  EXPECT_EQ(odd.top, 0);
  EXPECT_EQ(odd.score, 255);
  EXPECT_EQ(ToObservedScore(nan), 0);
  EXPECT_EQ(ToObservedScore(1.0), 65535);
  EXPECT_EQ(ToObservedScore(-1.0), 0);
}

}  // namespace
}  // namespace fovea
