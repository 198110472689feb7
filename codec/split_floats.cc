// SPDX-License-Identifier: GPL-2.0-or-later
//
// The head of a split channel:
//
//   u8         precision (bits 0-5), repeats are told (bit 6)
//   varint     zigzag of the step
//   exceptions as grids have them (codec/series_channel.cc)
//   varint     bytes of the rest: varint bytes of the range coder, and those
//              (what repeats, what is zero, how far below a step the others
//              are), then bits of mantissas, the first in a byte's highest

#include "codec/split_floats.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "absl/status/status.h"
#include "codec/bit_stream.h"
#include "codec/internal/range_coder.h"
#include "codec/rice_coder.h"

namespace fovea {
namespace {

using internal::Probability;
using internal::RangeDecoder;
using internal::RangeEncoder;

using Bytes = std::vector<uint8_t>;

constexpr uint8_t kPrecisionBits = 63;
constexpr uint8_t kRepeatsFlag = 64;

constexpr int kMantissaBits = 52;
constexpr uint64_t kMantissa = (uint64_t{1} << kMantissaBits) - 1;
constexpr int kBias = 1023;
constexpr int kLeastExponent = -1022;
constexpr int kMaxCountBits = 30;  // below a count's highest
constexpr int kMaxStep = kBias - kMaxCountBits;

// The noise is some 2^4 steps: fewer would cut its bell into corners, more
// only cost time.
constexpr int kNoiseBits = 4;

// One in so many samples may be off, as grids have it.
constexpr size_t kExceptionsOneIn = 16;

// One repeated sample in so many pays for telling the others apart.
constexpr size_t kRepeatsOneIn = 64;

struct Parts {
  bool negative = false;
  int exponent = 0;  // of a normal double
  uint64_t mantissa = 0;
  bool zero = false;
};

// nullopt: NaN, infinities and subnormal doubles.
std::optional<Parts> PartsOf(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  Parts parts;
  parts.negative = (bits >> 63) != 0;
  parts.mantissa = bits & kMantissa;
  const int biased = static_cast<int>(bits >> kMantissaBits & 0x7ff);
  parts.exponent = biased - kBias;
  parts.zero = biased == 0 && parts.mantissa == 0;
  const bool normal = biased != 0 && parts.exponent <= kBias;
  if (normal || parts.zero) return parts;
  return std::nullopt;
}

double DoubleOf(bool negative, int exponent, uint64_t mantissa) {
  return std::bit_cast<double>(
      uint64_t{negative} << 63 |
      static_cast<uint64_t>(exponent + kBias) << kMantissaBits | mantissa);
}

// What the bits of the range coder are about.
struct Statistics {
  std::array<Probability, 2> repeats;  // by whether the sample before did
  Probability zero;
  std::array<Probability, 16> halvings;  // below a step; the last for more

  Probability* OfHalving(int done) {
    return &halvings[static_cast<size_t>(std::min(done, 15))];
  }
};

int Precision(std::span<const double> column) {
  uint64_t all = 0;
  for (const double value : column) {
    const auto parts = PartsOf(value);
    if (parts) all |= parts->mantissa;
  }
  return all == 0 ? 0 : kMantissaBits - std::countr_zero(all);
}

// The median size of what is left of `values`, of those that are not 0; 0
// where there are none.
double MedianSize(std::span<const double> values) {
  std::vector<double> sizes;
  for (const double value : values) {
    if (value != 0 && std::isfinite(value)) sizes.push_back(std::abs(value));
  }
  if (sizes.empty()) return 0;
  const auto middle =
      sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle;
}

// What fixed polynomials of the best order leave, as a power of two.
std::optional<int> NoiseExponent(std::span<const double> column) {
  std::vector<double> left(column.begin(), column.end());
  double least = 0;
  for (int order = 0; order < kMaxPredictionOrder && left.size() > 1; ++order) {
    for (size_t i = 0; i + 1 < left.size(); ++i)
      left[i] = left[i + 1] - left[i];
    left.pop_back();
    const double size = MedianSize(left);
    if (size == 0) break;
    least = order == 0 ? size : std::min(least, size);
  }
  if (least == 0) return std::nullopt;
  return std::ilogb(least);
}

int MaxExponent(std::span<const double> column) {
  int most = kLeastExponent;
  for (const double value : column) {
    const auto parts = PartsOf(value);
    if (parts && !parts->zero) most = std::max(most, parts->exponent);
  }
  return most;
}

bool RepeatsPay(std::span<const double> column) {
  size_t repeats = 0;
  for (size_t i = 1; i < column.size(); ++i) {
    repeats += std::bit_cast<uint64_t>(column[i]) ==
                       std::bit_cast<uint64_t>(column[i - 1])
                   ? 1
                   : 0;
  }
  return repeats * kRepeatsOneIn > column.size();
}

// Splits sample after sample.
class Splitter {
 public:
  explicit Splitter(SplitFloats* split)
      : split_(*split), coder_(&coded_), bits_(&raw_) {}

