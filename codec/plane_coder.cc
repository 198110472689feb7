// SPDX-License-Identifier: GPL-2.0-or-later
//
// The prediction is the median of left, above and left + above - above-left
// (LOCO-I, Weinberger et al., 2000); the contexts are the differences among
// the neighbours and whether the last prediction held.

#include "codec/plane_coder.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/internal/range_coder.h"

namespace fovea {
namespace {

using internal::Probability;
using internal::RangeDecoder;
using internal::RangeEncoder;

constexpr size_t kActivities = 6;
constexpr size_t kMaxPrefix = 8;  // of |difference| - 1, 0..127, below 2^7

// A bit goes in or comes out: one walk serves both directions.
struct Putting {
  RangeEncoder* encoder;
  bool operator()(Probability* probability, bool bit) const {
    encoder->Put(probability, bit);
    return bit;
  }
};
struct Getting {
  RangeDecoder* decoder;
  bool operator()(Probability* probability, bool) const {
    return decoder->Get(probability);
  }
};

struct Neighbours {
  int left, above, above_left, above_right;
  int Prediction() const {
    const int low = std::min(left, above);
    const int high = std::max(left, above);
    return std::clamp(left + above - above_left, low, high);
  }
  size_t Activity() const {
    const int sum = std::abs(left - above_left) + std::abs(above_left - above) +
                    std::abs(above - above_right);
    constexpr std::array<int, kActivities - 1> kAbove = {0, 1, 2, 5, 12};
    size_t activity = 0;
    for (const int limit : kAbove) activity += sum > limit ? 1 : 0;
    return activity;
  }
  size_t Slope() const { return left < above ? 0 : left == above ? 1 : 2; }
};

Neighbours NeighboursOf(const uint8_t* value, int column, int columns,
                        bool first_row) {
  Neighbours n{};
  if (!first_row) {
    n.above = value[-columns];
    n.above_left = column > 0 ? value[-columns - 1] : n.above;
    n.above_right = column + 1 < columns ? value[1 - columns] : n.above;
  }
  n.left = column > 0 ? value[-1] : n.above;
  if (first_row) n.above = n.above_left = n.above_right = n.left;
  return n;
}

class PlaneModel {
 public:
  // A difference modulo 256, -128..127.
  template <typename Code>
  int Difference(const Neighbours& n, int difference, const Code& code) {
    const size_t activity = n.Activity();
    const bool miss =
        code(&miss_[activity][last_missed_ ? 1 : 0], difference != 0);
    last_missed_ = miss;
    if (!miss) return 0;
    const bool negative = code(&sign_[n.Slope()], difference < 0);
    const int beyond = negative ? -difference - 1 : difference - 1;
    const int magnitude = Magnitude(activity, beyond, code) + 1;
    return negative ? -magnitude : magnitude;
  }

 private:
  // Exp-Golomb: how many bits value + 1 has, then those below the highest.
  template <typename Code>
  int Magnitude(size_t activity, int value, const Code& code) {
    auto& prefix = prefix_[activity];
    size_t bits = 0;
    while (bits + 1 < kMaxPrefix &&
           code(&prefix[bits], ((value + 1) >> (bits + 1)) != 0)) {
      ++bits;
    }
    int read = 1;
    for (size_t bit = bits; bit-- > 0;) {
      const bool one = code(&suffix_[bits][bit], ((value + 1) >> bit & 1) != 0);
      read = read * 2 + (one ? 1 : 0);
    }
    return read - 1;
  }

  bool last_missed_ = false;
  std::array<std::array<Probability, 2>, kActivities> miss_;
  std::array<Probability, 3> sign_;
  std::array<std::array<Probability, kMaxPrefix>, kActivities> prefix_;
  std::array<std::array<Probability, kMaxPrefix>, kMaxPrefix> suffix_;
};

// Visits every value with its neighbours; those before it are final.
template <typename Visit>
void Walk(int columns, int rows, const uint8_t* values, Visit visit) {
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column, ++values) {
      if (!visit(values, NeighboursOf(values, column, columns, row == 0))) {
        return;
      }
    }
  }
}

}  // namespace

void EncodePlane(std::span<const uint8_t> values, int columns, int rows,
                 std::vector<uint8_t>* out) {
  RangeEncoder encoder(out);
  PlaneModel model;
  Walk(columns, rows, values.data(),
       [&](const uint8_t* value, const Neighbours& n) {
         const auto difference = static_cast<int8_t>(*value - n.Prediction());
         model.Difference(n, difference, Putting{&encoder});
         return true;
       });
  encoder.Finish();
}

absl::StatusOr<std::vector<uint8_t>> DecodePlane(std::span<const uint8_t> bytes,
                                                 int columns, int rows) {
  const size_t count = static_cast<size_t>(columns) * static_cast<size_t>(rows);
  const auto loss = [&](const char* what) {
    return absl::DataLossError(absl::StrCat(bytes.size(), " bytes are too ",
                                            what, " for a plane of ", columns,
                                            "x", rows));
  };
  if (count / internal::kMaxBitsPerByte > bytes.size() + 4) return loss("few");
  std::vector<uint8_t> values(count);
  RangeDecoder decoder(bytes);
  PlaneModel model;
  Walk(columns, rows, values.data(),
       [&](const uint8_t* value, const Neighbours& n) {
         const int difference = model.Difference(n, 0, Getting{&decoder});
         values[static_cast<size_t>(value - values.data())] =
             static_cast<uint8_t>(n.Prediction() + difference);
         return !decoder.overrun();
       });
  if (decoder.overrun()) return loss("few");
  if (!decoder.exhausted()) return loss("many");
  return values;
}

}  // namespace fovea
