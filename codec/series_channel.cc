// SPDX-License-Identifier: GPL-2.0-or-later
//
// A channel (little-endian; varints of 7 bits a byte):
//
//   u8 model, then by model:
//     0 raw       samples x u64, the bits of each double
//     1 double    integers: bits of the doubles in numeric order
//     2 float     integers: bits as floats in numeric order
//     16 + kind   grid (GridKind): divisor (kinds 1, 4, 5), step and offset
//                 (kinds 2 to 5) as numbers, then samples on the grid
//     24 + kind   the grid of the last grid channel before; samples on it
//   number   varint 2n for whole n >= 0; varint 2d + 1 and zigzag varint m
//            for m / 10^d, d of 1 to 15; or varint 1 and u64 bits
//   samples on a grid: exceptions; integers k; kinds 2-4: u8 has units,
//            integers units
//   exceptions: varint how many, each a varint gap from the one before and
//            u64 bits
//
// "integers" is a sequence of codec/rice_coder.h. Every model is tried and
// the shortest kept, so a channel is never much longer than raw.

#include "codec/series_channel.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/internal/powers_of_ten.h"
#include "codec/rice_coder.h"

namespace fovea {
namespace {

using internal::kPowersOfTen;

using Bytes = std::vector<uint8_t>;
using Column = std::vector<double>;

enum Model : uint8_t {
  kRaw = 0,
  kDouble = 1,
  kFloat = 2,
  kGrid = 16,
  kSameGrid = 24
};

constexpr uint64_t kMostDecimals = 15;

// Bits of a double or float to integers in numeric order, and back. A
// bijection, so NaN payloads and -0 survive.
int64_t OrderedBits(double value) {
  const auto bits = std::bit_cast<int64_t>(value);
  return bits >= 0 ? bits : bits ^ INT64_MAX;
}
double FromOrderedBits(int64_t ordered) {
  return std::bit_cast<double>(ordered >= 0 ? ordered : ordered ^ INT64_MAX);
}
int32_t OrderedFloatBits(float value) {
  const auto bits = std::bit_cast<int32_t>(value);
  return bits >= 0 ? bits : bits ^ INT32_MAX;
}

Bytes EncodeRaw(std::span<const double> column) {
  Bytes out = {kRaw};
  out.reserve(1 + column.size() * 8);
  for (const double value : column) {
    PutU64(std::bit_cast<uint64_t>(value), &out);
  }
  return out;
}

Bytes EncodeDouble(std::span<const double> column) {
  Bytes out = {kDouble};
  std::vector<int64_t> ordered;
  ordered.reserve(column.size());
  for (const double value : column) ordered.push_back(OrderedBits(value));
  EncodeIntegers(ordered, kMaxPredictionOrder, &out);
  return out;
}

// Empty unless every value is a float, bit for bit.
ChannelForm FloatForm(std::span<const double> column) {
  ChannelForm form = {{kFloat}, {}, {}};
  form.floats.reserve(column.size());
  for (const double value : column) {
    // Out of float's range the cast has no defined result; infinity has.
    if (std::isfinite(value) && std::abs(value) > 3.4e38) return {};
    const int32_t bits = OrderedFloatBits(static_cast<float>(value));
    if (std::bit_cast<uint64_t>(FromOrderedFloatBits(bits)) !=
        std::bit_cast<uint64_t>(value)) {
      return {};
    }
    form.floats.push_back(bits);
  }
  EncodeIntegers(form.floats, kMaxPredictionOrder, &form.bytes);
  return form;
}

bool HasDivisor(GridKind kind) {
  return kind == GridKind::kRatio || kind == GridKind::kAffineDecimal ||
         kind == GridKind::kConverted;
}

// `last`: the grid of the last grid channel of this block.
Bytes EncodeGrid(const GridFit& fit, const std::optional<IntegerGrid>& last,
                 std::span<const double> column) {
  const GridKind kind = fit.grid.kind;
  const bool same = last == fit.grid;
  Bytes out = {static_cast<uint8_t>((same ? kSameGrid : kGrid) +
                                    static_cast<uint8_t>(kind))};
  if (!same) PutGrid(fit.grid, &out);
  PutExceptions(fit.exceptions, column, &out);
  EncodeIntegers(fit.k, kMaxPredictionOrder, &out);
  if (!HasUnits(kind)) return out;
  out.push_back(fit.units.empty() ? 0 : 1);
  if (!fit.units.empty()) {
    EncodeIntegers(fit.units, kMaxPredictionOrder, &out);
  }
  return out;
}

// The shortest form of one channel so far.
class BestForm {
 public:
  BestForm(std::span<const double> column,
           const std::optional<IntegerGrid>& last)
      : column_(column), last_(last), form_{EncodeRaw(column), {}, {}} {}

