// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/internal/clock_course.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace fovea::internal {
namespace {

constexpr int kSlopeBits = 20;
constexpr int kStartBits = 4;
constexpr uint64_t kMaxRise = uint64_t{1} << 42;  // of a line, in units

__extension__ using Wide = __int128;

int64_t Median(Numbers values) {
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// How far the rows are above the slope through row 0, 2^kStartBits a unit.
Numbers Rises(const Numbers& numbers, int64_t slope) {
  Numbers rises;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto line =
        static_cast<int64_t>(static_cast<Wide>(slope) * static_cast<Wide>(i) >>
                             (kSlopeBits - kStartBits));
    rises.push_back(Minus(numbers[i] * (int64_t{1} << kStartBits), line));
  }
  return rises;
}

// Least squares over the rows that are near the slope already, which whole
// numbers gave only roughly; what is to be added to it.
int64_t Refinement(const Numbers& numbers, int64_t slope) {
  const Numbers rises = Rises(numbers, slope);
  const auto middle = static_cast<double>(Median(rises));
  Numbers away;
  for (const int64_t rise : rises) {
    away.push_back(std::abs(rise - static_cast<int64_t>(middle)));
  }
  const auto near = static_cast<double>(4 * Median(std::move(away)) +
                                        (int64_t{2} << kStartBits));
  double rows = 0, sum_i = 0, sum_y = 0, sum_ii = 0, sum_iy = 0;
  for (size_t i = 0; i < rises.size(); ++i) {
    const double y = static_cast<double>(rises[i]) - middle;
    if (std::abs(y) > near) continue;
    const auto x = static_cast<double>(i);
    rows += 1;
    sum_i += x;
    sum_y += y;
    sum_ii += x * x;
    sum_iy += x * y;
  }
  const double spread = rows * sum_ii - sum_i * sum_i;
  if (!(spread > 0)) return 0;
  const double tilt = (rows * sum_iy - sum_i * sum_y) / spread;
  return static_cast<int64_t>(
      std::nearbyint(std::ldexp(tilt, kSlopeBits - kStartBits)));
}

}  // namespace

int64_t Expectation::Of(size_t i) {
  if (course_.model == kSteps) return Plus(last_, course_.median);
  const Wide line = static_cast<Wide>(course_.slope) * static_cast<Wide>(i) +
                    static_cast<Wide>(course_.start) *
                        (Wide{1} << (kSlopeBits - kStartBits)) +
                    (Wide{1} << (kSlopeBits - 1));
  const int64_t due = Plus(static_cast<int64_t>(line >> kSlopeBits), shift_);
  if (course_.model == kLine) return due;
  waiting_ = last_ >= due;
  return waiting_ ? last_ : due;
}

void Expectation::Learn(int64_t residual, int64_t value) {
  last_ = value;
  if (course_.model == kLine &&
      Magnitude(residual) > (Magnitude(course_.slope) >> (kSlopeBits + 1))) {
    shift_ = Plus(shift_, residual);
  }
}

Course StepsOf(const Numbers& numbers) {
  Numbers steps(numbers.size() - 1);
  for (size_t i = 1; i < numbers.size(); ++i) {
    steps[i - 1] = Minus(numbers[i], numbers[i - 1]);
  }
  return {kSteps, Median(std::move(steps)), 0, 0};
}

std::optional<Course> LineOf(const Numbers& numbers) {
  const size_t apart = numbers.size() / 2;
  if (apart < 2) return std::nullopt;
  Numbers slopes;
  for (size_t i = 0; i + apart < numbers.size(); ++i) {
    const int64_t rise = Minus(numbers[i + apart], numbers[i]);
    if (Magnitude(rise) >= kMaxRise || Magnitude(numbers[i]) >= kMaxRise) {
      return std::nullopt;
    }
    slopes.push_back(rise * (int64_t{1} << kSlopeBits) /
                     static_cast<int64_t>(apart));
  }
  Course line = {kLine, 0, Median(std::move(slopes)), 0};
  line.slope += Refinement(numbers, line.slope);
  // Half way between the low and the high: rounding is even.
  Numbers rises = Rises(numbers, line.slope);
  std::sort(rises.begin(), rises.end());
  const size_t tenth = rises.size() / 10;
  line.start = std::midpoint(rises[tenth], rises[rises.size() - 1 - tenth]);
  return line;
}

Numbers WithoutLosses(const Numbers& numbers) {
  const int64_t median = StepsOf(numbers).median;
  Numbers whole = {numbers[0]};
  for (size_t i = 1; i < numbers.size(); ++i) {
    const int64_t step = Minus(numbers[i], numbers[i - 1]);
    const bool usual = Magnitude(Minus(step, median)) <= Magnitude(median) / 2;
    whole.push_back(Plus(whole.back(), usual ? step : median));
  }
  return whole;
}

}  // namespace fovea::internal
