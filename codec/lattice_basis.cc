// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/lattice_basis.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

namespace fovea {
namespace {

// Differences that the basis is made from; the others sharpen it.
constexpr size_t kMakers = 400;
constexpr size_t kLeastDifferences = 12;

// A remainder of fewer noises is none; a column has more.
constexpr double kNoneOverNoise = 8;
constexpr double kColumnOverNoise = 16;

// Rounds that reductions take at most.
constexpr int kMaxRounds = 64;

// Part of a column by which a difference may miss when it sharpens.
constexpr double kMiss = 0.2;

// A difference or a whole combination of some, and how far off it may be.
struct Noisy {
  LatticeVector vector = {};
  double noise = 0;
};
using Vectors = std::vector<Noisy>;

double Dot(const LatticeVector& a, const LatticeVector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
double Norm(const LatticeVector& a) { return std::sqrt(Dot(a, a)); }

// a - t * b.
LatticeVector Less(const LatticeVector& a, double t, const LatticeVector& b) {
  return {a[0] - t * b[0], a[1] - t * b[1], a[2] - t * b[2]};
}
Noisy Less(const Noisy& a, double t, const Noisy& b) {
  return {Less(a.vector, t, b.vector), a.noise + std::abs(t) * b.noise};
}

bool IsNone(const Noisy& rest) {
  return !(Norm(rest.vector) > kNoneOverNoise * rest.noise);
}

// What is left of `vector` perpendicular to all of `basis`.
Noisy Perpendicular(const Vectors& basis, Noisy vector) {
  Vectors orthogonal;
  const auto strip = [&orthogonal](Noisy from) {
    for (const Noisy& o : orthogonal) {
      from =
          Less(from, Dot(from.vector, o.vector) / Dot(o.vector, o.vector), o);
    }
    return from;
  };
  for (const Noisy& column : basis) orthogonal.push_back(strip(column));
  return strip(vector);
}

// Nearest remainder of `vector`, column after column from the last (Babai's
// nearest plane).
Noisy Remainder(const Vectors& basis, Noisy vector) {
  Vectors before = basis;
  while (!before.empty()) {
    const Noisy column = before.back();
    before.pop_back();
    const LatticeVector plane = Perpendicular(before, column).vector;
    const double times =
        std::nearbyint(Dot(vector.vector, plane) / Dot(plane, plane));
    if (times != 0) vector = Less(vector, times, column);
  }
  return vector;
}

void ShortestFirst(Vectors* vectors) {
  std::stable_sort(vectors->begin(), vectors->end(),
                   [](const Noisy& a, const Noisy& b) {
                     return Dot(a.vector, a.vector) < Dot(b.vector, b.vector);
                   });
}

class BasisMaker {
 public:
  explicit BasisMaker(size_t width) : width_(width) {}

  void Take(const Noisy& difference) {
    const Noisy rest = Remainder(basis_, difference);
    if (IsNone(rest) || TellsNothing(rest)) return;
    if (basis_.size() < width_ && !IsNone(Perpendicular(basis_, rest))) {
      basis_.push_back(rest);
      Shorten();
      return;
    }
    Divide(rest);
  }

  const Vectors& basis() const { return basis_; }

 private:
  // Whether noise alone may be as long as a column.
  bool TellsNothing(const Noisy& rest) const {
    return std::any_of(basis_.begin(), basis_.end(), [&](const Noisy& column) {
      return kColumnOverNoise * rest.noise > Norm(column.vector);
    });
  }

  // `rest` is in the basis' span, but no whole combination: the columns are
  // multiples of shorter ones.
  void Divide(Noisy rest) {
    for (int round = 0; round < kMaxRounds && !IsNone(rest); ++round) {
      Vectors all = std::exchange(basis_, {});
      all.push_back(rest);
      ShortestFirst(&all);
      for (const Noisy& vector : all) {
        const bool independent = basis_.size() + 1 < all.size() &&
                                 !IsNone(Perpendicular(basis_, vector));
        if (independent) {
          basis_.push_back(vector);
        } else {
          rest = vector;
        }
      }
      rest = Remainder(basis_, rest);
    }
    Shorten();
  }

  void Shorten() {
    bool shorter = true;
    for (int round = 0; round < kMaxRounds && shorter; ++round) {
      shorter = false;
      for (Noisy& a : basis_) {
        for (const Noisy& b : basis_) {
          if (&a == &b) continue;
          const double times =
              std::nearbyint(Dot(a.vector, b.vector) / Dot(b.vector, b.vector));
          const Noisy less = Less(a, times, b);
          if (!(Norm(less.vector) < Norm(a.vector) * (1 - 1e-9))) continue;
          a = less;
          shorter = true;
        }
      }
    }
    ShortestFirst(&basis_);
  }

  size_t width_;
  Vectors basis_;
};

// Of neighbours, shortest first, without those that noise explains.
Vectors Differences(std::span<const LatticeVector> rows,
                    std::span<const double> noise) {
  Vectors differences;
  for (size_t i = 1; i < rows.size(); ++i) {
    const Noisy difference = {Less(rows[i], 1, rows[i - 1]),
                              std::max(noise[i], noise[i - 1])};
    if (Norm(difference.vector) > kColumnOverNoise * difference.noise) {
      differences.push_back(difference);
    }
  }
  ShortestFirst(&differences);
  return differences;
}

// Column i becomes the one that moves channel i most, upwards.
LatticeBasis Aligned(const Vectors& columns) {
  LatticeBasis best;
  best.width = columns.size();
  std::vector<size_t> order(columns.size());
  std::iota(order.begin(), order.end(), size_t{0});
  double most = -1;
  do {
    double product = 1;
    for (size_t i = 0; i < order.size(); ++i) {
      product *= std::abs(columns[order[i]].vector[i]) /
                 Norm(columns[order[i]].vector);
    }
    if (!(product > most)) continue;
    most = product;
    for (size_t i = 0; i < order.size(); ++i) {
      const LatticeVector& column = columns[order[i]].vector;
      best.columns[i] = Less({}, column[i] < 0 ? 1 : -1, column);
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

// Least squares of differences against their whole numbers.
class Sharpener {
 public:
  explicit Sharpener(size_t width) { numbers_.width = width; }

  void Add(const Noisy& difference, const LatticeVector& numbers) {
    const double weight = 1 / (difference.noise * difference.noise);
    for (size_t i = 0; i < numbers_.width; ++i) {
      for (size_t j = 0; j < numbers_.width; ++j) {
        numbers_.columns[j][i] += weight * numbers[i] * numbers[j];
        sums_[i][j] += weight * numbers[i] * difference.vector[j];
      }
    }
  }

  // Leaves the basis as it is where differences do not span it yet.
  void Improve(LatticeBasis* basis) const {
    const auto solver = LatticeSolver::Create(numbers_);
    if (!solver) return;
    for (size_t j = 0; j < numbers_.width; ++j) {
      LatticeVector right = {};
      for (size_t i = 0; i < numbers_.width; ++i) right[i] = sums_[i][j];
      const LatticeVector row = solver->Numbers(right);
      for (size_t i = 0; i < numbers_.width; ++i) {
        basis->columns[i][j] = row[i];
      }
    }
  }

 private:
  LatticeBasis numbers_;  // sums of products, which are symmetric
  std::array<LatticeVector, kMaxLatticeWidth> sums_ = {};
};

// From short differences to long ones, so that the basis is always sharp
// enough to count the columns in the next.
bool Sharpen(const Vectors& differences, LatticeBasis* basis) {
  Sharpener sharpener(basis->width);
  auto solver = LatticeSolver::Create(*basis);
  size_t next = 4 * basis->width;
  size_t missed = 0;
  for (size_t i = 0; i < differences.size() && solver; ++i) {
    LatticeVector numbers = solver->Numbers(differences[i].vector);
    double miss = 0;
    for (double& number : numbers) {
      miss = std::max(miss, std::abs(number - std::nearbyint(number)));
      number = std::nearbyint(number);
    }
    if (miss > kMiss) {
      ++missed;
      continue;
    }
    sharpener.Add(differences[i], numbers);
    if (i + 1 < next && i + 1 < differences.size()) continue;
    next = i + 1 + (i + 1) / 4;
    sharpener.Improve(basis);
    solver = LatticeSolver::Create(*basis);
  }
  return solver && missed * 4 < differences.size();
}

}  // namespace

LatticeVector LatticeBasis::Point(const LatticeVector& numbers,
                                  const LatticeVector& from) const {
  LatticeVector point = from;
  for (size_t i = 0; i < width; ++i) {
    for (size_t j = 0; j < width; ++j) {
      // Spelled out: compilers fuse a * b + c on some machines.
      point[j] = std::fma(numbers[i], columns[i][j], point[j]);
    }
  }
  return point;
}

std::optional<LatticeSolver> LatticeSolver::Create(const LatticeBasis& basis) {
  // Gauss and Jordan with the largest pivot; left side and the unit matrix.
  const size_t width = basis.width;
  std::array<std::array<double, 2 * kMaxLatticeWidth>, kMaxLatticeWidth> m = {};
  double scale = 0;
  for (size_t j = 0; j < width; ++j) {
    for (size_t i = 0; i < width; ++i) {
      m[j][i] = basis.columns[i][j];
      scale = std::max(scale, std::abs(m[j][i]));
    }
    m[j][width + j] = 1;
  }
  for (size_t c = 0; c < width; ++c) {
    size_t pivot = c;
    for (size_t r = c + 1; r < width; ++r) {
      if (std::abs(m[r][c]) > std::abs(m[pivot][c])) pivot = r;
    }
    std::swap(m[c], m[pivot]);
    if (!(std::abs(m[c][c]) > scale * 1e-12)) return std::nullopt;
    for (size_t r = 0; r < width; ++r) {
      const double factor = m[r][c] / m[c][c];
      for (size_t x = 0; r != c && x < 2 * width; ++x) {
        m[r][x] -= factor * m[c][x];
      }
    }
  }
  LatticeSolver solver;
  solver.width_ = width;
  for (size_t i = 0; i < width; ++i) {
    for (size_t j = 0; j < width; ++j) {
      solver.rows_[i][j] = m[i][width + j] / m[i][i];
    }
  }
  return solver;
}

LatticeVector LatticeSolver::Numbers(const LatticeVector& vector) const {
  LatticeVector numbers = {};
  for (size_t i = 0; i < width_; ++i) numbers[i] = Dot(rows_[i], vector);
  return numbers;
}

std::optional<LatticeBasis> FindBasis(std::span<const LatticeVector> rows,
                                      std::span<const double> noise,
                                      size_t width) {
  const Vectors differences = Differences(rows, noise);
  if (differences.size() < kLeastDifferences) return std::nullopt;
  BasisMaker maker(width);
  for (size_t i = 0; i < std::min(differences.size(), kMakers); ++i) {
    maker.Take(differences[i]);
  }
  if (maker.basis().size() != width) return std::nullopt;
  LatticeBasis basis = Aligned(maker.basis());
  if (!Sharpen(differences, &basis)) return std::nullopt;
  for (const LatticeVector& column : basis.columns) {
    if (!std::isfinite(Norm(column))) return std::nullopt;
  }
  return basis;
}

}  // namespace fovea