  void Offer(ChannelForm candidate) {
    if (candidate.bytes.empty()) return;
    if (candidate.bytes.size() < form_.bytes.size()) {
      form_ = std::move(candidate);
    }
  }
  void Offer(GridFit fit) {
    Bytes bytes = EncodeGrid(fit, last_, column_);
    Offer(ChannelForm{std::move(bytes), std::move(fit), {}});
  }

  ChannelForm Take() { return std::move(form_); }

 private:
  std::span<const double> column_;
  std::optional<IntegerGrid> last_;
  ChannelForm form_;
};

absl::StatusOr<Column> DecodeGrid(const IntegerGrid& grid, ByteReader* in,
                                  size_t samples) {
  Exceptions exceptions;
  const absl::Status status = ReadExceptions(in, samples, &exceptions);
  if (!status.ok()) return status;
  const auto k = DecodeIntegers(in, samples);
  if (!k.ok()) return k.status();
  std::vector<int64_t> units;
  if (HasUnits(grid.kind) && in->U8() != 0) {
    auto decoded = DecodeIntegers(in, samples);
    if (!decoded.ok()) return decoded.status();
    units = *std::move(decoded);
  }
  return GridColumn(grid, *k, units, exceptions);
}

absl::StatusOr<Column> DecodeRaw(ByteReader* in, size_t samples) {
  if (samples > in->remaining() / 8) {
    return absl::DataLossError("series block: raw values end early");
  }
  Column column(samples);
  for (double& value : column) value = std::bit_cast<double>(in->U64());
  return column;
}

absl::StatusOr<Column> DecodeOrdered(uint8_t model, ByteReader* in,
                                     size_t samples) {
  const auto ordered = DecodeIntegers(in, samples);
  if (!ordered.ok()) return ordered.status();
  Column column(samples);
  for (size_t i = 0; i < samples; ++i) {
    const int64_t bits = (*ordered)[i];
    if (model == kDouble) {
      column[i] = FromOrderedBits(bits);
    } else if (bits < INT32_MIN || bits > INT32_MAX) {
      return absl::DataLossError("series block: float out of range");
    } else {
      column[i] = FromOrderedFloatBits(static_cast<int32_t>(bits));
    }
  }
  return column;
}

}  // namespace

double FromOrderedFloatBits(int32_t ordered) {
  return static_cast<double>(
      std::bit_cast<float>(ordered >= 0 ? ordered : ordered ^ INT32_MAX));
}

bool HasUnits(GridKind kind) {
  return kind != GridKind::kRatio && kind != GridKind::kConverted;
}

std::optional<GridKind> GridKindOf(uint8_t model, uint8_t base) {
  if (model <= base ||
      model > base + static_cast<uint8_t>(GridKind::kConverted)) {
    return std::nullopt;
  }
  return static_cast<GridKind>(model - base);
}

void PutNumber(double value, Bytes* out) {
  constexpr double kMaxWhole = 9007199254740992.0;
  constexpr double kMaxDecimal = 1e14;  // seven bytes
  if (value >= 0 && value < kMaxWhole && value == std::floor(value) &&
      !std::signbit(value)) {
    PutVarint(static_cast<uint64_t>(value) << 1, out);
    return;
  }
  const auto bits = std::bit_cast<uint64_t>(value);
  for (uint64_t d = 1; d <= kMostDecimals; ++d) {
    const double scaled = std::nearbyint(value * kPowersOfTen[d]);
    if (!(std::abs(scaled) < kMaxDecimal)) break;
    if (std::bit_cast<uint64_t>(scaled / kPowersOfTen[d]) != bits) continue;
    PutVarint(d << 1 | 1, out);
    PutVarint(ZigZag(static_cast<int64_t>(scaled)), out);
    return;
  }
  PutVarint(1, out);
  PutU64(bits, out);
}

double ReadNumber(ByteReader* in) {
  const uint64_t head = in->Varint();
  if (head == 1) return std::bit_cast<double>(in->U64());
  if (head % 2 == 0) return static_cast<double>(head >> 1);
  const auto scaled = static_cast<double>(UnZigZag(in->Varint()));
  if (head >> 1 > kMostDecimals) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return scaled / kPowersOfTen[head >> 1];
}

void PutGrid(const IntegerGrid& grid, Bytes* out) {
  if (HasDivisor(grid.kind)) PutNumber(grid.divisor, out);
  if (grid.kind == GridKind::kRatio) return;
  PutNumber(grid.step, out);
  PutNumber(grid.offset, out);
}

std::optional<IntegerGrid> ReadGrid(GridKind kind, ByteReader* in) {
  const auto usable = [](double number) {
    return std::isfinite(number) && number != 0;
  };
  IntegerGrid grid;
  grid.kind = kind;
  if (HasDivisor(kind)) grid.divisor = ReadNumber(in);
  if (HasDivisor(kind) && !usable(grid.divisor)) return std::nullopt;
  if (kind == GridKind::kRatio) return grid;
  grid.step = ReadNumber(in);
  grid.offset = ReadNumber(in);
  const bool sound = usable(grid.step) && std::isfinite(grid.offset) &&
                     (kind != GridKind::kConverted || grid.offset != 0);
  return sound ? std::optional(grid) : std::nullopt;
}

void PutExceptions(std::span<const size_t> indices,
                   std::span<const double> column, Bytes* out) {
  PutVarint(indices.size(), out);
  size_t before = 0;
  for (const size_t index : indices) {
    PutVarint(index - before, out);
    PutU64(std::bit_cast<uint64_t>(column[index]), out);
    before = index;
  }
}

absl::Status ReadExceptions(ByteReader* in, size_t samples,
                            Exceptions* exceptions) {
  const uint64_t count = in->Varint();
  if (count > samples || count > in->remaining() / 9) {
    return absl::DataLossError("series block: too many exceptions");
  }
  uint64_t index = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t gap = in->Varint();
    if (!in->ok() || gap >= samples - index) {
      return absl::DataLossError("series block: exception out of range");
    }
    index += gap;
    exceptions->emplace_back(index, std::bit_cast<double>(in->U64()));
  }
  return absl::OkStatus();
}

