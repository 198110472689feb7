// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/query_builder.h"

#include <chrono>

#include "gtest/gtest.h"
#include "index/query_check.h"

namespace fovea {
namespace {

using namespace fovea::ask;            // NOLINT: as the page says
using namespace std::chrono_literals;  // NOLINT

constexpr int64_t kSecond = 1'000'000'000;

CountCondition One(const ObjectQuery& object) {
  return {Comparison::kAtLeast, 1, object};
}

ObjectQuery Labelled(const std::string& label) {
  ObjectQuery object;
  object.labels = {label};
  return object;
}

TEST(QueryBuilderTest, SaysAllThereIsAboutAnObject) {
  ObjectQuery wanted;
  wanted.labels = {"car", "truck"};
  wanted.least_score = 0.5;
  wanted.model = "3fa9";
  wanted.attributes = {{"colour", "red"}};
  const Area area = {{0, false}, {10, false}, {50, true}, {100, true}};
  wanted.places = {
      {Place::Kind::kIn, area, {}, {}},
      {Place::Kind::kInside, area, {}, {}},
      {Place::Kind::kTouches, area, {}, {}},
      {Place::Kind::kCrosses, {}, {{0, false}, {1, false}}, {{2, true}, {3}}}};
  wanted.relations = {{Relation::Kind::kLeftOf, Labelled("a")},
                      {Relation::Kind::kRightOf, Labelled("b")},
                      {Relation::Kind::kAbove, Labelled("c")},
                      {Relation::Kind::kBelow, Labelled("d")},
                      {Relation::Kind::kOverlaps, ObjectQuery()}};
  wanted.least_length_ns = 2 * kSecond;

  const Area box = Box(0, 10, Percent(50), Percent(100));
  const Object object = Object("car", "truck")
                            .Score(0.5)
                            .By("3fa9")
                            .With("colour", "red")
                            .In(box)
                            .Inside(box)
                            .Touches(box)
                            .Crosses(Line(0, 1, Percent(2), 3))
                            .LeftOf(Object("a"))
                            .RightOf(Object("b"))
                            .Above(Object("c"))
                            .Below(Object("d"))
                            .Overlaps(Object::Anything())
                            .Lasting(2s);
  EXPECT_EQ(object.query(), wanted);
}

TEST(QueryBuilderTest, ChainsAreFlatAndNothingElseIs) {
  const Expression a = Object("a"), b = Object("b"), c = Object("c");
  const Condition all = (a && b) && c;
  EXPECT_EQ(all, Condition(a && (b && c)));
  EXPECT_EQ(std::get<Conjunction>(all.what).parts.size(), 3U);
  const Condition any = a || (b && c);
  ASSERT_EQ(std::get<Disjunction>(any.what).parts.size(), 2U);
  EXPECT_EQ(std::get<Disjunction>(any.what).parts[1], Condition(b && c));
}

TEST(QueryBuilderTest, SaysEveryKindOfCondition) {
  const Condition a = {One(Labelled("a"))};
  const Condition b = {One(Labelled("b"))};
  const std::pair<Expression, Condition> cases[] = {
      {Object("a"), a},
      {!Object("a"), {fovea::Negation{{a}}}},
      {ask::Not(Object("a")), {fovea::Negation{{a}}}},
      {Object("a") && Object("b"), {Conjunction{{a, b}}}},
      {Object("a") || b, {Disjunction{{a, b}}}},
      {For(Object("a"), 1500ms), {Lasting{{a}, 3 * kSecond / 2}}},
      {Then(a, b, Within(1min)), {Sequence{{a, b}, 60 * kSecond}}},
      {On("door*", a), {Elsewhere{"door*", {a}}}},
      {AtLeast(5, Object("a")),
       {CountCondition{Comparison::kAtLeast, 5, Labelled("a")}}},
      {AtMost(5, Object("a")),
       {CountCondition{Comparison::kAtMost, 5, Labelled("a")}}},
      {Exactly(0, Object("a")),
       {CountCondition{Comparison::kEqual, 0, Labelled("a")}}},
      {MoreThan(5, Object("a")),
       {CountCondition{Comparison::kGreater, 5, Labelled("a")}}},
      {FewerThan(5, Object("a")),
       {CountCondition{Comparison::kLess, 5, Labelled("a")}}},
      {Sensor("x") < 1,
       {SensorCondition{"x", false, Comparison::kLess, 1, ""}}},
      {Sensor("x") <= 1,
       {SensorCondition{"x", false, Comparison::kAtMost, 1, ""}}},
      {Sensor("x") == 1,
       {SensorCondition{"x", false, Comparison::kEqual, 1, ""}}},
      {Sensor("x") >= 1,
       {SensorCondition{"x", false, Comparison::kAtLeast, 1, ""}}},
      {Sensor("accel").Norm() > Value(1.5, "g"),
       {SensorCondition{"accel", true, Comparison::kGreater, 1.5, "g"}}},
  };
  for (const auto& [said, wanted] : cases) {
    EXPECT_EQ(said.condition(), wanted);
    EXPECT_TRUE(CheckCondition(said).ok());
  }
}

TEST(QueryBuilderTest, SaysTheWholeQuery) {
  using std::chrono::sys_days;
  using std::chrono::year;
  const Query query = Find(Object("a"))
                          .Among({"front", "door*"})
                          .From(10s)
                          .To(sys_days{year{2026} / 1 / 5} + 10h)
                          .OrderBy(QueryOrder::kScore)
                          .Limit(10);
  Query wanted;
  wanted.condition = {One(Labelled("a"))};
  wanted.streams = {"front", "door*"};
  wanted.from_ns = 10 * kSecond;
  wanted.to_ns = 1'767'607'200 * kSecond;
  wanted.order = QueryOrder::kScore;
  wanted.limit = 10;
  EXPECT_EQ(query, wanted);
  EXPECT_EQ(Query(Find(Object("a"))).to_ns, INT64_MAX);
}

TEST(QueryBuilderTest, EachMethodLeavesItsOwnAsItWas) {
  const Object person("person");
  const Object sure = person.Score(0.9);
  EXPECT_EQ(person.query(), Labelled("person"));
  EXPECT_EQ(sure.query().least_score, 0.9);
  const Find all(person);
  EXPECT_EQ(all.Limit(3).query().limit, 3U);
  EXPECT_EQ(all.query().limit, std::nullopt);
}

}  // namespace
}  // namespace fovea
