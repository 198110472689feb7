// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: series blocks of versions 2 and 3.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_SERIES_BLOCK_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_SERIES_BLOCK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"
#include "tests/codec/imu/second_reader/grids.h"
#include "tests/codec/imu/second_reader/imu_block.h"
#include "tests/codec/imu/second_reader/integers.h"
#include "tests/codec/imu/second_reader/sample_times.h"
#include "tests/codec/imu/second_reader/series_column.h"
#include "tests/codec/imu/second_reader/window_plans.h"

namespace fovea::second_reader {

class SeriesReader {
 public:
  // `profile` and `plan` may be null.
  SeriesReader(Bytes block, const SeriesProfileBytes* profile,
               const SeriesWindowPlanBytes* plan = nullptr)
      : in_(block.first(block.size() - 4)), profile_(profile), plan_(plan) {
    if (ByteCursor(block.last(4)).U32() !=
        ~Crc32c(block.first(block.size() - 4))) {
      Fail("checksum of a series block");
    }
  }

  Series Read() {
    const int head = in_.U8();
    const int version = head & 7;
    if (version != 2 && version != 3) Fail("version of a series block");
    series_.channels = in_.U8();
    rows_ = in_.Varint();
    if ((head & 8) != 0) series_.metadata = in_.U32();
    if ((head & 16) != 0) series_.profile = in_.U32();
    if (series_.profile != 0 &&
        (profile_ == nullptr || profile_->id != series_.profile)) {
      Fail("profile of a series block");
    }
    if ((head & 128) != 0) series_.plan = in_.U32();
    while ((head & 64) != 0 && series_.bounds.size() < series_.channels) {
      const double bound = in_.Real();
      series_.bounds.resize(series_.bounds.size() + 1 + in_.Varint(), bound);
    }
    if (version == 3) {
      series_.text = SeriesText::Read(in_.Take(in_.Varint()), series_.channels);
    }
    series_.times = SampleTimes::Read(&in_, rows_);
    if ((head & 128) != 0) return ReadWindows();
    columns_.resize(series_.channels);
    size_t of_lattice = 0;  // channels left of the one before
    for (Column& column : columns_) {
      if (of_lattice > 0) {
        --of_lattice;
      } else if ((head & 32) == 0) {
        ReadHead(in_.U8(), &column);
        if (column.lattice) of_lattice = column.lattice->width - 1;
      } else {
        column.grid = ProfileGrid(column);
        column.k_in_group = true;
      }
    }
    ReadGroups();
    for (size_t row = 0; row < rows_; ++row) {
      for (const Column& column : columns_) {
        series_.values.push_back(column.values[row]);
      }
    }
    if (!in_.empty()) Fail("bytes behind a series block");
    return series_;
  }

 private:
  Grid ProfileGrid(const Column& column) const {
    if (profile_ == nullptr) Fail("grid of a profile");
    return profile_->grids.at(static_cast<size_t>(&column - columns_.data()));
  }

  void ReadHead(int model, Column* column) {
    if (model == 0) {
      for (size_t i = 0; i < rows_; ++i) column->values.push_back(in_.Double());
    } else if (model == 1 || model == 2) {
      for (const int64_t n : ReadIntegers(&in_, rows_)) {
        column->values.push_back(model == 1 ? FromOrdered(n)
                                            : FloatFromOrdered(n));
      }
    } else if (model == 48) {
      column->floats = true;
    } else if (model == 50) {
      column->lattice = Lattice::Read(&in_);
      series_.lattices.push_back(column->lattice->width);
    } else if (model == 51) {
      column->split = Split::Read(&in_, &column->exceptions);
      column->k_in_group = true;
      ++series_.splits;
    } else {
      ReadGridHead(model, column);
    }
  }

  void ReadGridHead(int model, Column* column) {
    column->k_in_group = model >= 32;
    if (model == 49) {
      column->grid = ProfileGrid(*column);
    } else if (model % 16 < 8) {
      last_ = Grid::Read(model % 16, &in_);
      column->grid = last_;
    } else {
      if (!last_ || last_->kind != model % 8) Fail("no grid before");
      column->grid = last_;
    }
    column->exceptions = ReadExceptions(&in_);
    if (!column->k_in_group) column->k = ReadIntegers(&in_, rows_);
    if (!column->grid->has_units()) return;
    const int place = in_.U8();
    column->units_in_group = place == 2;
    if (place == 1) column->units = ReadIntegers(&in_, rows_);
  }

  Series ReadWindows() {
    if (plan_ == nullptr || plan_->id != series_.plan) Fail("plan of a block");
    series_.windows = ReadWindowBlock(in_.Rest(), plan_->plan);
    for (const int32_t number : series_.windows.values) {
      const size_t c = series_.values.size() % series_.channels;
      series_.values.push_back(number * plan_->units[c]);
    }
    if (series_.values.size() != rows_ * series_.channels) Fail("rows");
    return series_;
  }

  void ReadGroups() {
    size_t first = 0, second = 0;
    for (const Column& column : columns_) {
      first += column.k_in_group ? 1 : 0;
      second += column.floats || column.units_in_group ? 1 : 0;
      if (!column.lattice) continue;
      first += column.lattice->width;
      second += column.lattice->has_units ? column.lattice->width : 0;
    }
    const bool learned = series_.profile != 0 && first == series_.channels;
    const auto numbers =
        ReadColumns(&in_, rows_, first, learned ? profile_->inertial : Bytes());
    const auto rest = ReadColumns(&in_, rows_, second, {});
    size_t next = 0, next_rest = 0;
    for (Column& column : columns_) {
      if (column.lattice) {
        const size_t width = column.lattice->width;
        const auto from = [width](const auto& columns, size_t* at) {
          *at += width;
          const auto end = columns.begin() + static_cast<std::ptrdiff_t>(*at);
          return std::vector(end - static_cast<std::ptrdiff_t>(width), end);
        };
        const auto k = from(numbers, &next);
        const auto u = column.lattice->has_units ? from(rest, &next_rest) : k;
        auto samples = column.lattice->Samples(k, u);
        for (size_t j = 0; j < width; ++j) {
          (&column)[j].values = std::move(samples[j]);
        }
      }
      if (column.floats) {
        for (const int64_t n : rest[next_rest++]) {
          column.values.push_back(FloatFromOrdered(n));
        }
      }
      if (column.k_in_group) column.k = numbers[next++];
      if (column.units_in_group) column.units = rest[next_rest++];
      column.MakeValues();
    }
  }

  ByteCursor in_;
  const SeriesProfileBytes* const profile_;
  const SeriesWindowPlanBytes* const plan_;
  size_t rows_ = 0;
  Series series_;
  std::vector<Column> columns_;
  std::optional<Grid> last_;
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_SERIES_BLOCK_H_
