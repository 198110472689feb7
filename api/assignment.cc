// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows are taken in one after another. Each has a column of its own beside
// the real ones, which costs nothing and pairs it with nobody, so that there
// is a way for every row.

#include "api/assignment.h"

#include <algorithm>
#include <limits>

namespace fovea {
namespace {

class Matcher {
 public:
  Matcher(std::span<const float> worth, size_t rows, size_t columns)
      : worth_(worth),
        rows_(rows),
        columns_(columns),
        row_price_(rows, 0),
        price_(columns + rows, 0),
        owner_(columns + rows, kNotAssigned),
        length_(columns + rows),
        before_(columns + rows),
        settled_(columns + rows) {}

  std::vector<size_t> Match() {
    for (size_t row = 0; row < rows_; ++row) TakeIn(row);
    std::vector<size_t> column_of(rows_, kNotAssigned);
    for (size_t c = 0; c < columns_; ++c) {
      if (owner_[c] == kNotAssigned) continue;
      if (worth_[owner_[c] * columns_ + c] > 0) column_of[owner_[c]] = c;
    }
    return column_of;
  }

 private:
  double Cost(size_t row, size_t column) const {
    if (column < columns_) {
      const double worth = worth_[row * columns_ + column];
      return worth > 0 ? -worth : 0;
    }
    return column == columns_ + row ? 0
                                    : std::numeric_limits<double>::infinity();
  }

  // The shortest way from `row`, over columns that others give up for their
  // next best, to one that nobody has.
  void TakeIn(size_t row) {
    std::fill(length_.begin(), length_.end(),
              std::numeric_limits<double>::infinity());
    std::fill(settled_.begin(), settled_.end(), false);
    size_t from = kNotAssigned;
    double so_far = 0;
    for (size_t at = row; at != kNotAssigned; at = owner_[from]) {
      Reach(at, from, so_far);
      from = Nearest();
      settled_[from] = true;
      so_far = length_[from];
    }
    Reprice(row, so_far);
    for (size_t column = from; column != kNotAssigned;) {
      const size_t previous = before_[column];
      owner_[column] = previous == kNotAssigned ? row : owner_[previous];
      column = previous;
    }
  }

  void Reach(size_t row, size_t from, double so_far) {
    for (size_t c = 0; c < length_.size(); ++c) {
      if (settled_[c]) continue;
      const double length = so_far + Cost(row, c) - row_price_[row] - price_[c];
      if (length >= length_[c]) continue;
      length_[c] = length;
      before_[c] = from;
    }
  }

  size_t Nearest() const {
    size_t nearest = kNotAssigned;
    for (size_t c = 0; c < length_.size(); ++c) {
      if (settled_[c]) continue;
      if (nearest == kNotAssigned || length_[c] < length_[nearest]) nearest = c;
    }
    return nearest;
  }

  // Keeps every further way's length at or above zero.
  void Reprice(size_t row, double total) {
    row_price_[row] += total;
    for (size_t c = 0; c < length_.size(); ++c) {
      if (!settled_[c]) continue;
      price_[c] += length_[c] - total;
      if (owner_[c] != kNotAssigned) {
        row_price_[owner_[c]] += total - length_[c];
      }
    }
  }

  const std::span<const float> worth_;
  const size_t rows_;
  const size_t columns_;
  std::vector<double> row_price_;
  std::vector<double> price_;
  std::vector<size_t> owner_;  // the row that has a column
  std::vector<double> length_;
  std::vector<size_t> before_;  // the column a way came over
  std::vector<bool> settled_;
};

}  // namespace

std::vector<size_t> Assign(std::span<const float> worth, size_t rows,
                           size_t columns) {
  return Matcher(worth, rows, columns).Match();
}

}  // namespace fovea
