// SPDX-License-Identifier: GPL-2.0-or-later
//
// Series blocks on real recordings: bytes of a row's values and of its time,
// ratios to float64 and float32, in blocks of one second, ten seconds and the
// largest there are; inertial ones also by a profile of their first half, and
// within bounds. Every block is decoded and compared bit for bit, or with the
// bound; a difference ends the run.
//
//   series_bench [--data FOLDER] [--level fast|normal|max]

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/imu/series_recordings.h"
#include "codec/sample_clock.h"
#include "codec/series_block.h"

namespace fovea::bench {
namespace {

// Every sample within its channel's bound, or the same bits.
bool Holds(const std::vector<double>& decoded, const std::vector<double>& given,
           const std::vector<double>& bounds) {
  if (bounds.empty()) return SameBits(decoded, given);
  for (size_t i = 0; i < given.size(); ++i) {
    if (!(std::abs(decoded[i] - given[i]) <= bounds[i % bounds.size()])) {
      return false;
    }
  }
  return decoded.size() == given.size();
}

absl::Status Measure(const SeriesRecording& recording, const std::string& how,
                     double seconds, const SeriesCoding& coding) {
  const std::vector<SeriesBatch> blocks =
      CutSeries(recording.rows, recording.channels(), seconds);
  double all_bytes = 0;
  double time_bytes = 0;
  double encoding = 0;
  double decoding = 0;
  for (const SeriesBatch& block : blocks) {
    std::vector<uint8_t> times;
    EncodeSampleTimes(block.time_ns, &times);
    time_bytes += static_cast<double>(times.size());
    const double start = ThreadSeconds();
    const auto bytes = EncodeSeriesBlock(block, recording.channels(), coding);
    const double middle = ThreadSeconds();
    if (!bytes.ok()) return bytes.status();
    all_bytes += static_cast<double>(bytes->size());
    const auto back = DecodeSeriesBlock(*bytes, coding.profile);
    decoding += ThreadSeconds() - middle;
    encoding += middle - start;
    if (!back.ok()) return back.status();
    if (back->batch.time_ns != block.time_ns ||
        !Holds(back->batch.values, block.values, coding.bounds)) {
      return absl::DataLossError("a block came back different");
    }
  }
  const auto rows = static_cast<double>(recording.rows.time_ns.size());
  const auto values = static_cast<double>(recording.rows.values.size());
  const double value_bytes = all_bytes - time_bytes;
  std::printf(
      "%-52s %6.0f x%-2zu %5zu blocks  %6.3f bits/value  f64 %6.3f  f32 %6.3f"
      "  time %6.3f B/row  row %7.3f B  %6.1f / %6.1f MB/s\n",
      (recording.name + how).c_str(), rows, recording.channels(), blocks.size(),
      value_bytes * 8 / values, values * 8 / value_bytes,
      values * 4 / value_bytes, time_bytes / rows, all_bytes / rows,
      values * 8 / encoding / 1e6, values * 8 / decoding / 1e6);
  return absl::OkStatus();
}

// 0.02 g and 0.1 degrees a second in SI units, or in the file's own.
std::vector<double> BoundsOf(const SeriesRecording& recording) {
  std::vector<double> bounds;
  for (const Channel& channel : recording.info) {
    const bool gyro = channel.name.rfind("gyro", 0) == 0;
    if (gyro) {
      bounds.push_back(channel.unit == "rad/s" ? 0.1 * M_PI / 180 : 0.1);
    } else {
      bounds.push_back(channel.unit == "m/s2" ? 0.02 * 9.80665 : 0.02);
    }
  }
  return bounds;
}

// The second half by a profile of the first.
absl::Status MeasureLearned(const SeriesRecording& recording, double seconds,
                            SeriesCoding coding) {
  const size_t rows = recording.rows.time_ns.size() / 2;
  const auto middle = recording.rows.values.begin() +
                      static_cast<std::ptrdiff_t>(rows * recording.channels());
  const std::vector<std::vector<double>> first = {
      {recording.rows.values.begin(), middle}};
  const auto bytes = LearnSeriesProfile(first, recording.channels());
  if (!bytes.ok()) {
    std::printf("%-52s no profile: %s\n", recording.name.c_str(),
                bytes.status().ToString().c_str());
    return absl::OkStatus();
  }
  const auto profile = SeriesProfile::Parse(*bytes);
  if (!profile.ok()) return profile.status();
  SeriesRecording rest = recording;
  rest.rows.time_ns.erase(
      rest.rows.time_ns.begin(),
      rest.rows.time_ns.begin() + static_cast<std::ptrdiff_t>(rows));
  rest.rows.values.assign(middle, recording.rows.values.end());
  absl::Status status = Measure(rest, " 2nd half", seconds, coding);
  if (!status.ok()) return status;
  coding.profile = &*profile;
  return Measure(rest, " 2nd half by profile", seconds, coding);
}

absl::Status MeasureAll(const SeriesRecording& recording, double seconds,
                        SeriesCoding coding) {
  absl::Status status = Measure(recording, "", seconds, coding);
  if (!status.ok() || recording.kind != StreamKind::kImu) return status;
  status = MeasureLearned(recording, seconds, coding);
  if (!status.ok()) return status;
  coding.bounds = BoundsOf(recording);
  return Measure(recording, " 0.02 g, 0.1 deg/s", seconds, coding);
}

absl::Status Run(const std::string& data, const SeriesCoding& coding) {
  std::vector<SeriesRecording> recordings;
  for (const std::string& file : SeriesFiles(data)) {
    const auto loaded = LoadSeries(file);
    if (!loaded.ok()) {
      std::printf("left out: %s\n", loaded.status().ToString().c_str());
      continue;
    }
    recordings.insert(recordings.end(), loaded->begin(), loaded->end());
  }
  if (recordings.empty()) return absl::NotFoundError("no recording at all");
  for (const double seconds : {1.0, 10.0, kWholeSeconds}) {
    if (seconds == kWholeSeconds) {
      std::printf("\n== blocks of at most %zu rows ==\n", kMaxCutRows);
    } else {
      std::printf("\n== blocks of %g s ==\n", seconds);
    }
    for (const SeriesRecording& recording : recordings) {
      const absl::Status status = MeasureAll(recording, seconds, coding);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

bool Parse(int argc, char** argv, std::string* data, SeriesCoding* coding) {
  const char* folder = std::getenv("FOVEA_TEST_DATA");
  *data = folder != nullptr ? folder : FOVEA_DEFAULT_TEST_DATA;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--data") == 0) {
      *data = argv[i + 1];
    } else if (std::strcmp(argv[i], "--level") == 0) {
      const std::string level = argv[i + 1];
      if (level == "fast") coding->level = ImuLevel::kFast;
      if (level == "max") coding->level = ImuLevel::kMax;
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) {
  std::string data;
  fovea::SeriesCoding coding;
  if (!fovea::bench::Parse(argc, argv, &data, &coding)) {
    std::fprintf(stderr,
                 "usage: %s [--data FOLDER] [--level fast|normal|max]\n",
                 argv[0]);
    return 2;
  }
  const absl::Status status = fovea::bench::Run(data, coding);
  if (status.ok()) return 0;
  std::fprintf(stderr, "series_bench: %s\n", status.ToString().c_str());
  return 1;
}
