// SPDX-License-Identifier: GPL-2.0-or-later
//
// Real recordings of sensors as their files have them, cut as a store cuts
// them.

#ifndef FOVEA_BENCH_IMU_SERIES_RECORDINGS_H_
#define FOVEA_BENCH_IMU_SERIES_RECORDINGS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"

namespace fovea::bench {

inline constexpr double kWholeSeconds = 1e9;
inline constexpr size_t kMaxCutRows = 65536;

// One track of a file.
struct SeriesRecording {
  std::string name;  // file and kind
  std::string path;
  StreamKind kind = StreamKind::kSeries;
  std::vector<Channel> info;
  SeriesBatch rows;

  size_t channels() const { return info.size(); }
};

// Tracks with samples. Any error of the source.
absl::StatusOr<std::vector<SeriesRecording>> LoadSeries(
    const std::string& path);

// Recordings below `data`, those that are there: EuRoC, gait, GoPro, PX4 and
// the first one of every person's phone and watch.
std::vector<std::string> SeriesFiles(const std::string& data);

// Blocks of `seconds` each and at most kMaxCutRows.
std::vector<SeriesBatch> CutSeries(const SeriesBatch& rows, size_t channels,
                                   double seconds);

// Whether every value is the same, bit for bit.
bool SameBits(const std::vector<double>& a, const std::vector<double>& b);

// Processor time of this thread, in seconds: other work on the machine does
// not count.
double ThreadSeconds();

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_IMU_SERIES_RECORDINGS_H_
