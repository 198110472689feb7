// SPDX-License-Identifier: GPL-2.0-or-later
//
// Observations come back from packs as they were, rows of version 1 are still
// read, and damaged rows and rows of another release are errors.

#include "index/observation_pack.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/index/any_observation.h"
#include "tests/support/damage.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kFrameNs;
using testing::MovingThing;
using testing::ObservationDice;

constexpr int64_t kHour = 3'600'000'000'000;

std::vector<const Observation*> Pointers(const std::vector<Observation>& all) {
  std::vector<const Observation*> pointers;
  for (const Observation& o : all) pointers.push_back(&o);
  return pointers;
}

std::string Encode(const std::vector<Observation>& all) {
  const auto body = EncodePack(Pointers(all));
  EXPECT_TRUE(body.has_value());
  return body.value_or("");
}

absl::StatusOr<std::vector<Observation>> Decode(const Observation& first,
                                                const std::string& body) {
  const auto pack =
      ObservationPack::Decode(KeyOf(first), EncodeObservationRow({1, body}));
  if (!pack.ok()) return pack.status();
  return pack->All();
}

// Some to be packed: of one stream, label and model, near one another.
std::vector<Observation> AnyPack(ObservationDice& dice, uint64_t most) {
  std::vector<Observation> pack = {dice.Any()};
  for (uint64_t n = dice.Below(most); n > 0; --n) {
    Observation o = dice.Any();
    o.stream = pack[0].stream;
    o.label = pack[0].label;
    o.model = pack[0].model;
    const auto later = static_cast<int64_t>(
        dice.Below(static_cast<uint64_t>(kPackLimits.max_span_ns)));
    if (pack[0].start_ns > INT64_MAX - later - kHour) continue;
    const int64_t start_ns = pack[0].start_ns + later;
    for (ObservedBox& box : o.boxes) {
      box.time_ns = start_ns + (box.time_ns - o.start_ns);
    }
    o.end_ns = start_ns + (o.end_ns - o.start_ns);
    o.start_ns = start_ns;
    pack.push_back(std::move(o));
  }
  std::ranges::sort(pack, {}, KeyOf);
  return pack;
}

// A day of tracks of one camera.
std::vector<Observation> DayOfThings(uint64_t count) {
  std::vector<Observation> things;
  for (uint64_t i = 0; i < count; ++i) {
    things.push_back(MovingThing(7, "car", 50 + i, 8400 * i, 8400 * i + 100));
  }
  return things;
}

TEST(ObservationPackTest, AnyOneComesBackAsItWas) {
  ObservationDice dice(1);
  for (int i = 0; i < 5000; ++i) {
    const Observation o = dice.Any();
    ASSERT_TRUE(CheckObservation(o).ok()) << CheckObservation(o);
    const auto back = Decode(o, EncodeObservation(o));
    ASSERT_TRUE(back.ok()) << back.status();
    ASSERT_THAT(*back, ElementsAre(o)) << "round " << i;
  }
}

TEST(ObservationPackTest, AnyOnesComeBackTogether) {
  ObservationDice dice(4);
  for (int round = 0; round < 300; ++round) {
    const std::vector<Observation> pack = AnyPack(dice, 40);
    const auto back = Decode(pack[0], Encode(pack));
    ASSERT_TRUE(back.ok()) << back.status() << ", round " << round;
    ASSERT_TRUE(*back == pack) << "round " << round;
  }
}

