// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/query_builder.h"

#include <variant>

namespace fovea::ask {
namespace {

// Parts of a chain of `Node`, or the condition alone.
template <typename Node>
void AddTo(std::vector<Condition>* parts, const Condition& condition) {
  if (const Node* chain = std::get_if<Node>(&condition.what)) {
    parts->insert(parts->end(), chain->parts.begin(), chain->parts.end());
  } else {
    parts->push_back(condition);
  }
}

template <typename Node>
Expression Chain(const Expression& a, const Expression& b) {
  Node node;
  AddTo<Node>(&node.parts, a.condition());
  AddTo<Node>(&node.parts, b.condition());
  return Condition{std::move(node)};
}

Expression Count(Comparison comparison, uint32_t count, const Object& object) {
  return Condition{CountCondition{comparison, count, object.query()}};
}

}  // namespace

Object Object::Score(double least) const {
  Object object = *this;
  object.query_.least_score = least;
  return object;
}

Object Object::By(const std::string& model) const {
  Object object = *this;
  object.query_.model = model;
  return object;
}

Object Object::With(const std::string& name, const std::string& value) const {
  Object object = *this;
  object.query_.attributes.push_back({name, value});
  return object;
}

Object Object::At(Place place) const {
  Object object = *this;
  object.query_.places.push_back(place);
  return object;
}

Object Object::In(const Area& area) const {
  return At({Place::Kind::kIn, area, {}, {}});
}

Object Object::Inside(const Area& area) const {
  return At({Place::Kind::kInside, area, {}, {}});
}

Object Object::Touches(const Area& area) const {
  return At({Place::Kind::kTouches, area, {}, {}});
}

Object Object::Crosses(const Line& line) const {
  return At({Place::Kind::kCrosses, {}, line.start, line.end});
}

Object Object::Beside(Relation::Kind kind, const Object& other) const {
  Object object = *this;
  object.query_.relations.push_back({kind, other.query()});
  return object;
}

Object Object::LeftOf(const Object& other) const {
  return Beside(Relation::Kind::kLeftOf, other);
}

Object Object::RightOf(const Object& other) const {
  return Beside(Relation::Kind::kRightOf, other);
}

Object Object::Above(const Object& other) const {
  return Beside(Relation::Kind::kAbove, other);
}

Object Object::Below(const Object& other) const {
  return Beside(Relation::Kind::kBelow, other);
}

Object Object::Overlaps(const Object& other) const {
  return Beside(Relation::Kind::kOverlaps, other);
}

Object Object::Lasting(Duration least) const {
  Object object = *this;
  object.query_.least_length_ns = least.count();
  return object;
}

Expression::Expression(const Object& object)
    : condition_{CountCondition{Comparison::kAtLeast, 1, object.query()}} {}

Expression operator&&(const Expression& a, const Expression& b) {
  return Chain<Conjunction>(a, b);
}

Expression operator||(const Expression& a, const Expression& b) {
  return Chain<Disjunction>(a, b);
}

Expression operator!(const Expression& part) {
  return Condition{fovea::Negation{{part.condition()}}};
}

Expression Not(const Expression& part) { return !part; }

Expression AtLeast(uint32_t count, const Object& object) {
  return Count(Comparison::kAtLeast, count, object);
}

Expression AtMost(uint32_t count, const Object& object) {
  return Count(Comparison::kAtMost, count, object);
}

Expression Exactly(uint32_t count, const Object& object) {
  return Count(Comparison::kEqual, count, object);
}

Expression MoreThan(uint32_t count, const Object& object) {
  return Count(Comparison::kGreater, count, object);
}

Expression FewerThan(uint32_t count, const Object& object) {
  return Count(Comparison::kLess, count, object);
}

Expression For(const Expression& part, Duration least) {
  return Condition{fovea::Lasting{{part.condition()}, least.count()}};
}

Expression Then(const Expression& first, const Expression& next,
                Within within) {
  return Condition{
      Sequence{{first.condition(), next.condition()}, within.duration.count()}};
}

Expression On(const std::string& pattern, const Expression& part) {
  return Condition{Elsewhere{pattern, {part.condition()}}};
}

Sensor Sensor::Norm() const {
  Sensor sensor = *this;
  sensor.norm_ = true;
  return sensor;
}

Expression Sensor::Is(Comparison comparison, const Value& value) const {
  return Condition{
      SensorCondition{channel_, norm_, comparison, value.value, value.unit}};
}

Expression operator<(const Sensor& sensor, const Value& value) {
  return sensor.Is(Comparison::kLess, value);
}

Expression operator<=(const Sensor& sensor, const Value& value) {
  return sensor.Is(Comparison::kAtMost, value);
}

Expression operator==(const Sensor& sensor, const Value& value) {
  return sensor.Is(Comparison::kEqual, value);
}

Expression operator>=(const Sensor& sensor, const Value& value) {
  return sensor.Is(Comparison::kAtLeast, value);
}

Expression operator>(const Sensor& sensor, const Value& value) {
  return sensor.Is(Comparison::kGreater, value);
}

Find::Find(const Expression& condition) {
  query_.condition = condition.condition();
}

Find Find::Among(std::vector<std::string> patterns) const {
  Find find = *this;
  find.query_.streams = std::move(patterns);
  return find;
}

Find Find::From(Duration time) const {
  Find find = *this;
  find.query_.from_ns = time.count();
  return find;
}

Find Find::From(Instant time) const { return From(time.time_since_epoch()); }

Find Find::To(Duration time) const {
  Find find = *this;
  find.query_.to_ns = time.count();
  return find;
}

Find Find::To(Instant time) const { return To(time.time_since_epoch()); }

Find Find::OrderBy(QueryOrder order) const {
  Find find = *this;
  find.query_.order = order;
  return find;
}

Find Find::Limit(uint64_t clips) const {
  Find find = *this;
  find.query_.limit = clips;
  return find;
}

}  // namespace fovea::ask