  void Add(size_t row, double value) {
    const auto parts = PartsOf(value);
    const int above = parts ? parts->exponent - split_.step : 0;
    if (!parts || (!parts->zero && above > kMaxCountBits)) {
      split_.exceptions.push_back(row);
      split_.k.push_back(before_k_);
      return;
    }
    int64_t count = 0;
    if (!parts->zero && above >= 0) {
      count = static_cast<int64_t>((parts->mantissa + kMantissa + 1) >>
                                   (kMantissaBits - above));
    }
    const int64_t k = parts->negative ? ~count : count;
    split_.k.push_back(k);
    const auto bits = std::bit_cast<uint64_t>(value);
    const bool repeated = bits == before_bits_;
    const bool told = split_.repeats && k == before_k_;
    before_k_ = k;
    before_bits_ = bits;
    if (told) coder_.Put(&statistics_.repeats[repeated_ ? 1 : 0], repeated);
    repeated_ = told && repeated;
    if (!repeated_) PutRest(*parts, count, above);
  }

  void Finish() && {
    coder_.Finish();
    bits_.Align();
    PutVarint(coded_.size(), &split_.rest);
    split_.rest.insert(split_.rest.end(), coded_.begin(), coded_.end());
    split_.rest.insert(split_.rest.end(), raw_.begin(), raw_.end());
  }

 private:
  void PutRest(const Parts& parts, int64_t count, int above) {
    int kept = split_.precision;
    if (count != 0) {
      kept -= above;
    } else {
      coder_.Put(&statistics_.zero, parts.zero);
      if (parts.zero) return;
      for (int i = 0; i < -1 - above; ++i) {
        coder_.Put(statistics_.OfHalving(i), true);
      }
      coder_.Put(statistics_.OfHalving(-1 - above), false);
    }
    if (kept <= 0) return;
    bits_.Put(parts.mantissa >> (kMantissaBits - split_.precision), kept);
  }

  SplitFloats& split_;
  Statistics statistics_;
  Bytes coded_;
  Bytes raw_;
  RangeEncoder coder_;
  BitWriter bits_;
  int64_t before_k_ = 0;
  uint64_t before_bits_ = 0;
  bool repeated_ = false;
};

// Joins them again.
class Joiner {
 public:
  Joiner(const SplitHead& head, std::span<const uint8_t> coded,
         std::span<const uint8_t> raw)
      : head_(head), coder_(coded), bits_(raw), raw_bytes_(raw.size()) {}

  double Next(int64_t k) {
    const bool told = head_.repeats && k == before_k_;
    before_k_ = k;
    repeated_ = told && coder_.Get(&statistics_.repeats[repeated_ ? 1 : 0]);
    if (!repeated_) before_ = ReadRest(k);
    return before_;
  }

  // Everything was there, and nothing more.
  bool sound() const {
    return sound_ && !coder_.overrun() && coder_.exhausted() &&
           !bits_.overrun() && bits_.bytes_used() == raw_bytes_;
  }

 private:
  double ReadRest(int64_t k) {
    const bool negative = k < 0;
    const auto count = static_cast<uint64_t>(negative ? ~k : k);
    int kept = head_.precision;
    int exponent = head_.step;
    uint64_t mantissa = 0;
    if (count != 0) {
      const int above = static_cast<int>(std::bit_width(count)) - 1;
      exponent += above;
      kept -= above;
      mantissa = count << (kMantissaBits - above) & kMantissa;
    } else {
      if (coder_.Get(&statistics_.zero)) return negative ? -0.0 : 0.0;
      exponent -= 1 + Halvings();
    }
    if (kept > 0) {
      mantissa |= bits_.Get(kept) << (kMantissaBits - head_.precision);
    }
    return DoubleOf(negative, exponent, mantissa);
  }

