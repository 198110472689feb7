// SPDX-License-Identifier: GPL-2.0-or-later
//
// A question about what was observed: a condition on instants of stream
// time, over some streams. The text form, the JSON form and the builder all
// make this. docs/QUERY.md says what each part means, to the nanosecond.

#ifndef FOVEA_INDEX_QUERY_H_
#define FOVEA_INDEX_QUERY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fovea {

enum class Comparison : uint8_t {
  kLess,
  kAtMost,
  kEqual,
  kAtLeast,
  kGreater,
};

// A place along one side of a picture: pixels of the true picture, or
// hundredths of its width or height.
struct Length {
  double value = 0;
  bool percent = false;
  friend bool operator==(const Length&, const Length&) = default;
};

struct Point {
  Length x, y;
  friend bool operator==(const Point&, const Point&) = default;
};

// left <= x < right, top <= y < bottom.
struct Area {
  Length left, top, right, bottom;
  friend bool operator==(const Area&, const Area&) = default;
};

// Where an object is, or what it does there.
struct Place {
  enum class Kind : uint8_t {
    kIn,       // the centre of its box lies in the area
    kInside,   // all of its box does
    kTouches,  // some of its box does
    kCrosses,  // its centre moves over the line
  };
  Kind kind = Kind::kIn;
  Area area;         // of all but kCrosses
  Point start, end;  // of kCrosses
  friend bool operator==(const Place&, const Place&) = default;
};

struct Relation;

// Observations that are alike. Everything here holds of one observation at
// one instant.
struct ObjectQuery {
  // Any of these; empty: any label.
  std::vector<std::string> labels;
  // Of the box at that instant, or, without boxes, the observation's
  // greatest: 0 to 1.
  double least_score = 0;
  // First hexadecimal digits of the model's digest; empty: any.
  std::string model;
  struct Attribute {
    std::string name, value;
    friend bool operator==(const Attribute&, const Attribute&) = default;
  };
  std::vector<Attribute> attributes;
  std::vector<Place> places;
  // To another observation of the same stream at the same instant.
  std::vector<Relation> relations;
  // All of the above holds of it for at least this long without a break.
  int64_t least_length_ns = 0;
  friend bool operator==(const ObjectQuery&, const ObjectQuery&) = default;
};

struct Relation {
  // How its box lies to the other's: centres compared, kOverlaps: some area
  // is common to both.
  enum class Kind : uint8_t { kLeftOf, kRightOf, kAbove, kBelow, kOverlaps };
  Kind kind = Kind::kLeftOf;
  ObjectQuery other;
  friend bool operator==(const Relation&, const Relation&) = default;
};

struct Condition;

// Number of observations that match at an instant.
struct CountCondition {
  Comparison comparison = Comparison::kAtLeast;
  uint32_t count = 1;
  ObjectQuery object;
  friend bool operator==(const CountCondition&,
                         const CountCondition&) = default;
};

// A channel's value, held from its sample to the next. Of the stream itself
// where it is an imu or series stream, else of those recorded beside it.
struct SensorCondition {
  std::string channel;  // with `norm`: what x, y and z channels begin with
  bool norm = false;    // Euclidean length over them
  Comparison comparison = Comparison::kGreater;
  double value = 0;
  std::string unit;  // empty: as the channel has it
  friend bool operator==(const SensorCondition&,
                         const SensorCondition&) = default;
};

struct Conjunction {
  std::vector<Condition> parts;  // two or more
  friend bool operator==(const Conjunction&, const Conjunction&) = default;
};

struct Disjunction {
  std::vector<Condition> parts;  // two or more
  friend bool operator==(const Disjunction&, const Disjunction&) = default;
};

// Recorded, and the part does not hold.
struct Negation {
  std::vector<Condition> part;  // one
  friend bool operator==(const Negation&, const Negation&) = default;
};

// Those stretches of the part that are at least so long.
struct Lasting {
  std::vector<Condition> part;  // one
  int64_t least_length_ns = 0;
  friend bool operator==(const Lasting&, const Lasting&) = default;
};

// `parts[1]` begins at an instant b, and `parts[0]` held somewhere in
// [b - within, b): from the first such instant up to and including b.
struct Sequence {
  std::vector<Condition> parts;  // two
  int64_t within_ns = 0;
  friend bool operator==(const Sequence&, const Sequence&) = default;
};

// The part holds in another stream at that time.
struct Elsewhere {
  std::string stream;  // name, * any bytes, ? one; never the stream itself
  std::vector<Condition> part;  // one
  friend bool operator==(const Elsewhere&, const Elsewhere&) = default;
};

struct Condition {
  // A count of at least one is how an object alone is said.
  std::variant<CountCondition, SensorCondition, Conjunction, Disjunction,
               Negation, Lasting, Sequence, Elsewhere>
      what;
  friend bool operator==(const Condition&, const Condition&) = default;
};

enum class QueryOrder : uint8_t {
  kTime,    // by start, then stream number
  kLatest,  // by start, last first, then stream number
  kScore,   // highest first, then as kTime
};

// The answer is clips: longest stretches of time in which the condition
// holds in a stream.
struct Query {
  Condition condition;
  // Names, * any bytes, ? one; empty: every camera, and where the condition
  // cannot hold without an observation (NeedsObject()) any other stream that
  // has some, such as a sensor that a model told activities of.
  std::vector<std::string> streams;
  // Stream time, half open.
  int64_t from_ns = INT64_MIN;
  int64_t to_ns = INT64_MAX;
  QueryOrder order = QueryOrder::kTime;
  std::optional<uint64_t> limit;
  friend bool operator==(const Query&, const Query&) = default;
};

}  // namespace fovea

#endif  // FOVEA_INDEX_QUERY_H_
