// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/query_check.h"

#include <chrono>
#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/query_builder.h"
#include "index/query_picture_check.h"

namespace fovea {
namespace {

using namespace fovea::ask;            // NOLINT: the tests are about queries
using namespace std::chrono_literals;  // NOLINT

using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kEndless = std::numeric_limits<double>::infinity();

void ExpectGood(const Query& query) {
  EXPECT_TRUE(CheckQuery(query).ok()) << CheckQuery(query);
}

void ExpectBad(const Query& query, const std::string& message) {
  const absl::Status status = CheckQuery(query);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << message;
  EXPECT_THAT(std::string(status.message()), HasSubstr(message));
}

Object Person() { return Object("person"); }

void ExpectGood(const Expression& e) { ExpectGood(Query(Find(e))); }
void ExpectBad(const Expression& e, const std::string& message) {
  ExpectBad(Query(Find(e)), message);
}

std::string Copies(size_t n, char c = 'a') { return std::string(n, c); }

TEST(QueryCheckTest, LabelsAreThoseOfObservations) {
  ExpectGood(Object(Copies(64)));
  ExpectGood(Object("\xe4\xba\xba"));
  ExpectGood(Object::Anything());
  ExpectBad(Object(""),
            "label: expected 1 to 64 bytes without NUL, found none");
  ExpectBad(Object(Copies(65)), "label: expected 1 to 64 bytes");
  ExpectBad(Object(std::string("a\0b", 3)), "found 'a\\000b'");
  ExpectBad(Object("a\xff"), "label: expected UTF-8, found 'a\\377'");
  // What is shown of it is one short line.
  const absl::Status status = CheckQuery(Find(Object(Copies(5000, '\n'))));
  EXPECT_LT(status.message().size(), 300U);
  EXPECT_EQ(status.message().find('\n'), absl::string_view::npos);
}

TEST(QueryCheckTest, ScoresAreFromZeroToOne) {
  ExpectGood(Person().Score(0));
  ExpectGood(Person().Score(1));
  ExpectBad(Person().Score(1.5),
            "object 'person': score: expected 0 to 1, found 1.5");
  ExpectBad(Person().Score(-0.1), "found -0.1");
  ExpectBad(Person().Score(kNan), "found nan");
}

TEST(QueryCheckTest, ModelsAreDigitsOfADigest) {
  ExpectGood(Person().By(Copies(64)));
  ExpectGood(Person().By("09af"));
  ExpectBad(Person().By(Copies(65)), "model: expected at most 64 digits");
  ExpectBad(Person().By("yolo"), "found 'yolo'");
  ExpectBad(Person().By("AB"), "digits 0-9 and a-f");
}

TEST(QueryCheckTest, AttributesAreThoseOfObservations) {
  ExpectGood(Person().With(Copies(64), Copies(256)));
  ExpectGood(Person().With("", ""));
  ExpectBad(Person().With(Copies(65), ""),
            "attribute's name: expected 0 to 64 bytes, found 65");
  ExpectBad(Person().With("a", Copies(257)), "attribute's value: expected");
  ExpectBad(Person().With("a", "\xc3"), "expected UTF-8");
}

TEST(QueryCheckTest, AreasHaveAnExtent) {
  ExpectGood(Person().In(Box(0, 0, 1, 1)));
  ExpectGood(Person().In(Box(0, 0, Percent(100), Percent(100))));
  // Which of these is less only a picture can say.
  ExpectGood(Person().In(Box(2000, 2000, Percent(1), Percent(1))));
  ExpectBad(Person().In(Box(5, 0, 5, 9)),
            "box's left: expected less than its right of 5 pixels, found 5 "
            "pixels");
  ExpectBad(Person().Inside(Box(5, 0, 4, 9)), "less than its right");
  ExpectBad(Person().Touches(Box(0, Percent(40), 5, Percent(30))),
            "box's top: expected less than its bottom of 30%, found 40%");
  ExpectBad(Person().In(Box(-1, 0, 5, 5)), "left: expected 0 pixels or more");
  ExpectBad(Person().In(Box(0, 0, Percent(101), 5)),
            "right: expected 0% to 100%, found 101%");
  ExpectBad(Person().In(Box(0, 0, Percent(-1), 5)), "found -1%");
  ExpectBad(Person().In(Box(0, kNan, 5, 5)), "top: expected a finite number");
  ExpectBad(Person().In(Box(0, 0, 5, kEndless)), "bottom: expected a finite");
}

TEST(QueryCheckTest, LinesHaveALength) {
  ExpectGood(Person().Crosses(Line(0, 0, 0, 1)));
  ExpectGood(Person().Crosses(Line(0, 0, Percent(0), 0)));
  ExpectBad(Person().Crosses(Line(3, 4, 3, 4)),
            "line: expected two different points, found the same twice");
  ExpectBad(Person().Crosses(Line(3, kNan, 3, 4)), "y of a line: expected");
  ExpectBad(Person().Crosses(Line(3, 1, -3, 4)), "x of a line: expected");
}

TEST(QueryCheckTest, RelatedObjectsAreLookedAtToo) {
  ExpectGood(Person().LeftOf(Object("car").Above(Object("road"))));
  ExpectBad(Person().LeftOf(Object("car").Above(Object("road").Score(2))),
            "object 'person': score: expected 0 to 1, found 2");
}

TEST(QueryCheckTest, DurationsAreLongerThanNothingAndShorterThanADay) {
  ExpectGood(For(Person(), 1ns));
  ExpectGood(For(Person(), 24h));
  ExpectBad(For(Person(), 0s),
            "for: expected more than 0 s, at most 24 hours, found 0 ns");
  ExpectBad(For(Person(), -1s), "found -1000000000 ns");
  ExpectBad(For(Person(), 25h), "found 25 hours");
  ExpectBad(Then(Person(), Person(), Within(0s)), "within: expected more");
  ExpectBad(Person().Lasting(25h), "lasting: expected more than 0 s");
  ExpectBad(Person().Lasting(-1s), "lasting: expected more than 0 s");
}

TEST(QueryCheckTest, ReachesAddUpAlongAPathOnly) {
  ExpectGood(For(Person(), 24h) && For(Person(), 24h));
  ExpectGood(For(Then(Person(), Person().Lasting(8h), Within(8h)), 8h));
  ExpectBad(For(Then(Person(), Person().Lasting(8h), Within(9h)), 8h),
            "lasting: expected at most 24 hours with the durations around it, "
            "found 25 hours");
  ExpectBad(For(For(Person(), 1ns), 24h), "for: expected at most 24 hours");
  ExpectBad(Person().Lasting(20h).LeftOf(Object("car").Lasting(5h)),
            "found 25 hours");
}

TEST(QueryCheckTest, CountsHaveALimit) {
  ExpectGood(AtLeast(1'000'000, Person()));
  ExpectGood(Exactly(0, Person()));
  ExpectBad(AtLeast(1'000'001, Person()),
            "count: expected at most 1000000, found 1000001");
}

TEST(QueryCheckTest, SensorsHaveAChannelAndAFiniteValue) {
  ExpectGood(Sensor(Copies(255)).Norm() > Value(-1e300, Copies(255)));
  ExpectBad(Sensor("") > 1, "channel: expected 1 to 255 bytes, found 0");
  ExpectBad(Sensor(Copies(256)) > 1, "channel: expected 1 to 255 bytes");
  ExpectBad(Sensor("x") > kNan,
            "value of channel 'x': expected a finite number, found nan");
  ExpectBad(Sensor("x") > kEndless, "found inf");
  ExpectBad(Sensor("x") > Value(1, Copies(256)), "unit: expected 0 to 255");
  ExpectBad(Sensor("x") > Value(1, "\xff"), "unit: expected UTF-8");
}

TEST(QueryCheckTest, EachKindHasItsParts) {
  const Condition a = Expression(Person());
  ExpectBad(Condition{Conjunction{{a}}},
            "parts of 'and': expected 2 to 256, found 1");
  ExpectBad(Condition{Disjunction{}},
            "parts of 'or': expected 2 to 256, found 0");
  ExpectBad(Condition{fovea::Negation{{a, a}}},
            "parts of 'not': expected 1, found 2");
  ExpectBad(Condition{fovea::Lasting{{}, 1}}, "parts of 'for': expected 1");
  ExpectBad(Condition{Sequence{{a}, 1}}, "parts of 'then': expected 2");
  ExpectBad(Condition{Elsewhere{"x", {}}}, "parts of 'on': expected 1");
}

TEST(QueryCheckTest, NestingHasALimit) {
  const auto nested = [](int n) {
    Expression e = Person();
    for (int i = 1; i < n; ++i) e = !e;
    return e;
  };
  ExpectGood(nested(64));
  ExpectBad(nested(65),
            "query: expected at most 64 conditions within one another");
  Object object = Person();
  for (int i = 1; i < 64; ++i) object = Person().LeftOf(object);
  ExpectGood(object);
  ExpectBad(Person().LeftOf(object), "conditions within one another");
}

TEST(QueryCheckTest, ConditionsHaveALimit) {
  const auto wide = [](int n) {
    Expression e = Person();
    for (int i = 1; i < n; ++i) e = e || Person();
    return e;
  };
  ExpectGood(wide(255));
  ExpectBad(wide(256), "query: expected at most 256 conditions, found more");
  // The other object of a relation is one, too.
  ExpectBad(wide(254) || Person().LeftOf(Object("car")),
            "query: expected at most 256 conditions");
}

TEST(QueryCheckTest, ListsHaveLimits) {
  const auto with = [](auto change) {
    CountCondition count;
    change(&count.object);
    return Expression(Condition{count});
  };
  const Length one = {1, false}, two = {2, false};
  const Place place = {Place::Kind::kIn, {one, one, two, two}, {}, {}};
  ExpectGood(with([](auto* o) { o->labels.assign(64, "a"); }));
  ExpectBad(with([](auto* o) { o->labels.assign(65, "a"); }),
            "labels of an object: expected at most 64, found 65");
  ExpectGood(with([](auto* o) { o->attributes.assign(16, {"a", "b"}); }));
  ExpectBad(with([](auto* o) {
              o->attributes.assign(17, {"a", "b"});
            }),
            "attributes of an object: expected at most 16");
  ExpectGood(with([&](auto* o) { o->places.assign(16, place); }));
  ExpectBad(with([&](auto* o) { o->places.assign(17, place); }),
            "places of an object: expected at most 16");
  ExpectGood(with([](auto* o) { o->relations.resize(16); }));
  ExpectBad(with([](auto* o) { o->relations.resize(17); }),
            "relations of an object: expected at most 16");
}

TEST(QueryCheckTest, StreamsAreNamed) {
  ExpectGood(Find(On(Copies(200), Person())).Among({Copies(200), "*"}));
  ExpectBad(Find(On("", Person())), "stream of 'on': expected 1 to 200 bytes");
  ExpectBad(Find(Person()).Among({Copies(201)}),
            "stream: expected 1 to 200 bytes, found 201");
  ExpectBad(Find(Person()).Among({""}), "stream: expected 1 to 200 bytes");
  ExpectGood(Find(Person()).Among(std::vector<std::string>(64, "a")));
  ExpectBad(Find(Person()).Among(std::vector<std::string>(65, "a")),
            "streams of a query: expected at most 64, found 65");
}

TEST(QueryCheckTest, SpansHaveALength) {
  ExpectGood(Find(Person()).From(1ns).To(2ns));
  ExpectBad(Find(Person()).From(2s).To(2s),
            "from: expected before to, 2000000000 ns, found 2000000000 ns");
  ExpectBad(Find(Person()).From(3s).To(2s), "from: expected before to");
}

TEST(QueryCheckTest, LimitsDependOnTheOrder) {
  ExpectGood(Find(Person()).Limit(0));
  ExpectGood(Find(Person()).Limit(1'000'000).OrderBy(QueryOrder::kLatest));
  ExpectBad(Find(Person()).Limit(1'000'001),
            "limit: expected at most 1000000, found 1000001");
  ExpectGood(Find(Person()).Limit(10'000).OrderBy(QueryOrder::kScore));
  ExpectBad(Find(Person()).Limit(10'001).OrderBy(QueryOrder::kScore),
            "limit of a query ordered by score: expected at most 10000");
}

// --- Against a picture of 1280 x 720 ----------------------------------------

absl::Status AgainstPicture(const Expression& e) {
  return CheckQueryAgainstPicture(Find(e), "front", 1280, 720);
}

void ExpectOutside(const Expression& e, const std::string& message) {
  const absl::Status status = AgainstPicture(e);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << message;
  EXPECT_THAT(std::string(status.message()), HasSubstr(message));
}

TEST(QueryPictureCheckTest, PlacesLieInThePicture) {
  EXPECT_TRUE(AgainstPicture(Person().In(Box(0, 0, 1280, 720))).ok());
  EXPECT_TRUE(
      AgainstPicture(Person().Crosses(Line(0, 0, 1280, Percent(100)))).ok());
  ExpectOutside(Person().In(Box(0, 0, 1280.5, 720)),
                "right in the picture of 'front' of 1280 x 720: expected at "
                "most 1280 pixels, found 1280.5 pixels");
  ExpectOutside(Person().In(Box(0, 0, 5, 721)), "bottom in the picture");
  ExpectOutside(Person().In(Box(2000, 0, Percent(90), 5)), "left in");
  ExpectOutside(Person().In(Box(0, 1000, 5, Percent(90))), "top in");
  ExpectOutside(Person().Crosses(Line(0, 0, 1281, 9)), "x of a line in");
  ExpectOutside(Person().Crosses(Line(0, 721, 5, 9)), "y of a line in");
}

TEST(QueryPictureCheckTest, MixedSidesHaveAnExtentThere) {
  EXPECT_TRUE(AgainstPicture(Person().In(Box(639, 0, Percent(50), 5))).ok());
  ExpectOutside(Person().In(Box(640, 0, Percent(50), 5)),
                "box's left in the picture of 'front' of 1280 x 720: expected "
                "less than its right of 50%, found 640 pixels");
  ExpectOutside(Person().In(Box(0, Percent(50), 5, 360)), "box's top in");
  ExpectOutside(Person().Crosses(Line(640, 0, Percent(50), Percent(0))),
                "expected two different points");
}

TEST(QueryPictureCheckTest, LooksEverywhereButElsewhere) {
  const Object far = Person().In(Box(0, 0, 2000, 5));
  const Expression near = Person();
  for (const Expression& e :
       {Expression(far), !far, near && far, near || far, For(far, 1s),
        Then(near, far, Within(1s)), AtLeast(3, far),
        Expression(Person().LeftOf(far))}) {
    ExpectOutside(e, "right in the picture");
  }
  EXPECT_TRUE(AgainstPicture(On("door", far)).ok());
  EXPECT_TRUE(AgainstPicture(Sensor("speed") > 2000).ok());
}

}  // namespace
}  // namespace fovea
