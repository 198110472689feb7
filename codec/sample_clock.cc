// SPDX-License-Identifier: GPL-2.0-or-later
//
//   u8             bytes of q less one (bits 0-2), z (bits 3-7)
//   bytes          zigzag of q, little-endian; first time = q * 10^z
//   only with more than one time:
//   u8             model: 0 even, 1 steps, 2 line, 3 queue (bits 0-1); in ticks
//                  (bit 2); size that residuals begin with (bits 3-5); or 64
//                  pieces
//   pieces         varint rows of each but the last, the pieces, which are
//                  times as above but have no pieces
//   even           zigzag varint step
//   else           varint unit; in ticks u8 j, number offset;
//                  steps: zigzag varint median; line, queue: zigzag varint
//                  slope, zigzag varint start; varint size, so many coded bytes
//
// Time i is first + unit * n, n a whole number: m, or in ticks of 2^-j s
// round(offset + 10^9 / 2^j / unit * m) + correction. m is m of the row before
// + median + residual, or (slope * i + start * 2^16) / 2^20 rounded to nearest
// + shift + residual, where shift takes in residuals beyond half a slope: rows
// were lost.

#include "codec/sample_clock.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/internal/clock_course.h"
#include "codec/internal/range_coder.h"
#include "codec/internal/residual_bits.h"
#include "codec/series_channel.h"

namespace fovea {
namespace {

using internal::Course;
using internal::Expectation;
using internal::kEven;
using internal::kQueue;
using internal::kSteps;
using internal::LineOf;
using internal::Magnitude;
using internal::Minus;
using internal::Numbers;
using internal::Plus;
using internal::Probability;
using internal::RangeDecoder;
using internal::RangeEncoder;
using internal::ResidualBits;
using internal::StepsOf;

constexpr uint8_t kInTicks = 4;
constexpr uint8_t kPieces = 64;
constexpr uint8_t kCourseBits = 3;
constexpr int kSizeShift = 3;

constexpr double kMaxExact = 9007199254740992.0;  // 2^53

// Ticks that are looked for: 2^-30 s at the shortest, at least so many units
// and the times so near them.
constexpr int kMaxTickShift = 30;
constexpr double kLeastStep = 4;
constexpr double kNearTick = 1.01;

// Rows from which a line may bend, or a clock's decimals change.
constexpr size_t kPieceRows = 4096;

// Rows up to which the size of residuals is looked for.
constexpr size_t kSizedRows = 2048;

// Coded bits of a row from which ticks are looked for.
constexpr size_t kManyBits = 3;

using Bytes = std::vector<uint8_t>;

// `corrections` empty for none.
Bytes EncodeResiduals(const Numbers& numbers, const Course& course,
                      std::span<const int64_t> corrections, int size) {
  Bytes coded;
  RangeEncoder encoder(&coded);
  const auto coder = [&encoder](Probability* probability, bool bit) {
    encoder.Put(probability, bit);
    return bit;
  };
  Expectation expectation(course);
  ResidualBits model(size);
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

Bytes Written(const Course& course, const Ticks* ticks, uint64_t unit, int size,
              const Bytes& coded) {
  Bytes out = {static_cast<uint8_t>(
      course.model + (ticks != nullptr ? kInTicks : 0) + (size << kSizeShift))};
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
    const Numbers whole = internal::WithoutLosses(numbers);
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
    for (int size = 0; size < internal::kResidualSizes; ++size) {
      Bytes form = Written(course, ticks, unit_, size,
                           EncodeResiduals(numbers, course, corrections, size));
      if (bytes_.empty() || form.size() < bytes_.size()) {
        bytes_ = std::move(form);
      }
      // Long blocks learn soon enough.
      if (numbers.size() > kSizedRows) break;
    }
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
  int size = 0;  // of residuals
  std::optional<Ticks> ticks;
  uint64_t unit = 0;
};

Head ReadHead(uint8_t model, ByteReader* in) {
  Head head;
  head.unit = in->Varint();
  head.size = model >> kSizeShift;
  if ((model & kInTicks) != 0) {
    head.ticks.emplace();
    head.ticks->step = StepOf(in->U8(), head.unit);
    head.ticks->offset = ReadNumber(in);
  }
  head.course.model = static_cast<internal::ClockModel>(model & kCourseBits);
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
  ResidualBits model(head.size);
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

void EncodePiece(std::span<const int64_t> times, Bytes* out) {
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

// Behind the first time and the model.
absl::StatusOr<Numbers> DecodePiece(uint64_t first, uint8_t model,
                                    ByteReader* in, size_t count) {
  Numbers times = {static_cast<int64_t>(first)};
  if (model == kEven) {
    const auto step = static_cast<uint64_t>(UnZigZag(in->Varint()));
    if (!in->ok()) return Damaged("end early");
    while (times.size() < count) {
      times.push_back(static_cast<int64_t>(first += step));
    }
    return times;
  }
  if ((model & kCourseBits) < kSteps ||
      (model >> kSizeShift) >= internal::kResidualSizes) {
    return Damaged("unknown model");
  }
  const Head head = ReadHead(model, in);
  const auto coded = in->Take(in->Varint());
  if (!in->ok()) return Damaged("end early");
  const absl::Status status = DecodeResiduals(head, coded, count, &times);
  if (!status.ok()) return status;
  return times;
}

absl::StatusOr<Numbers> DecodePieces(ByteReader* in, size_t count) {
  const uint64_t rows = in->Varint();
  if (!in->ok() || rows < 2 || rows >= count) {
    return Damaged("pieces of no size");
  }
  Numbers times;
  while (times.size() < count) {
    const size_t some = std::min<size_t>(rows, count - times.size());
    const uint64_t first = ReadFirst(in);
    const uint8_t model = some > 1 ? in->U8() : uint8_t{kEven};
    if (!in->ok() || model == kPieces) return Damaged("a piece is cut");
    if (some == 1) {
      times.push_back(static_cast<int64_t>(first));
      continue;
    }
    const auto piece = DecodePiece(first, model, in, some);
    if (!piece.ok()) return piece.status();
    times.insert(times.end(), piece->begin(), piece->end());
  }
  return times;
}

}  // namespace

void EncodeSampleTimes(std::span<const int64_t> times, Bytes* out) {
  Bytes whole;
  EncodePiece(times, &whole);
  Bytes pieces;
  if (times.size() > kPieceRows) {
    PutFirst(times[0], &pieces);
    pieces.push_back(kPieces);
    PutVarint(kPieceRows, &pieces);
    for (size_t at = 0; at < times.size(); at += kPieceRows) {
      const size_t some = std::min(kPieceRows, times.size() - at);
      EncodePiece(times.subspan(at, some), &pieces);
    }
  }
  const bool split = !pieces.empty() && pieces.size() < whole.size();
  const Bytes& shorter = split ? pieces : whole;
  out->insert(out->end(), shorter.begin(), shorter.end());
}

absl::StatusOr<std::vector<int64_t>> DecodeSampleTimes(ByteReader* in,
                                                       size_t count) {
  const uint64_t first = ReadFirst(in);
  if (count == 1) return Numbers{static_cast<int64_t>(first)};
  const uint8_t model = in->U8();
  if (!in->ok()) return Damaged("end early");
  if (model == kPieces) return DecodePieces(in, count);
  return DecodePiece(first, model, in, count);
}

}  // namespace fovea
