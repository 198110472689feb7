// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: grids of samples, profiles of series and
// what they say a series is.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_GRIDS_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_GRIDS_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"

namespace fovea::second_reader {

struct Grid {
  int kind = 0;  // 1 ratio, 2 double, 3 float, 4 decimal, 5 converted
  double divisor = 1, step = 0, offset = 0;

  static Grid Read(int kind, ByteCursor* in) {
    if (kind < 1 || kind > 5) Fail("unknown grid");
    Grid grid;
    grid.kind = kind;
    if (kind == 1 || kind >= 4) grid.divisor = in->Real();
    if (kind >= 2) {
      grid.step = in->Real();
      grid.offset = in->Real();
    }
    return grid;
  }

  bool has_units() const { return kind >= 2 && kind <= 4; }

  double Value(int64_t k, int64_t units) const {
    const auto n = static_cast<double>(k);
    if (kind == 1) return n / divisor;
    if (kind == 5) return n / divisor / offset * step;
    const double p = std::fma(n, step, offset);
    const auto more = static_cast<double>(units);
    if (kind == 4) return (std::rint(p) + more) / divisor;
    const double unit = std::ldexp(1.0, Exponent(p) - (kind == 2 ? 52 : 23));
    return (std::rint(p / unit) + more) * unit;
  }

  static int Exponent(double p) { return p == 0 ? 0 : std::ilogb(p); }
};

struct SeriesProfileBytes {
  uint32_t id = 0;
  std::string device;
  std::vector<std::string> names, units;
  std::vector<Grid> grids;
  Bytes inertial;

  static SeriesProfileBytes Read(Bytes bytes) {
    SeriesProfileBytes profile;
    profile.id = ByteCursor(bytes.last(4)).U32();
    if (profile.id != ~Crc32c(bytes.first(bytes.size() - 8))) {
      Fail("checksum of a profile");
    }
    ByteCursor in(bytes.first(bytes.size() - 4));
    if (in.U8() != 1) Fail("version of a profile");
    ByteCursor metadata(in.Take(in.Varint()));
    const auto text = [&metadata] {
      const Bytes part = metadata.Take(metadata.U8());
      return std::string(part.begin(), part.end());
    };
    if (metadata.U8() != 1) Fail("version of metadata");
    profile.device = text();
    text();
    text();
    const size_t channels = metadata.U8();
    for (size_t c = 0; c < channels; ++c) {
      profile.names.push_back(text());
      profile.units.push_back(text());
    }
    for (size_t c = 0; c < channels; ++c) {
      const int kind = in.U8();
      profile.grids.push_back(Grid::Read(kind, &in));
    }
    profile.inertial = in.Rest();
    return profile;
  }
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_GRIDS_H_