Column GridColumn(const IntegerGrid& grid, std::span<const int64_t> k,
                  std::span<const int64_t> units,
                  const Exceptions& exceptions) {
  Column column(k.size());
  for (size_t i = 0; i < k.size(); ++i) {
    column[i] = GridValue(grid, k[i], units.empty() ? 0 : units[i]);
  }
  for (const auto& [index, value] : exceptions) column[index] = value;
  return column;
}

ChannelForm FormChannel(std::span<const double> column,
                        std::optional<IntegerGrid>* last) {
  BestForm best(column, *last);
  best.Offer({EncodeDouble(column), {}, {}});
  best.Offer(FloatForm(column));
  if (auto decimals = FitDecimals(column)) {
    for (GridFit& fit : FitLatticeOfDecimals(*decimals)) {
      best.Offer(std::move(fit));
    }
    best.Offer(*std::move(decimals));
  }
  for (GridFit& fit : FitScales(column)) best.Offer(std::move(fit));
  ChannelForm form = best.Take();
  if (form.fit) *last = form.fit->grid;
  return form;
}

absl::StatusOr<Column> ReadChannel(uint8_t model, ByteReader* in,
                                   size_t samples,
                                   std::optional<IntegerGrid>* last) {
  if (model == kRaw) return DecodeRaw(in, samples);
  if (model == kDouble || model == kFloat) {
    return DecodeOrdered(model, in, samples);
  }
  if (const auto kind = GridKindOf(model, kGrid)) {
    *last = ReadGrid(*kind, in);
    if (!*last) return absl::DataLossError("series block: numbers of no grid");
    return DecodeGrid(**last, in, samples);
  }
  const auto same = GridKindOf(model, kSameGrid);
  if (same && last->has_value() && (*last)->kind == *same) {
    return DecodeGrid(**last, in, samples);
  }
  return absl::DataLossError(
      absl::StrCat("series block: unknown model ", static_cast<int>(model)));
}

}  // namespace fovea
