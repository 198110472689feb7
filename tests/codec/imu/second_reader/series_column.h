// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: what a series block holds.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_SERIES_COLUMN_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_SERIES_COLUMN_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "tests/codec/imu/second_reader/grids.h"
#include "tests/codec/imu/second_reader/lattices.h"
#include "tests/codec/imu/second_reader/series_text.h"
#include "tests/codec/imu/second_reader/split_floats.h"
#include "tests/codec/imu/second_reader/window_block.h"

namespace fovea::second_reader {

// A double from its bits in numeric order; of floats alike.
inline double FromOrdered(int64_t n) {
  return std::bit_cast<double>(n < 0 ? n ^ INT64_MAX : n);
}
inline double FloatFromOrdered(int64_t n) {
  const auto bits = static_cast<int32_t>(n);
  return static_cast<double>(
      std::bit_cast<float>(bits < 0 ? bits ^ INT32_MAX : bits));
}

struct Series {
  size_t channels = 0;
  uint32_t metadata = 0, profile = 0, plan = 0;
  std::vector<size_t> lattices;  // their widths
  size_t splits = 0;             // channels
  std::vector<double> bounds;
  std::vector<int64_t> times;
  std::vector<double> values;  // rows x channels
  SeriesText text;
  Windows windows;  // of values for a model
};

struct Column {
  std::optional<Grid> grid;
  std::optional<Lattice> lattice;  // of the first of its channels
  std::optional<Split> split;
  std::vector<std::pair<size_t, double>> exceptions;
  std::vector<int64_t> k, units;
  bool k_in_group = false, units_in_group = false, floats = false;
  std::vector<double> values;

  // Once k and units are there.
  void MakeValues() {
    for (size_t i = 0; grid && i < k.size(); ++i) {
      values.push_back(grid->Value(k[i], units.empty() ? 0 : units[i]));
    }
    if (split) values = split->Samples(k, exceptions);
    for (const auto& [row, value] : exceptions) values.at(row) = value;
  }
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_SERIES_COLUMN_H_
