// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/tracked_lattice.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "codec/integer_grid.h"
#include "codec/internal/powers_of_ten.h"
#include "codec/rice_coder.h"

namespace fovea {
namespace {

using internal::kPowersOfTen;

constexpr size_t kExceptionShare = 16;
constexpr double kMostNumber = 2147483647;  // of k and units
constexpr int kFloatBits = 24;

// Decimals of the smallest samples: more than this beyond `digits` are not
// told apart, they are noise of the device's own arithmetic.
constexpr int kMostExtraDecimals = 6;
constexpr int kMostDecimals = kMaxLatticeDigits + kMostExtraDecimals;

// Noise to look through, in units: rounding alone, then an offset that moves.
constexpr std::array<double, 2> kNoiseUnits = {1, 1000};

// Deviations of the offset that are a surprise: it jumped.
constexpr double kSurprise = 16;  // squared

// Units by which neighbours may be off when they refine a lattice.
constexpr double kRoughUnits = 1000;

// Samples beyond are no guide to a lattice.
constexpr double kLoudest = 1e15;

// Rounds in which step and drift sharpen each other.
constexpr int kRefinements = 4;

// Offsets seen to move with the sample before one is believed to.
constexpr size_t kLeastDrifts = 8;

// What samples of about one size are whole multiples of.
class Digit {
 public:
  Digit(double near, uint8_t digits) {
    if (digits == 0) {
      unit_ = UnitAt(near, kFloatBits);
      return;
    }
    int decimals = digits + kMostExtraDecimals;
    const double size = std::abs(near) / kPowersOfTen[digits];
    while (decimals > 0 &&
           size * kPowersOfTen[static_cast<size_t>(decimals)] >= 1) {
      --decimals;
    }
    power_ = kPowersOfTen[static_cast<size_t>(decimals)];
    unit_ = 1 / power_;
  }

  double unit() const { return unit_; }
  // Multiples of the unit, not rounded.
  double Count(double value) const {
    return power_ > 0 ? value * power_ : value / unit_;
  }
  double Value(double count) const {
    return power_ > 0 ? count / power_ : count * unit_;
  }

 private:
  double unit_ = 0;
  double power_ = 0;  // 0: of floats
};

// Follows the offsets from row to row; coder and decoder do the same.
class LatticeWalk {
 public:
  explicit LatticeWalk(const TrackedLattice& lattice)
      : lattice_(lattice), offset_(lattice.offset) {
    for (size_t j = 0; j < lattice.basis.width; ++j) {
      const Digit digit(lattice.basis.columns[j][j], lattice.digits);
      jitter_[j] = digit.unit() * digit.unit();
      spread_[j] = 16 * jitter_[j];
    }
  }

  // The offsets that the next row is expected to have.
  LatticeVector Offsets() const {
    LatticeVector offsets = offset_;
    for (size_t j = 0; j < lattice_.basis.width; ++j) {
      if (drifting_[j]) {
        offsets[j] = std::fma(lattice_.drift, last_[j], offsets[j]);
      }
    }
    return offsets;
  }

  // Takes the row in: what was expected of it and what it was.
  void Learn(const LatticeVector& expected, const LatticeVector& samples) {
    const LatticeVector offsets = Offsets();
    for (size_t j = 0; j < lattice_.basis.width; ++j) {
      const double rest = samples[j] - expected[j];
      const double unit = Digit(expected[j], lattice_.digits).unit();
      Correct(j, offsets[j], rest, unit);
      JudgeDrift(j, rest, unit);
      last_[j] = samples[j];
    }
  }

 private:
  // Sums of products are spelled out: compilers fuse them on some machines.
  void Correct(size_t j, double offset, double rest, double unit) {
    const double expected = std::fma(unit, unit, spread_[j]);
    if (rest * rest > kSurprise * expected) {
      offset_[j] = offset + rest;
      spread_[j] = unit * unit;
      return;
    }
    const double gain = spread_[j] / expected;
    offset_[j] = std::fma(gain, rest, offset);
    spread_[j] = std::fma(spread_[j], 1 - gain, jitter_[j]);
  }

