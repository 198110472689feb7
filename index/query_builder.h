// SPDX-License-Identifier: GPL-2.0-or-later
//
// Queries as C++ says them:
//
//   using namespace fovea::ask;
//   using namespace std::chrono_literals;
//   const Query query =
//       Find(Object("person").Score(0.5).In(Box(0, 0, Percent(50),
//       Percent(100)))
//            && !AtLeast(5, Object("car", "truck")))
//           .Among({"front"}).From(10s).To(1h).Limit(10);
//
// Everything here is a value: each method gives a new one and leaves its own
// as it was. Nothing is checked before CheckQuery(). Where all of fovea is in
// sight as well, Not and Box are names of two things: say ask::Not, ask::Box.

#ifndef FOVEA_INDEX_QUERY_BUILDER_H_
#define FOVEA_INDEX_QUERY_BUILDER_H_

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "index/query.h"

namespace fovea::ask {

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;

// Hundredths of a picture's width or height.
struct Percent {
  explicit constexpr Percent(double v) : value(v) {}
  double value;
};

// Pixels, or percent.
struct Side {
  constexpr Side(double pixels) : length{pixels, false} {}      // NOLINT
  constexpr Side(Percent share) : length{share.value, true} {}  // NOLINT
  Length length;
};

inline Area Box(Side left, Side top, Side right, Side bottom) {
  return {left.length, top.length, right.length, bottom.length};
}

struct Line {
  Line(Side x1, Side y1, Side x2, Side y2)
      : start{x1.length, y1.length}, end{x2.length, y2.length} {}
  Point start, end;
};

// Observations that are alike. As a condition: there is at least one.
class Object {
 public:
  // Of any of these labels.
  template <std::convertible_to<std::string>... Labels>
  requires(sizeof...(Labels) > 0) explicit Object(Labels&&... labels) {
    query_.labels = {std::string(std::forward<Labels>(labels))...};
  }

  // Of any label.
  static Object Anything() { return Object(ObjectQuery()); }

  Object Score(double least) const;  // 0 to 1
  Object By(const std::string& model) const;
  Object With(const std::string& name, const std::string& value) const;

  Object In(const Area& area) const;
  Object Inside(const Area& area) const;
  Object Touches(const Area& area) const;
  Object Crosses(const Line& line) const;

  Object LeftOf(const Object& other) const;
  Object RightOf(const Object& other) const;
  Object Above(const Object& other) const;
  Object Below(const Object& other) const;
  Object Overlaps(const Object& other) const;

  Object Lasting(Duration least) const;

  const ObjectQuery& query() const { return query_; }

 private:
  explicit Object(ObjectQuery query) : query_(std::move(query)) {}
  Object At(Place place) const;
  Object Beside(Relation::Kind kind, const Object& other) const;

  ObjectQuery query_;
};

// A condition to go on with; objects become one by themselves.
class Expression {
 public:
  Expression(Condition condition)  // NOLINT: so that conditions mix
      : condition_(std::move(condition)) {}
  Expression(const Object& object);  // NOLINT

  operator Condition() const { return condition_; }  // NOLINT
  const Condition& condition() const { return condition_; }

 private:
  Condition condition_;
};

// `a && b && c` is one condition of three parts, however it is bracketed;
// so is `a || b || c`. Both sides are always looked at.
Expression operator&&(const Expression& a, const Expression& b);
Expression operator||(const Expression& a, const Expression& b);
Expression operator!(const Expression& part);
Expression Not(const Expression& part);

// Number of observations that match.
Expression AtLeast(uint32_t count, const Object& object);
Expression AtMost(uint32_t count, const Object& object);
Expression Exactly(uint32_t count, const Object& object);
Expression MoreThan(uint32_t count, const Object& object);
Expression FewerThan(uint32_t count, const Object& object);

// Without a break.
Expression For(const Expression& part, Duration least);

struct Within {
  explicit Within(Duration d) : duration(d) {}
  Duration duration;
};
// Then(a, b, Within(10s)): b begins at most 10 s after a held.
Expression Then(const Expression& first, const Expression& next, Within within);

// In other streams whose name matches.
Expression On(const std::string& pattern, const Expression& part);

// A sensor's reading in its channel's unit, or in that named.
struct Value {
  Value(double v) : value(v) {}  // NOLINT
  Value(double v, std::string u) : value(v), unit(std::move(u)) {}
  double value;
  std::string unit;
};

// Sensor("speed") > Value(50, "km/h"); Sensor("accel").Norm() >= 15.
class Sensor {
 public:
  explicit Sensor(std::string channel) : channel_(std::move(channel)) {}
  Sensor Norm() const;

  Expression Is(Comparison comparison, const Value& value) const;

 private:
  std::string channel_;
  bool norm_ = false;
};

Expression operator<(const Sensor& sensor, const Value& value);
Expression operator<=(const Sensor& sensor, const Value& value);
Expression operator==(const Sensor& sensor, const Value& value);
Expression operator>=(const Sensor& sensor, const Value& value);
Expression operator>(const Sensor& sensor, const Value& value);

class Find {
 public:
  explicit Find(const Expression& condition);

  Find Among(std::vector<std::string> patterns) const;
  // From the streams' zero, or an instant.
  Find From(Duration time) const;
  Find From(Instant time) const;
  Find To(Duration time) const;
  Find To(Instant time) const;
  Find OrderBy(QueryOrder order) const;
  Find Limit(uint64_t clips) const;

  operator Query() const { return query_; }  // NOLINT
  const Query& query() const { return query_; }

 private:
  Query query_;
};

}  // namespace fovea::ask

#endif  // FOVEA_INDEX_QUERY_BUILDER_H_
