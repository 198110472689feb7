// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/fingerprint.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>
#include <vector>

namespace fovea {
namespace {

// The part of one input cell that falls into one output cell. In units of
// 1/outputs of an input cell every border is a whole number, so the areas
// are exact.
struct Share {
  int input;
  int output;
  uint32_t weight;
};

std::vector<Share> SharesOf(int inputs, int outputs) {
  std::vector<Share> shares;
  shares.reserve(static_cast<size_t>(inputs + outputs));
  const int length = inputs * outputs;
  for (int at = 0; at < length;) {
    const int input = at / outputs;
    const int output = at / inputs;
    const int end = std::min((input + 1) * outputs, (output + 1) * inputs);
    shares.push_back({input, output, static_cast<uint32_t>(end - at)});
    at = end;
  }
  return shares;
}

// Area sums of `cells` reduced to width x height. Each result carries the
// same factor, which comparisons do not see. Sums stay below 2^28 for grids
// of 1024 x 1024.
template <size_t kWidth, size_t kHeight>
std::array<uint32_t, kWidth * kHeight> Reduce(std::span<const uint8_t> cells,
                                              int columns, int rows) {
  const auto across = SharesOf(columns, static_cast<int>(kWidth));
  const auto down = SharesOf(rows, static_cast<int>(kHeight));
  std::array<uint32_t, kWidth* kHeight> result = {};
  std::array<uint32_t, kWidth> line = {};
  int summed_row = -1;
  for (const Share& y : down) {
    if (y.input != summed_row) {
      summed_row = y.input;
      line = {};
      const auto row = cells.subspan(static_cast<size_t>(y.input) *
                                     static_cast<size_t>(columns));
      for (const Share& x : across) {
        line[static_cast<size_t>(x.output)] +=
            x.weight * row[static_cast<size_t>(x.input)];
      }
    }
    uint32_t* out = &result[static_cast<size_t>(y.output) * kWidth];
    for (size_t i = 0; i < kWidth; ++i) out[i] += y.weight * line[i];
  }
  return result;
}

// One bit per horizontal neighbour pair: set where brightness rises.
// Row-major, high bit of the first word first.
template <size_t kBitsWide, size_t kHeight>
std::array<uint64_t, kBitsWide * kHeight / 64> GradientBits(const Grid& grid) {
  const auto cells =
      Reduce<kBitsWide + 1, kHeight>(grid.mean, grid.columns, grid.rows);
  std::array<uint64_t, kBitsWide* kHeight / 64> bits = {};
  size_t bit = 0;
  for (size_t y = 0; y < kHeight; ++y) {
    const uint32_t* row = &cells[y * (kBitsWide + 1)];
    for (size_t x = 0; x < kBitsWide; ++x, ++bit) {
      const uint64_t rises = row[x + 1] > row[x] ? 1 : 0;
      bits[bit / 64] |= rises << (63 - bit % 64);
    }
  }
  return bits;
}

}  // namespace

Fingerprint FingerprintOf(const Grid& grid) {
  Fingerprint result;
  if (grid.columns < 1 || grid.rows < 1) return result;
  result.coarse = GradientBits<8, 8>(grid)[0];
  result.fine = GradientBits<16, 16>(grid);
  return result;
}

int CoarseDistance(const Fingerprint& a, const Fingerprint& b) {
  return std::popcount(a.coarse ^ b.coarse);
}

int FineDistance(const Fingerprint& a, const Fingerprint& b) {
  int distance = 0;
  for (size_t i = 0; i < a.fine.size(); ++i) {
    distance += std::popcount(a.fine[i] ^ b.fine[i]);
  }
  return distance;
}

}  // namespace fovea
