// SPDX-License-Identifier: GPL-2.0-or-later
//
// A series block, version 1 (little-endian; varints of 7 bits a byte):
//
//   u8       version
//   u8       channels
//   varint   samples
//   times    as codec/timestamp_coder.h writes them
//   channel  u8 model, then by model:
//     0 raw       samples x u64, the bits of each double
//     1 double    integers: bits of the doubles in numeric order
//     2 float     integers: bits as floats in numeric order
//     16 + kind   grid (GridKind): divisor (kinds 1, 4, 5), step and offset
//                 (kinds 2 to 5) as numbers, then samples on the grid
//     24 + kind   the grid of the last grid channel before; samples on it
//   number   varint 2n for whole n >= 0, or varint 1 and u64 bits
//   samples on a grid: varint exceptions, each a varint gap from the one
//            before and u64 bits; integers k; kinds 2-4: u8 has units,
//            integers units
//
// "integers" is a sequence of codec/rice_coder.h. Every model is tried and
// the shortest kept, so a block is never much longer than raw.

#include "codec/series_block.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/integer_grid.h"
#include "codec/rice_coder.h"
#include "codec/timestamp_coder.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;

enum Model : uint8_t {
  kRaw = 0,
  kDouble = 1,
  kFloat = 2,
  kGrid = 16,
  kSameGrid = 24
};

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
double FromOrderedFloatBits(int32_t ordered) {
  return static_cast<double>(
      std::bit_cast<float>(ordered >= 0 ? ordered : ordered ^ INT32_MAX));
}

using Bytes = std::vector<uint8_t>;

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
Bytes EncodeFloat(std::span<const double> column) {
  std::vector<int64_t> ordered;
  ordered.reserve(column.size());
  for (const double value : column) {
    // Out of float's range the cast has no defined result; infinity has.
    if (std::isfinite(value) && std::abs(value) > 3.4e38) return {};
    const int32_t bits = OrderedFloatBits(static_cast<float>(value));
    if (std::bit_cast<uint64_t>(FromOrderedFloatBits(bits)) !=
        std::bit_cast<uint64_t>(value)) {
      return {};
    }
    ordered.push_back(bits);
  }
  Bytes out = {kFloat};
  EncodeIntegers(ordered, kMaxPredictionOrder, &out);
  return out;
}

bool HasDivisor(GridKind kind) {
  return kind == GridKind::kRatio || kind == GridKind::kAffineDecimal ||
         kind == GridKind::kConverted;
}

bool HasUnits(GridKind kind) {
  return kind != GridKind::kRatio && kind != GridKind::kConverted;
}

void PutNumber(double value, Bytes* out) {
  constexpr double kMaxWhole = 9007199254740992.0;
  if (value >= 0 && value < kMaxWhole && value == std::floor(value) &&
      !std::signbit(value)) {
    PutVarint(static_cast<uint64_t>(value) << 1, out);
    return;
  }
  PutVarint(1, out);
  PutU64(std::bit_cast<uint64_t>(value), out);
}

double ReadNumber(ByteReader* in) {
  const uint64_t head = in->Varint();
  if (head == 1) return std::bit_cast<double>(in->U64());
  return static_cast<double>(head >> 1);
}

void PutGrid(const Grid& grid, Bytes* out) {
  out->push_back(static_cast<uint8_t>(kGrid + static_cast<uint8_t>(grid.kind)));
  if (HasDivisor(grid.kind)) PutNumber(grid.divisor, out);
  if (grid.kind == GridKind::kRatio) return;
  PutNumber(grid.step, out);
  PutNumber(grid.offset, out);
}

// `last`: the grid of the last grid channel of this block.
Bytes EncodeGrid(const GridFit& fit, const std::optional<Grid>& last,
                 std::span<const double> column) {
  const GridKind kind = fit.grid.kind;
  Bytes out;
  if (last == fit.grid) {
    out.push_back(static_cast<uint8_t>(kSameGrid + static_cast<uint8_t>(kind)));
  } else {
    PutGrid(fit.grid, &out);
  }
  PutVarint(fit.exceptions.size(), &out);
  size_t before = 0;
  for (const size_t index : fit.exceptions) {
    PutVarint(index - before, &out);
    PutU64(std::bit_cast<uint64_t>(column[index]), &out);
    before = index;
  }
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
  BestForm(std::span<const double> column, const std::optional<Grid>& last)
      : column_(column), last_(last), bytes_(EncodeRaw(column)) {}

  void Offer(Bytes candidate) {
    if (candidate.empty() || candidate.size() >= bytes_.size()) return;
    bytes_ = std::move(candidate);
    grid_.reset();
  }
  void Offer(const GridFit& fit) {
    Bytes candidate = EncodeGrid(fit, last_, column_);
    if (candidate.size() >= bytes_.size()) return;
    bytes_ = std::move(candidate);
    grid_ = fit.grid;
  }

  const Bytes& bytes() const { return bytes_; }
  const std::optional<Grid>& grid() const { return grid_; }

 private:
  std::span<const double> column_;
  std::optional<Grid> last_;
  Bytes bytes_;
  std::optional<Grid> grid_;  // of bytes_, when they are on a grid
};

// Appends one channel; `last` is the grid it may repeat, then its own.
void EncodeChannel(std::span<const double> column, std::optional<Grid>* last,
                   Bytes* out) {
  BestForm best(column, *last);
  best.Offer(EncodeDouble(column));
  best.Offer(EncodeFloat(column));
  if (const auto decimals = FitDecimals(column)) {
    best.Offer(*decimals);
    for (const GridFit& fit : FitLatticeOfDecimals(*decimals)) {
      best.Offer(fit);
    }
  }
  for (const GridFit& fit : FitScales(column)) best.Offer(fit);
  out->insert(out->end(), best.bytes().begin(), best.bytes().end());
  if (best.grid()) *last = best.grid();
}

