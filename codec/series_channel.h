// SPDX-License-Identifier: GPL-2.0-or-later
//
// One channel of a series block by itself: raw, as bits in numeric order, or
// as numbers on a grid (codec/integer_grid.h), whichever is shortest; and the
// parts of that which blocks of many channels use. codec/FORMAT.md draws the
// bytes.

#ifndef FOVEA_CODEC_SERIES_CHANNEL_H_
#define FOVEA_CODEC_SERIES_CHANNEL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/byte_stream.h"
#include "codec/integer_grid.h"

namespace fovea {

// A channel's shortest form, and what it is made of.
struct ChannelForm {
  std::vector<uint8_t> bytes;   // u8 model and all that follows
  std::optional<GridFit> fit;   // where it is on a grid
  std::vector<int64_t> floats;  // else, where all are floats: their bits in
                                // numeric order
};

// `last`: the grid of the last grid channel of this block, then its own.
// Deterministic; any double is kept.
ChannelForm FormChannel(std::span<const double> column,
                        std::optional<IntegerGrid>* last);

// The column of a form whose model was read already. kDataLoss on damage.
absl::StatusOr<std::vector<double>> ReadChannel(
    uint8_t model, ByteReader* in, size_t samples,
    std::optional<IntegerGrid>* last);

// Samples that are off their grid: where, and what they are.
using Exceptions = std::vector<std::pair<size_t, double>>;
void PutExceptions(std::span<const size_t> indices,
                   std::span<const double> column, std::vector<uint8_t>* out);
absl::Status ReadExceptions(ByteReader* in, size_t samples,
                            Exceptions* exceptions);

// Samples from their numbers; `units` empty for none.
std::vector<double> GridColumn(const IntegerGrid& grid,
                               std::span<const int64_t> k,
                               std::span<const int64_t> units,
                               const Exceptions& exceptions);

// A grid's numbers, its kind told before. nullopt: they make no grid: a step or
// divisor is 0, or one of them is not finite.
void PutGrid(const IntegerGrid& grid, std::vector<uint8_t>* out);
std::optional<IntegerGrid> ReadGrid(GridKind kind, ByteReader* in);

// Whether samples of the kind have units besides k.
bool HasUnits(GridKind kind);

// Whether `model` is `base` plus a grid kind, which it then gives.
std::optional<GridKind> GridKindOf(uint8_t model, uint8_t base);

// A number of a head: short where whole.
void PutNumber(double value, std::vector<uint8_t>* out);
double ReadNumber(ByteReader* in);

// The float whose bits stand there in numeric order.
double FromOrderedFloatBits(int32_t ordered);

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_CHANNEL_H_
