// SPDX-License-Identifier: GPL-2.0-or-later
//
//   u8       width (bits 0-1: 1 or 3), units in group 2 (bit 2), drift (bit
//            3), digits (bits 4-7)
//   kept     column after column of the basis, then the offset, width numbers
//            each; under bit 3 the drift
//   exceptions: varint how many, each a varint gap from the row before and
//            width x u64
//
// A kept number is the upper five bytes of its double, little-endian, where
// samples are floats or have up to seven digits; else all eight.

#include "codec/series_lattice.h"

#include <algorithm>
#include <bit>

#include "absl/status/status.h"

namespace fovea {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t kWidthBits = 3;
constexpr uint8_t kHasUnits = 4;
constexpr uint8_t kHasDrift = 8;
constexpr int kDigitsShift = 4;

// Fewer rows are not worth a lattice's head.
constexpr size_t kLeastRows = 48;

// A lattice saves at least one byte in so many, or is not used.
constexpr size_t kLeastSaving = 16;

void PutKept(double value, uint8_t digits, Bytes* out) {
  const auto bits = std::bit_cast<uint64_t>(value);
  for (size_t i = 8 - KeptBytes(digits); i < 8; ++i) {
    out->push_back(static_cast<uint8_t>(bits >> (8 * i)));
  }
}

double ReadKept(uint8_t digits, ByteReader* in) {
  uint64_t bits = 0;
  for (size_t i = 8 - KeptBytes(digits); i < 8; ++i) {
    bits |= static_cast<uint64_t>(in->U8()) << (8 * i);
  }
  return std::bit_cast<double>(bits);
}

// Bits of a sample; few sensors have more.
constexpr size_t kRoughBits = 12;

size_t BytesOf(const LatticeFit& fit) {
  const size_t width = fit.lattice.basis.width;
  return fit.bytes + (width * (width + 1) + 1) * KeptBytes(fit.lattice.digits);
}

absl::Status Damaged(const char* what) { return absl::DataLossError(what); }

}  // namespace

bool IsRough(size_t bytes, size_t rows) {
  return bytes * 8 > rows * kRoughBits;
}

std::vector<std::optional<LatticeFit>> FindLattices(
    std::span<const std::vector<double>> columns, std::span<const size_t> bytes,
    const std::vector<bool>& lossy) {
  const size_t channels = columns.size();
  std::vector<std::optional<LatticeFit>> fits(channels);
  if (columns.empty() || columns[0].size() < kLeastRows) return fits;
  std::vector<size_t> least(bytes.begin(), bytes.end());
  for (size_t c = 0; c < channels; ++c) {
    if (lossy[c] || !IsRough(bytes[c], columns[c].size())) continue;
    auto fit = FitLattice(columns.subspan(c, 1));
    if (!fit || BytesOf(*fit) > bytes[c] - bytes[c] / kLeastSaving) continue;
    least[c] = BytesOf(*fit);
    fits[c] = std::move(fit);
  }
  // Axes stand together in every sensor's table.
  constexpr size_t kAxes = kMaxLatticeWidth;
  for (size_t c = 0; c + kAxes <= channels; c += kAxes) {
    size_t others = 0;
    bool rough = true;
    for (size_t i = c; i < c + kAxes; ++i) {
      others += least[i];
      rough = rough && !lossy[i] && IsRough(bytes[i], columns[i].size());
    }
    if (!rough) continue;
    auto fit = FitLattice(columns.subspan(c, kAxes));
    if (!fit || BytesOf(*fit) > others - others / kLeastSaving) continue;
    for (size_t i = c; i < c + kAxes; ++i) fits[i].reset();
    fits[c] = std::move(fit);
  }
  return fits;
}

bool AllPredicted(const LatticeFit& fit) {
  return std::all_of(fit.units.begin(), fit.units.end(), [](const auto& units) {
    return std::all_of(units.begin(), units.end(),
                       [](int64_t unit) { return unit == 0; });
  });
}

void PutLatticeHead(const LatticeFit& fit,
                    std::span<const std::vector<double>> columns, Bytes* out) {
  const TrackedLattice& lattice = fit.lattice;
  const size_t width = lattice.basis.width;
  out->push_back(static_cast<uint8_t>(
      static_cast<int>(width) | (AllPredicted(fit) ? 0 : kHasUnits) |
      (lattice.drift != 0 ? kHasDrift : 0) | lattice.digits << kDigitsShift));
  for (size_t i = 0; i < width; ++i) {
    for (size_t j = 0; j < width; ++j) {
      PutKept(lattice.basis.columns[i][j], lattice.digits, out);
    }
  }
  for (size_t j = 0; j < width; ++j) {
    PutKept(lattice.offset[j], lattice.digits, out);
  }
  if (lattice.drift != 0) PutKept(lattice.drift, lattice.digits, out);
  PutVarint(fit.exceptions.size(), out);
  size_t before = 0;
  for (const size_t row : fit.exceptions) {
    PutVarint(row - before, out);
    before = row;
    for (size_t j = 0; j < width; ++j) {
      PutU64(std::bit_cast<uint64_t>(columns[j][row]), out);
    }
  }
}

absl::StatusOr<LatticeHead> ReadLatticeHead(ByteReader* in, size_t samples,
                                            size_t channels) {
  const uint8_t head = in->U8();
  const size_t width = head & kWidthBits;
  if (!in->ok() || (width != 1 && width != kMaxLatticeWidth) ||
      width > channels) {
    return Damaged("series block: lattice of unknown width");
  }
  LatticeHead read;
  read.has_units = (head & kHasUnits) != 0;
  TrackedLattice& lattice = read.lattice;
  lattice.digits = static_cast<uint8_t>(head >> kDigitsShift);
  lattice.basis.width = width;
  for (size_t i = 0; i < width; ++i) {
    for (size_t j = 0; j < width; ++j) {
      lattice.basis.columns[i][j] = ReadKept(lattice.digits, in);
    }
  }
  for (size_t j = 0; j < width; ++j) {
    lattice.offset[j] = ReadKept(lattice.digits, in);
  }
  if ((head & kHasDrift) != 0) lattice.drift = ReadKept(lattice.digits, in);
  const uint64_t count = in->Varint();
  if (!in->ok() || count > samples ||
      count > in->remaining() / (1 + 8 * width)) {
    return Damaged("series block: too many rows off a lattice");
  }
  read.excepted.resize(width);
  uint64_t row = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t gap = in->Varint();
    if (!in->ok() || gap >= samples - row || (i > 0 && gap == 0)) {
      return Damaged("series block: row off a lattice out of range");
    }
    row += gap;
    read.exceptions.push_back(row);
    for (auto& column : read.excepted) {
      column.push_back(std::bit_cast<double>(in->U64()));
    }
  }
  return read;
}

std::vector<std::vector<double>> LatticeSamples(const LatticeHead& head,
                                                const LatticeColumns& k,
                                                LatticeColumns units) {
  const size_t width = head.lattice.basis.width;
  for (size_t j = 0; j < width && !head.has_units; ++j) {
    units[j].assign(k[j].size(), 0);
  }
  auto columns = LatticeSamples(head.lattice, k, units, head.exceptions);
  for (size_t j = 0; j < width; ++j) {
    for (size_t i = 0; i < head.exceptions.size(); ++i) {
      columns[j][head.exceptions[i]] = head.excepted[j][i];
    }
  }
  return columns;
}

}  // namespace fovea