  // Whether the offset moved with the last sample, where that can be seen.
  void JudgeDrift(size_t j, double rest, double unit) {
    if (!(std::abs(lattice_.drift * last_[j]) > 2 * unit)) return;
    const double still =
        drifting_[j] ? std::fma(lattice_.drift, last_[j], rest) : rest;
    const double moved = std::fma(-lattice_.drift, last_[j], still);
    drifting_[j] = std::abs(moved) < std::abs(still);
  }

  TrackedLattice lattice_;
  LatticeVector offset_;
  LatticeVector last_ = {};
  LatticeVector spread_ = {};  // variance of the offsets
  LatticeVector jitter_ = {};  // that a row adds to it
  std::array<bool, kMaxLatticeWidth> drifting_ = {};
};

bool IsWhole32(double number) {
  return std::abs(number) <= kMostNumber;  // not for NaN
}

// Walks over samples and takes them apart.
class Fitter {
 public:
  Fitter(const TrackedLattice& lattice, const LatticeSolver& solver)
      : lattice_(lattice), solver_(solver), walk_(lattice) {
    fit_.lattice = lattice;
  }

  void Take(const LatticeVector& row) {
    const LatticeVector offsets = walk_.Offsets();
    LatticeVector above = {};
    for (size_t j = 0; j < width(); ++j) above[j] = row[j] - offsets[j];
    LatticeVector k = solver_.Numbers(above);
    for (double& number : k) number = std::nearbyint(number);
    const LatticeVector expected = lattice_.basis.Point(k, offsets);
    LatticeVector units = {};
    if (!Units(row, k, expected, &units)) {
      fit_.exceptions.push_back(rows_);
      k = last_k_;
      units = {};
    } else {
      walk_.Learn(expected, row);
    }
    for (size_t j = 0; j < width(); ++j) {
      fit_.k[j].push_back(static_cast<int64_t>(k[j]));
      fit_.units[j].push_back(static_cast<int64_t>(units[j]));
    }
    last_k_ = k;
    ++rows_;
  }

  LatticeFit Finish() && { return std::move(fit_); }
  size_t exceptions() const { return fit_.exceptions.size(); }

 private:
  size_t width() const { return lattice_.basis.width; }

  // False where the row is not kept by its numbers.
  bool Units(const LatticeVector& row, const LatticeVector& k,
             const LatticeVector& expected, LatticeVector* units) const {
    for (size_t j = 0; j < width(); ++j) {
      const Digit digit(expected[j], lattice_.digits);
      const double due = std::nearbyint(digit.Count(expected[j]));
      const double count = std::nearbyint(digit.Count(row[j]));
      (*units)[j] = count - due;
      if (!IsWhole32(k[j]) || !IsWhole32((*units)[j]) ||
          std::bit_cast<uint64_t>(digit.Value(due + (*units)[j])) !=
              std::bit_cast<uint64_t>(row[j])) {
        return false;
      }
    }
    return true;
  }

