// SPDX-License-Identifier: GPL-2.0-or-later
//
// One object query over one stream: score, places, relations, length.

#include "index/object_match.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/query_reader.h"
#include "tests/index/footage.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using testing::Footage;
using testing::FootageFacts;
using testing::FootageStream;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Moving;

constexpr StreamId kStream = 7;

class ObjectMatchTest : public ::testing::Test {
 protected:
  ObjectMatchTest() {
    FootageStream stream;
    stream.stream = {kStream, "door", true, 100, 50};
    footage_.streams.push_back(stream);
  }

  FootageStream& stream() { return footage_.streams[0]; }
  void Add(const Observation& o) { stream().observations.push_back(o); }

  absl::StatusOr<std::vector<ObjectMatch>> TryMatch(const ObjectQuery& query,
                                                    TimeSpan window) {
    FootageFacts facts(footage_);
    QueryReader reader(&facts, limits_, &stop_);
    return MatchObject(query, stream().stream, window, BoxesOfLooks::kLeftOut,
                       &reader);
  }

  // "label track" -> when it matches.
  std::map<std::string, std::vector<std::pair<int64_t, int64_t>>> Match(
      const ObjectQuery& query, TimeSpan window = TimeSpan::All()) {
    const auto matches = TryMatch(query, window);
    EXPECT_TRUE(matches.ok()) << matches.status();
    std::map<std::string, std::vector<std::pair<int64_t, int64_t>>> times;
    for (const ObjectMatch& match : *matches) {
      std::vector<TimeSpan> spans;
      for (const Look& look : match.looks) spans.push_back(look.span);
      auto& of_match =
          times[match.name.label + " " + std::to_string(match.name.track)];
      const Timeline when(std::move(spans));
      for (const TimeSpan& run : when.runs()) {
        of_match.push_back({run.begin_ns, run.end_ns});
      }
    }
    return times;
  }

  Footage footage_;
  EvaluationLimits limits_;
  std::atomic<bool> stop_ = false;
};

using Times = std::vector<std::pair<int64_t, int64_t>>;
using Matches = std::map<std::string, Times>;

Length Pixels(double value) { return {value, false}; }
Length Percent(double value) { return {value, true}; }

ObjectQuery In(Place::Kind kind, const Area& area) {
  ObjectQuery query;
  query.places.push_back({kind, area, {}, {}});
  return query;
}

ObjectQuery Crossing(double x1, double y1, double x2, double y2) {
  ObjectQuery query;
  Place place;
  place.kind = Place::Kind::kCrosses;
  place.start = {Pixels(x1), Pixels(y1)};
  place.end = {Pixels(x2), Pixels(y2)};
  query.places.push_back(place);
  return query;
}

ObjectQuery Label(const std::string& label) {
  ObjectQuery query;
  query.labels = {label};
  return query;
}

ObjectQuery Related(const std::string& label, Relation::Kind kind,
                    const ObjectQuery& other) {
  ObjectQuery query = Label(label);
  query.relations.push_back({kind, other});
  return query;
}

// A car that stands at x = 10, 20, ... 50 pixels for 10 ns each: [100, 141).
Observation PassingCar() {
  return Moving("car", 1, 100, 10,
                {{80, 80}, {160, 80}, {240, 80}, {320, 80}, {400, 80}});
}

TEST_F(ObjectMatchTest, OfALabelAsLongAsItLives) {
  Add(PassingCar());
  EXPECT_EQ(Match(Label("car")), (Matches{{"car 1", {{100, 141}}}}));
  EXPECT_EQ(Match({}), (Matches{{"car 1", {{100, 141}}}}));
  EXPECT_THAT(Match(Label("ca")), IsEmpty());
  EXPECT_EQ(Match(Label("car"), {140, 500}),
            (Matches{{"car 1", {{140, 141}}}}));
  EXPECT_THAT(Match(Label("car"), {141, 500}), IsEmpty());
  EXPECT_THAT(Match(Label("car"), {0, 100}), IsEmpty());
}

TEST_F(ObjectMatchTest, ACentreIsInAnAreaHalfOpen) {
  Add(PassingCar());
  const auto in = [&](double left, double right) {
    return Match(In(Place::Kind::kIn,
                    {Pixels(left), Pixels(0), Pixels(right), Pixels(50)}));
  };
  EXPECT_EQ(in(20, 30), (Matches{{"car 1", {{110, 120}}}}));
  EXPECT_EQ(in(20, 30.125), (Matches{{"car 1", {{110, 130}}}}));
  EXPECT_EQ(in(20.0625, 50.125), (Matches{{"car 1", {{120, 141}}}}));
  EXPECT_THAT(in(20.1, 20.2), IsEmpty());
}

