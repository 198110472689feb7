// SPDX-License-Identifier: GPL-2.0-or-later
//
//   u8             bytes of q less one (bits 0-2), z (bits 3-7)
//   bytes          zigzag of q, little-endian; first time = q * 10^z
//   only with more than one time:
//   u8             model: 0 even, 1 steps, 2 line, 3 queue; 4 more in ticks
//   even           zigzag varint step
//   else           varint unit; in ticks u8 j, number offset;
//                  steps: zigzag varint median; line, queue: zigzag varint
//                  slope, zigzag varint start; varint size, so many coded bytes
//
// Time i is first + unit * n, n a whole number: m, or in ticks of 2^-j s
// round(offset + 10^9 / 2^j / unit * m) + correction. m is m of the row before
// + median + residual, or (slope * i + start * 2^(kSlopeBits - kStartBits)) /
// 2^kSlopeBits rounded to nearest + shift + residual, where shift takes in
// residuals beyond half a slope: rows were lost.

#include "codec/sample_clock.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/internal/range_coder.h"
#include "codec/internal/residual_bits.h"
#include "codec/series_channel.h"

namespace fovea {
namespace {

using internal::Probability;
using internal::RangeDecoder;
using internal::RangeEncoder;
using internal::ResidualBits;

enum Model : uint8_t { kEven, kSteps, kLine, kQueue, kInTicks };

constexpr int kSlopeBits = 20;
constexpr int kStartBits = 4;
constexpr uint64_t kMaxRise = uint64_t{1} << 42;  // of a line, in units
constexpr double kMaxExact = 9007199254740992.0;  // 2^53

// Ticks that are looked for: 2^-30 s at the shortest, at least so many units
// and the times so near them.
constexpr int kMaxTickShift = 30;
constexpr double kLeastStep = 4;
constexpr double kNearTick = 1.01;

// Coded bits of a row from which they are.
constexpr size_t kManyBits = 3;

using Bytes = std::vector<uint8_t>;
using Numbers = std::vector<int64_t>;
__extension__ using Wide = __int128;

int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}
int64_t Minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}
uint64_t Magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value)
                   : static_cast<uint64_t>(value);
}

// How whole numbers go on from row to row.
struct Course {
  Model model = kSteps;
  int64_t median = 0;  // kSteps
  int64_t slope = 0;   // kLine, 2^kSlopeBits a unit
  int64_t start = 0;   // kLine, 2^kStartBits a unit
};

// What the course expects of each row, from what came before.
class Expectation {
 public:
  explicit Expectation(const Course& course) : course_(course) {}