  TrackedLattice lattice_;
  LatticeSolver solver_;
  LatticeWalk walk_;
  LatticeFit fit_;
  LatticeVector last_k_ = {};
  size_t rows_ = 0;
};

using Rows = std::vector<LatticeVector>;

Rows RowsOf(std::span<const std::vector<double>> columns) {
  Rows rows(columns[0].size());
  for (size_t j = 0; j < columns.size(); ++j) {
    for (size_t i = 0; i < rows.size(); ++i) rows[i][j] = columns[j][i];
  }
  return rows;
}

size_t BytesOf(const LatticeFit& fit) {
  std::vector<uint8_t> bytes;
  const size_t width = fit.lattice.basis.width;
  for (size_t j = 0; j < width; ++j) {
    EncodeIntegers(fit.k[j], kMaxPredictionOrder, &bytes);
    EncodeIntegers(fit.units[j], kMaxPredictionOrder, &bytes);
  }
  return bytes.size() + fit.exceptions.size() * (1 + 8 * width);
}

// `lattice` as blocks keep it.
TrackedLattice Kept(TrackedLattice lattice) {
  const size_t lost = 8 * (8 - KeptBytes(lattice.digits));
  const auto keep = [lost](double* number) {
    // Rounds to nearest: half of what is lost is added first.
    auto bits = std::bit_cast<uint64_t>(*number);
    if (lost > 0) bits = (bits + (uint64_t{1} << (lost - 1))) >> lost << lost;
    *number = std::bit_cast<double>(bits);
  };
  for (LatticeVector& column : lattice.basis.columns) {
    for (double& number : column) keep(&number);
  }
  for (double& number : lattice.offset) keep(&number);
  keep(&lattice.drift);
  return lattice;
}

std::optional<LatticeFit> Fit(const TrackedLattice& exact, const Rows& rows) {
  const TrackedLattice lattice = Kept(exact);
  const auto solver = LatticeSolver::Create(lattice.basis);
  if (!solver) return std::nullopt;
  Fitter fitter(lattice, *solver);
  for (const LatticeVector& row : rows) {
    fitter.Take(row);
    if (fitter.exceptions() > rows.size() / kExceptionShare) {
      return std::nullopt;
    }
  }
  LatticeFit fit = std::move(fitter).Finish();
  fit.bytes = BytesOf(fit);
  return fit;
}

bool HasDigits(double value, uint8_t digits) {
  const Digit digit(value, digits);
  return digit.Value(std::nearbyint(digit.Count(value))) == value;
}

// Fewest digits that nearly all samples have; 0 for floats.
std::optional<uint8_t> DigitsOf(std::span<const std::vector<double>> columns) {
  const auto share = [&columns](uint8_t digits) {
    size_t off = 0;
    for (const auto& column : columns) {
      for (const double value : column) off += !HasDigits(value, digits);
    }
    return off * kExceptionShare <= columns[0].size();
  };
  for (uint8_t digits = 0; digits <= kMaxLatticeDigits; ++digits) {
    if ((digits == 0 || digits > 3) && share(digits)) return digits;
  }
  return std::nullopt;
}

// The part of each sample by which the next offset moved, the median of
// those that can be seen. The offset before row i + 1 is what remains of it.
double DriftOf(const LatticeFit& fit, const Rows& rows) {
  std::vector<double> parts;
  double before = 0;
  const TrackedLattice& lattice = fit.lattice;
  for (size_t i = 0; i < rows.size(); ++i) {
    const LatticeVector point =
        lattice.basis.Point({static_cast<double>(fit.k[0][i])}, {});
    const double offset = rows[i][0] - point[0];
    const double unit = Digit(rows[i][0], lattice.digits).unit();
    const double move = offset - before;
    before = offset;
    if (i == 0 || std::abs(move) < 4 * unit) continue;
    if (rows[i - 1][0] != 0) parts.push_back(move / rows[i - 1][0]);
  }
  if (parts.size() < kLeastDrifts) return 0;
  const auto middle =
      parts.begin() + static_cast<std::ptrdiff_t>(parts.size() / 2);
  std::nth_element(parts.begin(), middle, parts.end());
  return *middle;
}

// Step and drift together by least squares over neighbours: rows that the
// offset moved between, and rows that it did not.
void Refine(const LatticeFit& fit, const Rows& rows, TrackedLattice* lattice) {
  double& step = lattice->basis.columns[0][0];
  // The device's own arithmetic is no finer.
  const double least = 4 * Digit(step, lattice->digits).unit();
  double kk = 0, kv = 0, vv = 0, dk = 0, dv = 0;
  for (size_t i = 1; i < rows.size(); ++i) {
    const auto k = static_cast<double>(fit.k[0][i] - fit.k[0][i - 1]);
    const double before = rows[i - 1][0];
    const double moved = rows[i][0] - before;
    const double still = std::abs(moved - k * step);
    const double drifted = std::abs(moved - k * step - lattice->drift * before);
    const double largest = std::max(std::abs(rows[i][0]), std::abs(before));
    const double unit = std::max(least, Digit(largest, lattice->digits).unit());
    if (!(std::min(still, drifted) < kRoughUnits * unit)) continue;
    const double v = drifted < still ? before : 0;
    const double weight = 1 / (unit * unit);
    kk += weight * k * k;
    kv += weight * k * v;
    vv += weight * v * v;
    dk += weight * moved * k;
    dv += weight * moved * v;
  }
  const double determinant = kk * vv - kv * kv;
  if (!(determinant > 0)) return;
  step = (dk * vv - dv * kv) / determinant;
  lattice->drift = (dv * kk - dk * kv) / determinant;
}

// `noise`: of samples, in units.
std::optional<LatticeFit> FitAt(const Rows& rows, size_t width, uint8_t digits,
                                double noise) {
  Rows finite;
  std::vector<double> noises;
  for (const LatticeVector& row : rows) {
    double loudest = 0;
    bool sound = true;
    for (const double value : row) {
      sound = sound && std::abs(value) < kLoudest;  // not for NaN
      loudest = std::max(loudest, std::abs(value));
    }
    if (!sound) continue;
    finite.push_back(row);
    noises.push_back(noise * Digit(loudest, digits).unit());
  }
  const auto basis = FindBasis(finite, noises, width);
  if (!basis) return std::nullopt;
  TrackedLattice lattice = {*basis, {}, 0, digits};
  const auto solver = LatticeSolver::Create(*basis);
  if (!solver) return std::nullopt;
  LatticeVector k = solver->Numbers(finite[0]);
  for (double& number : k) number = -std::nearbyint(number);
  lattice.offset = basis->Point(k, finite[0]);
  auto best = Fit(lattice, rows);
  if (!best || width > 1) return best;
  lattice.drift = DriftOf(*best, rows);
  for (int i = 0; i < kRefinements && lattice.drift != 0; ++i) {
    auto drifting = Fit(lattice, rows);
    if (!drifting) return best;
    for (int j = 0; j < kRefinements; ++j) Refine(*drifting, rows, &lattice);
    if (drifting->bytes < best->bytes) best = std::move(drifting);
  }
  return best;
}

}  // namespace

size_t KeptBytes(uint8_t digits) { return digits <= 7 ? 5 : 8; }

std::optional<LatticeFit> FitLattice(
    std::span<const std::vector<double>> columns) {
  const auto digits = DigitsOf(columns);
  if (!digits) return std::nullopt;
  const Rows rows = RowsOf(columns);
  std::optional<LatticeFit> best;
  for (const double noise : kNoiseUnits) {
    auto fit = FitAt(rows, columns.size(), *digits, noise);
    if (fit && (!best || fit->bytes < best->bytes)) best = std::move(fit);
  }
  return best;
}

std::vector<std::vector<double>> LatticeSamples(
    const TrackedLattice& lattice, const LatticeColumns& k,
    const LatticeColumns& units, std::span<const size_t> exceptions) {
  const size_t width = lattice.basis.width;
  std::vector<std::vector<double>> columns(width,
                                           std::vector<double>(k[0].size()));
  LatticeWalk walk(lattice);
  for (size_t i = 0; i < k[0].size(); ++i) {
    if (!exceptions.empty() && exceptions.front() == i) {
      exceptions = exceptions.subspan(1);
      continue;
    }
    LatticeVector numbers = {};
    for (size_t j = 0; j < width; ++j) {
      numbers[j] = static_cast<double>(k[j][i]);
    }
    const LatticeVector expected = lattice.basis.Point(numbers, walk.Offsets());
    LatticeVector row = {};
    for (size_t j = 0; j < width; ++j) {
      const Digit digit(expected[j], lattice.digits);
      row[j] = digit.Value(std::nearbyint(digit.Count(expected[j])) +
                           static_cast<double>(units[j][i]));
      columns[j][i] = row[j];
    }
    walk.Learn(expected, row);
  }
  return columns;
}

}  // namespace fovea
