// SPDX-License-Identifier: GPL-2.0-or-later
//
// How whole numbers of a clock go on from row to row: by a median step, along
// a line, or in a queue that empties along one. codec/FORMAT.md has the sums.

#ifndef FOVEA_CODEC_INTERNAL_CLOCK_COURSE_H_
#define FOVEA_CODEC_INTERNAL_CLOCK_COURSE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace fovea::internal {

using Numbers = std::vector<int64_t>;

// Sums that wrap.
inline int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}
inline int64_t Minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}
inline uint64_t Magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value)
                   : static_cast<uint64_t>(value);
}

// Stored; never renumber.
enum ClockModel : uint8_t { kEven = 0, kSteps = 1, kLine = 2, kQueue = 3 };

// How whole numbers go on from row to row.
struct Course {
  ClockModel model = kSteps;
  int64_t median = 0;  // kSteps
  int64_t slope = 0;   // kLine, 2^20 a unit
  int64_t start = 0;   // kLine, 2^4 a unit
};

// What the course expects of each row, from what came before.
class Expectation {
 public:
  explicit Expectation(const Course& course) : course_(course) {}

  // Of row `i`, counted from 0; row 0 is 0 and not asked for.
  int64_t Of(size_t i);

  // Whether the last row asked for came while rows before it were waiting.
  bool waiting() const { return waiting_; }

  void Learn(int64_t residual, int64_t value);

 private:
  Course course_;
  int64_t last_ = 0;
  int64_t shift_ = 0;
  bool waiting_ = false;
};

// Of at least two numbers, the first of which is 0.
Course StepsOf(const Numbers& numbers);

// The line through the rows; a gap or two do not bend it. nullopt: too few, or
// too far apart.
std::optional<Course> LineOf(const Numbers& numbers);

// The rows as if none had been lost: steps far off the median one are that.
Numbers WithoutLosses(const Numbers& numbers);

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_CLOCK_COURSE_H_