TEST(ObservationPackTest, HeadsAreKnownWithoutBoxes) {
  ObservationDice dice(5);
  for (int round = 0; round < 100; ++round) {
    const std::vector<Observation> all = AnyPack(dice, 20);
    const std::string value = EncodeObservationRow({9, Encode(all)});
    const auto pack = ObservationPack::Decode(KeyOf(all[0]), value);
    ASSERT_TRUE(pack.ok()) << pack.status();
    EXPECT_EQ(pack->epoch(), 9u);
    EXPECT_EQ(pack->model(), all[0].model);
    ASSERT_EQ(pack->size(), all.size());
    int64_t last_ns = INT64_MIN;
    for (size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ((*pack)[i].start_ns, all[i].start_ns);
      EXPECT_EQ((*pack)[i].end_ns, all[i].end_ns);
      EXPECT_EQ((*pack)[i].last_index, all[i].last_index);
      EXPECT_EQ((*pack)[i].track, all[i].track);
      EXPECT_EQ((*pack)[i].max_score, all[i].max_score);
      last_ns = std::max(last_ns, all[i].end_ns);
    }
    const auto summary = SummarisePack(KeyOf(all[0]), value);
    ASSERT_TRUE(summary.ok()) << summary.status();
    EXPECT_EQ(summary->observations, all.size());
    EXPECT_EQ(summary->model, all[0].model);
    EXPECT_TRUE(summary->until_ns > last_ns || last_ns == INT64_MAX);
    EXPECT_LE(summary->until_ns - 1'000'000'000, last_ns);
  }
}

TEST(ObservationPackTest, TheLargestFitsItsRow) {
  Observation o = MovingThing(7, std::string(64, 'l'), UINT64_MAX, 0, 4095);
  const int32_t most = kObservationLimits.max_edge;
  o.end_ns = kHour;
  for (size_t i = 0; i < o.boxes.size(); ++i) {
    const int32_t edge = i % 2 == 0 ? -most : most;
    const auto shake = static_cast<int64_t>(i % 3 * 40'000'000);
    o.boxes[i] = {256 * i,
                  static_cast<int64_t>(i) * 800'000'000 + shake,
                  edge,
                  edge,
                  edge,
                  edge,
                  static_cast<uint8_t>(i % 2 * 255)};
  }
  o.last_index = kObservationLimits.max_frames - 1;
  o.attributes.assign(16, {std::string(64, 'n'), std::string(256, 'v')});
  ASSERT_TRUE(CheckObservation(o).ok()) << CheckObservation(o);
  const std::string body = EncodeObservation(o);
  EXPECT_LE(body.size(), kRowLimits.max_observation_bytes);
  EXPECT_THAT(*Decode(o, body), ElementsAre(o));
  // Many of them are too much for a row, and that is told.
  std::vector<Observation> many(200, o);
  for (size_t i = 0; i < many.size(); ++i) many[i].track = i;
  EXPECT_FALSE(EncodePack(Pointers(many)).has_value());
}

TEST(ObservationPackTest, MoreThanItsLimitsIsNoPack) {
  const std::vector<Observation> full = DayOfThings(256);
  EXPECT_TRUE(EncodePack(Pointers(full)).has_value());
  EXPECT_FALSE(EncodePack(Pointers(DayOfThings(257))).has_value());
  std::vector<Observation> far = {MovingThing(7, "car", 1, 0, 9),
                                  MovingThing(7, "car", 2, 0, 9)};
  far[1].boxes.clear();
  far[1].start_ns = 24 * kHour;
  far[1].end_ns = far[1].start_ns;
  EXPECT_TRUE(EncodePack(Pointers(far)).has_value());
  far[1].end_ns = ++far[1].start_ns;
  EXPECT_FALSE(EncodePack(Pointers(far)).has_value());
}

TEST(ObservationPackTest, EvenMotionCostsNothingPerFrame) {
  const Observation short_one = MovingThing(7, "car", 1, 100, 110);
  const Observation long_one = MovingThing(7, "car", 1, 100, 4000);
  EXPECT_LE(EncodeObservation(long_one).size(),
            EncodeObservation(short_one).size() + 10);
}

TEST(ObservationPackTest, EvenTimeCostsNothingThroughPausesOfTheRecording) {
  std::vector<Observation> day = DayOfThings(100);
  const size_t even = Encode(day).size();
  for (size_t i = 50; i < day.size(); ++i) {
    day[i].start_ns += 8 * kHour / 10;
    day[i].end_ns += 8 * kHour / 10;
    for (ObservedBox& box : day[i].boxes) box.time_ns += 8 * kHour / 10;
  }
  const auto back = Decode(day[0], Encode(day));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(*back == day);
  // A number for each, at most; none for each box.
  EXPECT_LE(Encode(day).size(), even + 100 * 8);
}

TEST(ObservationPackTest, PackedOnesTakeAFractionOfTheirSpace) {
  const std::vector<Observation> day = DayOfThings(256);
  size_t alone = 0;
  for (const Observation& o : day) alone += EncodeObservation(o).size();
  EXPECT_LE(Encode(day).size() * 3, alone);
}

TEST(ObservationPackTest, EveryCutAndAnyByteMoreIsDataLoss) {
  ObservationDice dice(2);
  for (int i = 0; i < 30; ++i) {
    const std::vector<Observation> pack = AnyPack(dice, 4);
    const std::string body = Encode(pack);
    testing::ForEachTruncation(body, [&](const std::string& cut) {
      EXPECT_TRUE(absl::IsDataLoss(Decode(pack[0], cut).status()))
          << cut.size();
    });
    EXPECT_TRUE(absl::IsDataLoss(Decode(pack[0], body + '\0').status()));
  }
}

TEST(ObservationPackTest, AChangedByteGivesAnErrorOrAnother) {
  std::vector<Observation> pack = {MovingThing(7, "car", 1, 100, 103),
                                   MovingThing(7, "car", 2, 101, 109)};
  pack[0].attributes.push_back({"colour", "red"});
  pack[0].boxes[2].top -= 3;
  pack[1].boxes[3].time_ns += 5;
  testing::ForEachByteChange(Encode(pack), [&](const std::string& changed) {
    const auto back = Decode(pack[0], changed);
    if (!back.ok()) return;
    for (const Observation& o : *back) {
      EXPECT_TRUE(CheckObservation(o).ok()) << CheckObservation(o);
    }
    // How many bits a number is written with is the writer's choice.
    EXPECT_TRUE(*back != pack || changed.size() == Encode(pack).size());
  });
}

// What the release of store format 2 wrote: a car on frames 100 to 103.
TEST(ObservationPackTest, RowsOfVersionOneAreRead) {
  const std::string body = absl::HexStringToBytes(
      "0180bcc1960b64030707070707070707070707070707070707070707070707070707"
      "070707070707800080000106636f6c6f757203726564040100c00cc002c00ec00680"
      "0203011000100000");
  Observation expected = MovingThing(7, "car", 1, 100, 103);
  expected.end_ns = expected.start_ns + 3'000'000'000;
  expected.attributes.push_back({"colour", "red"});
  for (size_t i = 0; i < 4; ++i) {  // evenly from start to end
    expected.boxes[i].time_ns =
        expected.start_ns + static_cast<int64_t>(i) * 1'000'000'000;
  }
  const auto found = Decode(expected, body);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, ElementsAre(expected));
  const auto summary =
      SummarisePack(KeyOf(expected), EncodeObservationRow({1, body}));
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->observations, 1u);
  EXPECT_EQ(summary->until_ns, expected.end_ns + 1);
  EXPECT_EQ(summary->model, expected.model);
}

TEST(ObservationPackTest, ANewerVersionIsNamedWithItsPlace) {
  const Observation o = MovingThing(7, "car", 1, 100, 103);
  std::string body = EncodeObservation(o);
  body[0] = 3;
  const absl::Status status = Decode(o, body).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.ToString(),
              HasSubstr("stream 7 observation at 4000000000 ns: observation "
                        "of version 3; this build reads versions 1 and 2"));
}

TEST(ObservationPackTest, ARowUnderAnotherTimeIsDataLoss) {
  Observation o = MovingThing(7, "car", 1, 0, 3);
  const std::string body = EncodeObservation(o);
  o.start_ns = INT64_MAX - 5;
  EXPECT_TRUE(absl::IsDataLoss(Decode(o, body).status()));
}

}  // namespace
}  // namespace fovea