absl::Status ReadExceptions(
    ByteReader* in, size_t samples,
    std::vector<std::pair<size_t, double>>* exceptions) {
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

Grid ReadGrid(GridKind kind, ByteReader* in) {
  Grid grid;
  grid.kind = kind;
  if (HasDivisor(kind)) grid.divisor = ReadNumber(in);
  if (kind != GridKind::kRatio) {
    grid.step = ReadNumber(in);
    grid.offset = ReadNumber(in);
  }
  return grid;
}

using Column = std::vector<double>;

absl::StatusOr<Column> DecodeGrid(const Grid& grid, ByteReader* in,
                                  size_t samples) {
  const GridKind kind = grid.kind;
  std::vector<std::pair<size_t, double>> exceptions;
  const absl::Status status = ReadExceptions(in, samples, &exceptions);
  if (!status.ok()) return status;
  const auto k = DecodeIntegers(in, samples);
  if (!k.ok()) return k.status();
  std::vector<int64_t> units;
  if (HasUnits(kind) && in->U8() != 0) {
    auto decoded = DecodeIntegers(in, samples);
    if (!decoded.ok()) return decoded.status();
    units = *std::move(decoded);
  }
  Column column(samples);
  for (size_t i = 0; i < samples; ++i) {
    column[i] = GridValue(grid, (*k)[i], units.empty() ? 0 : units[i]);
  }
  for (const auto& [index, value] : exceptions) column[index] = value;
  return column;
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

// Whether `model` is `base` plus a grid kind, which it then gives.
std::optional<GridKind> GridKindOf(uint8_t model, uint8_t base) {
  if (model <= base ||
      model > base + static_cast<uint8_t>(GridKind::kConverted)) {
    return std::nullopt;
  }
  return static_cast<GridKind>(model - base);
}

absl::StatusOr<Column> DecodeChannel(ByteReader* in, size_t samples,
                                     std::optional<Grid>* last) {
  const uint8_t model = in->U8();
  if (!in->ok()) return absl::DataLossError("series block: ends early");
  if (model == kRaw) return DecodeRaw(in, samples);
  if (model == kDouble || model == kFloat) {
    return DecodeOrdered(model, in, samples);
  }
  if (const auto kind = GridKindOf(model, kGrid)) {
    *last = ReadGrid(*kind, in);
    return DecodeGrid(**last, in, samples);
  }
  const auto same = GridKindOf(model, kSameGrid);
  if (same && last->has_value() && (*last)->kind == *same) {
    return DecodeGrid(**last, in, samples);
  }
  return absl::DataLossError(
      absl::StrCat("series block: unknown model ", static_cast<int>(model)));
}

absl::Status CheckShape(size_t samples, size_t channels, size_t values) {
  if (channels < 1 || channels > kMaxSeriesChannels) {
    return absl::InvalidArgumentError(absl::StrCat("series block: ", channels,
                                                   " channels, expected 1 to ",
                                                   kMaxSeriesChannels));
  }
  if (samples < 1 || samples > kMaxBlockSamples ||
      samples * channels > kMaxBlockValues) {
    return absl::InvalidArgumentError(
        absl::StrCat("series block: ", samples, " samples of ", channels,
                     " channels, expected 1 to ", kMaxBlockSamples,
                     " samples and at most ", kMaxBlockValues, " values"));
  }
  if (values != samples * channels) {
    return absl::InvalidArgumentError(absl::StrCat("series block: ", values,
                                                   " values, expected ",
                                                   samples, " x ", channels));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> EncodeSeriesBlock(const SeriesBatch& batch,
                                                       size_t channels) {
  const size_t samples = batch.time_ns.size();
  const absl::Status shape = CheckShape(samples, channels, batch.values.size());
  if (!shape.ok()) return shape;
  Bytes out = {kVersion, static_cast<uint8_t>(channels)};
  PutVarint(samples, &out);
  EncodeTimes(batch.time_ns, &out);
  Column column(samples);
  std::optional<Grid> last;
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < samples; ++i) {
      column[i] = batch.values[i * channels + c];
    }
    EncodeChannel(column, &last, &out);
  }
  return out;
}

absl::StatusOr<DecodedSeries> DecodeSeriesBlock(
    std::span<const uint8_t> block) {
  ByteReader in(block);
  const uint8_t version = in.U8();
  DecodedSeries decoded;
  decoded.channels = in.U8();
  const uint64_t samples = in.Varint();
  if (!in.ok() || version != kVersion) {
    return absl::DataLossError(absl::StrCat(
        "series block: version ", static_cast<int>(version), " of ",
        block.size(), " bytes, expected version ", static_cast<int>(kVersion)));
  }
  if (samples > kMaxBlockSamples ||
      !CheckShape(samples, decoded.channels, samples * decoded.channels).ok()) {
    return absl::DataLossError("series block: shape beyond the limits");
  }
  auto times = DecodeTimes(&in, samples);
  if (!times.ok()) return times.status();
  decoded.batch.time_ns = *std::move(times);
  std::optional<Grid> last;
  decoded.batch.values.resize(samples * decoded.channels);
  for (size_t c = 0; c < decoded.channels; ++c) {
    const auto column = DecodeChannel(&in, samples, &last);
    if (!column.ok()) return column.status();
    for (size_t i = 0; i < samples; ++i) {
      decoded.batch.values[i * decoded.channels + c] = (*column)[i];
    }
  }
  if (!in.ok() || in.remaining() != 0) {
    return absl::DataLossError(
        absl::StrCat("series block: ", in.remaining(),
                     " bytes after the last channel, or too few before"));
  }
  return decoded;
}

}  // namespace fovea