TEST_F(ObjectMatchTest, InsideIsAllOfABoxTouchingSomeOfIt) {
  Add(PassingCar());  // two pixels wide
  const Area area = {Pixels(19), Pixels(9), Pixels(29), Pixels(11)};
  EXPECT_EQ(Match(In(Place::Kind::kInside, area)),
            (Matches{{"car 1", {{110, 120}}}}));
  EXPECT_EQ(Match(In(Place::Kind::kTouches, area)),
            (Matches{{"car 1", {{110, 120}}}}))
      << "an edge in common is no area";
  const Area more = {Pixels(19), Pixels(9), Pixels(29.125), Pixels(10.875)};
  EXPECT_EQ(Match(In(Place::Kind::kTouches, more)),
            (Matches{{"car 1", {{110, 130}}}}));
  EXPECT_THAT(Match(In(Place::Kind::kInside, more)), IsEmpty());
}

TEST_F(ObjectMatchTest, PercentIsOfThePictureAndOfNoneWithoutSize) {
  Add(PassingCar());
  const ObjectQuery in = In(
      Place::Kind::kIn, {Percent(20), Percent(0), Percent(30), Percent(100)});
  EXPECT_EQ(Match(in), (Matches{{"car 1", {{110, 120}}}}));
  stream().stream.width = 200;
  EXPECT_EQ(Match(in), (Matches{{"car 1", {{130, 141}}}}));
  stream().stream.width = stream().stream.height = 0;
  EXPECT_THAT(Match(in), IsEmpty());
}

TEST_F(ObjectMatchTest, ALineIsCrossedFromTheBoxBeforeToTheBoxBehind) {
  Add(PassingCar());
  EXPECT_EQ(Match(Crossing(25, 0, 25, 50)), (Matches{{"car 1", {{110, 120}}}}));
  EXPECT_EQ(Match(Crossing(30, 0, 30, 50)), (Matches{{"car 1", {{120, 130}}}}))
      << "the step that begins on the line, not the one that ends there";
  EXPECT_THAT(Match(Crossing(50, 0, 50, 50)), IsEmpty()) << "never left";
  EXPECT_THAT(Match(Crossing(25, 11, 25, 50)), IsEmpty());
}

TEST_F(ObjectMatchTest, WithoutABoxThereIsNoPlace) {
  Observation late = PassingCar();
  late.boxes.erase(late.boxes.begin(), late.boxes.begin() + 2);
  late.max_score = 60'000;
  Add(late);
  Observation none = PassingCar();
  none.track = 2;
  none.boxes.clear();
  none.max_score = 30'000;
  Add(none);
  const Area all = {Pixels(0), Pixels(0), Pixels(100), Pixels(100)};
  EXPECT_EQ(Match({}),
            (Matches{{"car 1", {{100, 141}}}, {"car 2", {{100, 141}}}}));
  EXPECT_EQ(Match(In(Place::Kind::kIn, all)),
            (Matches{{"car 1", {{120, 141}}}}));
  EXPECT_EQ(Match(Related("car", Relation::Kind::kOverlaps, {})), Matches());
  ObjectQuery sure;
  sure.least_score = 0.9;
  EXPECT_EQ(Match(sure), (Matches{{"car 1", {{100, 141}}}}));
  sure.least_score = 0.95;
  EXPECT_EQ(Match(sure), (Matches{{"car 1", {{120, 141}}}}));
}

TEST_F(ObjectMatchTest, AScoreIsThatOfTheBox) {
  Observation car = PassingCar();
  car.boxes[2].score = 128;
  Add(car);
  ObjectQuery query;
  query.least_score = 128.0 / 255;
  EXPECT_EQ(Match(query), (Matches{{"car 1", {{100, 141}}}}));
  query.least_score = 0.502;
  EXPECT_EQ(Match(query), (Matches{{"car 1", {{100, 120}, {130, 141}}}}));
}

TEST_F(ObjectMatchTest, ModelsAreNamedByTheirFirstDigits) {
  Observation car = PassingCar();
  car.model.fill(0);
  car.model[0] = 0xab;
  car.model[1] = 0xc1;
  Add(car);
  for (const char* digits : {"", "a", "ABC", "abc1"}) {
    ObjectQuery query;
    query.model = digits;
    EXPECT_EQ(Match(query).size(), 1u) << digits;
  }
  for (const char* digits : {"b", "abc2"}) {
    ObjectQuery query;
    query.model = digits;
    EXPECT_THAT(Match(query), IsEmpty()) << digits;
  }
}

