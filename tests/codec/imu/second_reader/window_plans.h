// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: plans of window blocks and of series.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_WINDOW_PLANS_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_WINDOW_PLANS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"

namespace fovea::second_reader {

// 2^(eighths / 8), rounded.
inline uint64_t StepOf(int eighths) {
  constexpr uint64_t kRoots[] = {65536, 71468,  77936,  84990,
                                 92682, 101070, 110218, 120194};
  eighths = std::min(eighths, 240);
  return ((kRoots[eighths % 8] << (eighths / 8)) + 32768) >> 16;
}

struct WindowPlanBytes {
  size_t channels = 0, window = 0, bands = 0;
  std::vector<int> step, usual;  // channels x bands
  std::vector<int> level, drift;
  Bytes all;

  static WindowPlanBytes Read(Bytes bytes) {
    WindowPlanBytes plan;
    plan.all = bytes;
    if (ByteCursor(bytes.last(4)).U32() !=
        ~Crc32c(bytes.first(bytes.size() - 4))) {
      Fail("checksum of a window plan");
    }
    ByteCursor in(bytes.first(bytes.size() - 4));
    const Bytes name = in.Take(4);
    if (std::string(name.begin(), name.end()) != "FIWP") {
      Fail("name of a window plan");
    }
    if (in.U8() != 1) Fail("version of a window plan");
    plan.channels = in.U8();
    plan.window = in.U8();
    plan.bands = in.U8();
    in.U32();  // what a step costs the model
    for (auto* part : {&plan.step, &plan.usual, &plan.level, &plan.drift}) {
      const bool of_bands = part == &plan.step || part == &plan.usual;
      for (const uint8_t eighths :
           in.Take(plan.channels * (of_bands ? plan.bands : 1))) {
        part->push_back(eighths);
      }
    }
    if (!in.empty()) Fail("bytes behind a window plan");
    return plan;
  }

  size_t BandOf(size_t k) const { return k * bands / window; }
};

struct SeriesWindowPlanBytes {
  uint32_t id = 0;
  std::vector<double> units;
  WindowPlanBytes plan;

  static SeriesWindowPlanBytes Read(Bytes bytes) {
    SeriesWindowPlanBytes series;
    series.id = ByteCursor(bytes.last(4)).U32();
    if (series.id != ~Crc32c(bytes.first(bytes.size() - 8))) {
      Fail("checksum of a series' window plan");
    }
    ByteCursor in(bytes.first(bytes.size() - 4));
    if (in.U8() != 1) Fail("version of a series' window plan");
    series.units.resize(in.U8());
    for (double& unit : series.units) unit = in.Double();
    series.plan = WindowPlanBytes::Read(in.Rest());
    if (series.plan.channels != series.units.size()) Fail("units of a plan");
    return series;
  }
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_WINDOW_PLANS_H_
