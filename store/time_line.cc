// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fits the line by a continued fraction.

#include "store/time_line.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace fovea {
namespace {

__extension__ typedef __int128 Wide;

// Beyond this, spans are damage or noise; leaves room to add without care.
constexpr uint64_t kLongestSpan = uint64_t{1} << 60;

struct Fraction {
  Wide numerator;
  Wide denominator;
};

// The fraction of least denominator in [low, high], 0 <= low <= high. The
// continued fractions of both ends agree up to where it ends.
Fraction Simplest(Fraction low, Fraction high) {
  const Wide whole = low.numerator / low.denominator;
  if (whole * low.denominator == low.numerator) return {whole, 1};
  if ((whole + 1) * high.denominator <= high.numerator) return {whole + 1, 1};
  const Fraction rest =
      Simplest({high.denominator, high.numerator - whole * high.denominator},
               {low.denominator, low.numerator - whole * low.denominator});
  return {whole * rest.numerator + rest.denominator, rest.numerator};
}

uint64_t Span(int64_t from, int64_t to) {
  return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
}

}  // namespace

int64_t TimeLine::At(int64_t pts) const {
  const Wide product = static_cast<Wide>(pts) * numerator;
  Wide quotient = product / denominator;
  Wide rest = product % denominator;
  if (rest < 0) {
    rest += denominator;
    --quotient;
  }
  const Wide twice = 2 * rest;
  const bool odd = (quotient & 1) != 0;
  if (twice > denominator || (twice == denominator && odd)) ++quotient;
  return static_cast<int64_t>(static_cast<uint64_t>(quotient));
}

TimeLine FitTimeLine(const std::vector<int64_t>& pts,
                     const std::vector<int64_t>& times) {
  if (pts.empty()) return {};
  const auto ends = std::minmax_element(pts.begin(), pts.end());
  const auto first = static_cast<size_t>(ends.first - pts.begin());
  const auto last = static_cast<size_t>(ends.second - pts.begin());
  const uint64_t ticks = Span(pts[first], pts[last]);
  const uint64_t span = Span(times[first], times[last]);
  if (ticks == 0 || ticks > kLongestSpan || span == 0 || span > kLongestSpan) {
    return {};
  }
  const auto wide_ticks = static_cast<Wide>(ticks);
  const auto wide_span = static_cast<Wide>(span);
  const Fraction slope =
      Simplest({wide_span - 1, wide_ticks}, {wide_span + 1, wide_ticks});
  return {static_cast<int64_t>(slope.numerator),
          static_cast<int64_t>(slope.denominator)};
}

std::vector<int64_t> TimesToNext(const std::vector<int64_t>& pts,
                                 const std::vector<int64_t>& times) {
  std::vector<size_t> shown(pts.size());
  std::iota(shown.begin(), shown.end(), size_t{0});
  std::stable_sort(shown.begin(), shown.end(),
                   [&](size_t a, size_t b) { return pts[a] < pts[b]; });
  std::vector<int64_t> gaps(pts.size());
  for (size_t i = 0; i + 1 < shown.size(); ++i) {
    gaps[shown[i]] =
        static_cast<int64_t>(Span(times[shown[i]], times[shown[i + 1]]));
  }
  if (shown.size() > 1) gaps[shown.back()] = gaps[shown[shown.size() - 2]];
  return gaps;
}

}  // namespace fovea