TEST_F(ObjectMatchTest, AttributesAreAllThere) {
  Observation car = PassingCar();
  car.attributes = {{"colour", "red"}, {"plate", "A 1"}, {"plate", "B 2"}};
  Add(car);
  ObjectQuery query;
  query.attributes = {{"plate", "B 2"}, {"colour", "red"}};
  EXPECT_EQ(Match(query).size(), 1u);
  query.attributes = {{"plate", "B 2"}, {"colour", "re"}};
  EXPECT_THAT(Match(query), IsEmpty());
}

TEST_F(ObjectMatchTest, RelationsAreToAnotherAtTheSameInstant) {
  Add(PassingCar());
  Add(Moving("person", 1, 115, 10, {{240, 80}, {240, 40}, {240, 400}}));
  using Kind = Relation::Kind;
  const auto car = [&](Kind kind) {
    return Match(Related("car", kind, Label("person")))["car 1"];
  };
  EXPECT_EQ(car(Kind::kLeftOf), (Times{{115, 120}}));
  EXPECT_EQ(car(Kind::kRightOf), (Times{{130, 136}}));
  EXPECT_EQ(car(Kind::kAbove), (Times{{135, 136}}));
  EXPECT_EQ(car(Kind::kBelow), (Times{{125, 135}}));
  EXPECT_EQ(car(Kind::kOverlaps), (Times{{120, 125}}));
  EXPECT_THAT(Match(Related("car", Kind::kOverlaps, Label("car"))), IsEmpty())
      << "never to itself";
}

TEST_F(ObjectMatchTest, TheOtherMustMatchItself) {
  Add(PassingCar());
  Add(Moving("person", 1, 100, 10, {{400, 80}, {400, 80}, {400, 80}}));
  Add(Moving("dog", 1, 110, 10, {{800, 80}}));
  using Kind = Relation::Kind;
  const ObjectQuery by_a_dog = Related("person", Kind::kLeftOf, Label("dog"));
  EXPECT_EQ(Match(Related("car", Kind::kLeftOf, by_a_dog)),
            (Matches{{"car 1", {{110, 111}}}}));
}

TEST_F(ObjectMatchTest, LengthIsOfAllThatIsAskedTogether) {
  Add(PassingCar());
  ObjectQuery query =
      In(Place::Kind::kIn, {Pixels(20), Pixels(0), Pixels(40), Pixels(50)});
  query.least_length_ns = 20;  // it is there for as long
  EXPECT_EQ(Match(query), (Matches{{"car 1", {{110, 130}}}}));
  EXPECT_EQ(Match(query, {129, 130}), (Matches{{"car 1", {{129, 130}}}}))
      << "a window does not shorten it";
  EXPECT_EQ(Match(query, {110, 111}), (Matches{{"car 1", {{110, 111}}}}));
  query.least_length_ns = 21;
  EXPECT_THAT(Match(query), IsEmpty());
}

TEST_F(ObjectMatchTest, TimesAtTheEndsOfTimeAreNoError) {
  Observation last =
      Moving("car", 1, INT64_MAX - 40, 20, {{80, 80}, {80, 80}, {80, 80}});
  Add(last);
  ObjectQuery query = Label("car");
  query.least_length_ns = 40;
  EXPECT_EQ(Match(query), (Matches{{"car 1", {{INT64_MAX - 40, INT64_MAX}}}}));
}

TEST_F(ObjectMatchTest, MoreThanTheLimitIsRefused) {
  for (uint64_t track = 0; track < 10; ++track) {
    Observation o = PassingCar();
    o.track = track;
    Add(o);
  }
  limits_.max_boxes = 10;
  EXPECT_TRUE(TryMatch(Label("car"), TimeSpan::All()).ok())
      << "boxes that look alike are one";
  limits_.max_boxes = 9;
  const auto refused = TryMatch(Label("car"), TimeSpan::All()).status();
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_THAT(refused.ToString(), HasSubstr("more than 9 boxes match at once"));
}

TEST_F(ObjectMatchTest, ItStopsWhenItIsTold) {
  Add(PassingCar());
  stop_ = true;
  EXPECT_TRUE(absl::IsCancelled(TryMatch({}, TimeSpan::All()).status()));
}

}  // namespace
}  // namespace fovea