  // Of row `i`, counted from 0; row 0 is 0 and not asked for.
  int64_t Of(size_t i) {
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

  // Whether the last row asked for came while rows before it were waiting.
  bool waiting() const { return waiting_; }

  void Learn(int64_t residual, int64_t value) {
    last_ = value;
    if (course_.model == kLine &&
        Magnitude(residual) > (Magnitude(course_.slope) >> (kSlopeBits + 1))) {
      shift_ = Plus(shift_, residual);
    }
  }

 private:
  Course course_;
  int64_t last_ = 0;
  int64_t shift_ = 0;
  bool waiting_ = false;
};

// `corrections` empty for none.
Bytes EncodeResiduals(const Numbers& numbers, const Course& course,
                      std::span<const int64_t> corrections) {
  Bytes coded;
  RangeEncoder encoder(&coded);
  const auto coder = [&encoder](Probability* probability, bool bit) {
    encoder.Put(probability, bit);
    return bit;
  };
  Expectation expectation(course);
  ResidualBits model;
  ResidualBits correction;
  for (size_t i = 1; i < numbers.size(); ++i) {
    const int64_t residual = Minus(numbers[i], expectation.Of(i));
    model.Pass(residual, expectation.waiting() ? 1 : 0, coder);
    expectation.Learn(residual, numbers[i]);
    if (!corrections.empty()) correction.Pass(corrections[i], 0, coder);
  }
  encoder.Finish();
  return coded;
}

int64_t Median(Numbers values) {
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Course StepsOf(const Numbers& numbers) {
  Numbers steps(numbers.size() - 1);
  for (size_t i = 1; i < numbers.size(); ++i) {
    steps[i - 1] = Minus(numbers[i], numbers[i - 1]);
  }
  return {kSteps, Median(std::move(steps)), 0, 0};
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

// The line through the rows; a gap or two do not bend it.
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

// The rows as if none had been lost: steps far off the median one are that.
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

// Times of a clock that counts 2^-j seconds, or of floats of seconds.
struct Ticks {
  int j = 0;
  double step = 0;  // 10^9 / 2^j / unit
  double offset = 0;
};

double StepOf(int j, uint64_t unit) {
  return std::ldexp(1e9, -j) / static_cast<double>(unit);
}

// Total: any number has a point.
int64_t PointOf(const Ticks& ticks, int64_t m) {
  const double point =
      std::fma(static_cast<double>(m), ticks.step, ticks.offset);
  return std::abs(point) < kMaxExact
             ? static_cast<int64_t>(std::nearbyint(point))
             : 0;
}

Bytes Written(const Course& course, const Ticks* ticks, uint64_t unit,
              const Bytes& coded) {
  Bytes out = {
      static_cast<uint8_t>(course.model + (ticks != nullptr ? kInTicks : 0))};
  PutVarint(unit, &out);
  if (ticks != nullptr) {
    out.push_back(static_cast<uint8_t>(ticks->j));
    PutNumber(ticks->offset, &out);
  }
  if (course.model == kSteps) {
    PutVarint(ZigZag(course.median), &out);
  } else {
    PutVarint(ZigZag(course.slope), &out);
    PutVarint(ZigZag(course.start), &out);
  }
  PutVarint(coded.size(), &out);
  out.insert(out.end(), coded.begin(), coded.end());
  return out;
}

// The shortest form so far of rows that are `unit` apart, and multiples.
class BestForm {
 public:
  explicit BestForm(uint64_t unit) : unit_(unit) {}

  // `corrections` empty for none.
  void Offer(const Numbers& numbers, const Ticks* ticks,
             std::span<const int64_t> corrections) {
    Offer(StepsOf(numbers), numbers, ticks, corrections);
    if (const auto line = LineOf(numbers)) {
      Offer(*line, numbers, ticks, corrections);
      Course queue = *line;
      queue.model = kQueue;
      Offer(queue, numbers, ticks, corrections);
    }
    const Numbers whole = WithoutLosses(numbers);
    const auto longer = whole == numbers ? std::nullopt : LineOf(whole);
    if (longer) Offer(*longer, numbers, ticks, corrections);
  }

  // `first`: the time of row 0, in nanoseconds.
  void OfferTicks(const Numbers& numbers, int64_t first) {
    const double start =
        static_cast<double>(first) / static_cast<double>(unit_);
    if (std::abs(start) >= kMaxExact) return;
    for (int j = 0; j <= kMaxTickShift && StepOf(j, unit_) >= kLeastStep; ++j) {
      const double step = StepOf(j, unit_);
      Numbers counts;
      if (!CountTicks(numbers, start, step, &counts)) continue;
      const double offset = static_cast<double>(counts[0]) * step - start;
      // Rounded to nearest, or cut off.
      for (const double cut : {0.0, 0.5}) {
        OfferCounts(counts, {j, step, offset - cut}, numbers);
      }
      return;
    }
  }

  const Bytes& bytes() const { return bytes_; }

 private:
  void Offer(const Course& course, const Numbers& numbers, const Ticks* ticks,
             std::span<const int64_t> corrections) {
    Bytes form = Written(course, ticks, unit_,
                         EncodeResiduals(numbers, course, corrections));
    if (bytes_.empty() || form.size() < bytes_.size()) bytes_ = std::move(form);
  }

  // False where a time is more than a unit from every tick.
  static bool CountTicks(const Numbers& numbers, double start, double step,
                         Numbers* counts) {
    for (const int64_t number : numbers) {
      const double time = start + static_cast<double>(number);
      if (!(std::abs(time) < kMaxExact)) return false;
      const double count = std::nearbyint(time / step);
      if (std::abs(time - count * step) > kNearTick) return false;
      counts->push_back(static_cast<int64_t>(count));
    }
    return true;
  }

  void OfferCounts(const Numbers& counts, const Ticks& ticks,
                   const Numbers& numbers) {
    Numbers m;
    Numbers corrections;
    for (size_t i = 0; i < counts.size(); ++i) {
      m.push_back(Minus(counts[i], counts[0]));
      corrections.push_back(Minus(numbers[i], PointOf(ticks, m[i])));
    }
    Offer(m, &ticks, corrections);
  }

  uint64_t unit_;
  Bytes bytes_;
};

void PutFirst(int64_t first, Bytes* out) {
  int tens = 0;
  while (first != 0 && first % 10 == 0) {
    first /= 10;
    ++tens;
  }
  uint64_t rest = ZigZag(first);
  const int bytes =
      std::max(1, (static_cast<int>(std::bit_width(rest)) + 7) / 8);
  out->push_back(static_cast<uint8_t>(tens << 3 | (bytes - 1)));
  for (int i = 0; i < bytes; ++i, rest >>= 8) {
    out->push_back(static_cast<uint8_t>(rest));
  }
}

uint64_t ReadFirst(ByteReader* in) {
  const uint8_t head = in->U8();
  uint64_t folded = 0;
  for (int i = 0; i <= (head & 7); ++i) {
    folded |= static_cast<uint64_t>(in->U8()) << (8 * i);
  }
  auto first = static_cast<uint64_t>(UnZigZag(folded));
  for (int tens = head >> 3; tens > 0; --tens) first *= 10;
  return first;
}

struct Head {
  Course course;
  std::optional<Ticks> ticks;
  uint64_t unit = 0;
};

Head ReadHead(uint8_t model, ByteReader* in) {
  Head head;
  head.unit = in->Varint();
  if ((model & kInTicks) != 0) {
    head.ticks.emplace();
    head.ticks->step = StepOf(in->U8(), head.unit);
    head.ticks->offset = ReadNumber(in);
  }
  head.course.model = static_cast<Model>(model & ~kInTicks);
  if (head.course.model == kSteps) {
    head.course.median = UnZigZag(in->Varint());
  } else {
    head.course.slope = UnZigZag(in->Varint());
    head.course.start = UnZigZag(in->Varint());
  }
  return head;
}

absl::Status Damaged(const char* what) {
  return absl::DataLossError(absl::StrCat("times: ", what));
}

// Appends rows to `times`, which holds the first.
absl::Status DecodeResiduals(const Head& head, std::span<const uint8_t> coded,
                             size_t count, std::vector<int64_t>* times) {
  RangeDecoder decoder(coded);
  const auto coder = [&decoder](Probability* probability, bool) {
    return decoder.Get(probability);
  };
  Expectation expectation(head.course);
  ResidualBits model;
  ResidualBits correction;
  const auto first = static_cast<uint64_t>((*times)[0]);
  for (size_t i = 1; i < count; ++i) {
    const int64_t expected = expectation.Of(i);
    const int64_t residual =
        model.Pass(0, expectation.waiting() ? 1 : 0, coder);
    int64_t number = Plus(expected, residual);
    expectation.Learn(residual, number);
    if (head.ticks) {
      number = Plus(PointOf(*head.ticks, number), correction.Pass(0, 0, coder));
    }
    if (decoder.overrun()) return Damaged("their code ends early");
    times->push_back(static_cast<int64_t>(
        first + head.unit * static_cast<uint64_t>(number)));
  }
  return decoder.exhausted() ? absl::OkStatus()
                             : Damaged("bytes after their code");
}

// The rows' distance from the first, in the largest unit that divides all;
// 0 where none is apart from it.
uint64_t CommonUnit(std::span<const int64_t> times, Numbers* numbers) {
  uint64_t unit = 0;
  for (const int64_t time : times) {
    numbers->push_back(Minus(time, times[0]));
    unit = std::gcd(unit, Magnitude(numbers->back()));
  }
  if (unit < 2) return unit;
  for (int64_t& number : *numbers) {
    const uint64_t quotient = Magnitude(number) / unit;
    number = static_cast<int64_t>(number < 0 ? 0 - quotient : quotient);
  }
  return unit;
}

bool IsEven(std::span<const int64_t> times) {
  const int64_t step = Minus(times[1], times[0]);
  for (size_t i = 2; i < times.size(); ++i) {
    if (Minus(times[i], times[i - 1]) != step) return false;
  }
  return true;
}

}  // namespace

void EncodeSampleTimes(std::span<const int64_t> times, Bytes* out) {
  PutFirst(times[0], out);
  if (times.size() == 1) return;
  if (IsEven(times)) {
    out->push_back(kEven);
    PutVarint(ZigZag(Minus(times[1], times[0])), out);
    return;
  }
  Numbers numbers;
  BestForm best(CommonUnit(times, &numbers));
  best.Offer(numbers, nullptr, {});
  if (best.bytes().size() * 8 > times.size() * kManyBits) {
    best.OfferTicks(numbers, times[0]);
  }
  out->insert(out->end(), best.bytes().begin(), best.bytes().end());
}

absl::StatusOr<std::vector<int64_t>> DecodeSampleTimes(ByteReader* in,
                                                       size_t count) {
  uint64_t first = ReadFirst(in);
  std::vector<int64_t> times = {static_cast<int64_t>(first)};
  if (count == 1) return times;
  const uint8_t model = in->U8();
  if (!in->ok()) return Damaged("end early");
  if (model == kEven) {
    const auto step = static_cast<uint64_t>(UnZigZag(in->Varint()));
    if (!in->ok()) return Damaged("end early");
    while (times.size() < count) {
      times.push_back(static_cast<int64_t>(first += step));
    }
    return times;
  }
  if ((model & ~kInTicks) < kSteps || (model & ~kInTicks) > kQueue) {
    return Damaged("unknown model");
  }
  const Head head = ReadHead(model, in);
  const auto coded = in->Take(in->Varint());
  if (!in->ok()) return Damaged("end early");
  const absl::Status status = DecodeResiduals(head, coded, count, &times);
  if (!status.ok()) return status;
  return times;
}

}  // namespace fovea