  int Halvings() {
    const int most = head_.step - 1 - kLeastExponent;
    int halvings = 0;
    while (coder_.Get(statistics_.OfHalving(halvings))) {
      if (++halvings > most) {
        sound_ = false;
        return 0;
      }
    }
    return halvings;
  }

  const SplitHead& head_;
  Statistics statistics_;
  RangeDecoder coder_;
  BitReader bits_;
  const size_t raw_bytes_;
  int64_t before_k_ = 0;
  double before_ = 0;
  bool repeated_ = false;
  bool sound_ = true;
};

std::optional<SplitFloats> SplitAt(int step, std::span<const double> column) {
  SplitFloats split;
  split.step = std::clamp(step, kLeastExponent + 1, kMaxStep);
  split.precision = Precision(column);
  split.repeats = RepeatsPay(column);
  split.k.reserve(column.size());
  Splitter splitter(&split);
  for (size_t i = 0; i < column.size(); ++i) splitter.Add(i, column[i]);
  if (split.exceptions.size() * kExceptionsOneIn > column.size()) {
    return std::nullopt;
  }
  std::move(splitter).Finish();
  Bytes bytes;
  PutSplitHead(split, column, &bytes);
  EncodeIntegers(split.k, kMaxPredictionOrder, &bytes);
  split.bytes = bytes.size();
  return split;
}

}  // namespace

std::optional<SplitFloats> SplitColumn(std::span<const double> column) {
  const auto noise = NoiseExponent(column);
  if (!noise) return std::nullopt;
  const int step = *noise - kNoiseBits;
  auto split = SplitAt(step, column);
  if (!split) split = SplitAt(MaxExponent(column) - kMaxCountBits, column);
  return split;
}

void PutSplitHead(const SplitFloats& split, std::span<const double> column,
                  Bytes* out) {
  out->push_back(static_cast<uint8_t>(split.precision |
                                      (split.repeats ? kRepeatsFlag : 0)));
  PutVarint(ZigZag(split.step), out);
  PutExceptions(split.exceptions, column, out);
  PutVarint(split.rest.size(), out);
  out->insert(out->end(), split.rest.begin(), split.rest.end());
}

absl::StatusOr<SplitHead> ReadSplitHead(ByteReader* in, size_t samples) {
  SplitHead head;
  const uint8_t first = in->U8();
  head.precision = first & kPrecisionBits;
  head.repeats = (first & kRepeatsFlag) != 0;
  const int64_t step = UnZigZag(in->Varint());
  if (!in->ok() || first > (kPrecisionBits | kRepeatsFlag) ||
      head.precision > kMantissaBits || step <= kLeastExponent ||
      step > kMaxStep) {
    return absl::DataLossError("series block: floats split nowhere");
  }
  head.step = static_cast<int>(step);
  const absl::Status status = ReadExceptions(in, samples, &head.exceptions);
  if (!status.ok()) return status;
  head.rest = in->Take(in->Varint());
  if (!in->ok()) return absl::DataLossError("series block: ends in floats");
  return head;
}

absl::StatusOr<std::vector<double>> JoinSplit(const SplitHead& head,
                                              std::span<const int64_t> k) {
  ByteReader in(head.rest);
  const auto coded = in.Take(in.Varint());
  if (!in.ok()) return absl::DataLossError("series block: ends in floats");
  Joiner joiner(head, coded, in.rest());
  std::vector<double> column(k.size());
  size_t next = 0;  // exception
  for (size_t i = 0; i < k.size(); ++i) {
    bool excepted = false;
    for (; next < head.exceptions.size() && head.exceptions[next].first == i;
         ++next) {
      column[i] = head.exceptions[next].second;
      excepted = true;
    }
    if (!excepted) column[i] = joiner.Next(k[i]);
  }
  if (joiner.sound()) return column;
  return absl::DataLossError("series block: bits of floats do not fit");
}

}  // namespace fovea
