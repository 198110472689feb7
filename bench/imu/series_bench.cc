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
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/source.h"
#include "codec/sample_clock.h"
#include "codec/series_block.h"

namespace fovea::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kWhole = 1e9;  // seconds of a block: as many rows as it holds
constexpr size_t kMaxRows = 65536;

struct Recording {
  std::string name;
  StreamKind kind = StreamKind::kSeries;
  size_t channels = 0;
  std::vector<Channel> info;
  SeriesBatch rows;
};

absl::StatusOr<std::vector<Recording>> Load(const std::string& path) {
  auto source = OpenSource(path, {});
  if (!source.ok()) return source.status();
  std::vector<Recording> recordings;
  const auto& tracks = (*source)->info().tracks;
  for (const auto& track : tracks) {
    recordings.push_back({absl::StrCat(fs::path(path).filename().string(), " ",
                                       StreamKindName(track.kind)),
                          track.kind,
                          track.series.channels.size(),
                          track.series.channels,
                          {}});
  }
  while (true) {
    auto item = (*source)->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) break;
    const auto* batch = std::get_if<SeriesBatch>(&(*item)->value);
    if (batch == nullptr) continue;
    SeriesBatch& rows = recordings[static_cast<size_t>((*item)->track)].rows;
    rows.time_ns.insert(rows.time_ns.end(), batch->time_ns.begin(),
                        batch->time_ns.end());
    rows.values.insert(rows.values.end(), batch->values.begin(),
                       batch->values.end());
  }
  std::erase_if(recordings, [](const Recording& recording) {
    return recording.rows.time_ns.empty();
  });
  return recordings;
}

// Blocks as a store cuts them, of `seconds` each.
std::vector<SeriesBatch> Cut(const Recording& recording, double seconds) {
  const auto span = static_cast<int64_t>(seconds * 1e9);
  const SeriesBatch& rows = recording.rows;
  std::vector<SeriesBatch> blocks;
  for (size_t i = 0; i < rows.time_ns.size(); ++i) {
    const int64_t time = rows.time_ns[i];
    if (blocks.empty() || blocks.back().time_ns.size() >= kMaxRows ||
        std::abs(time - blocks.back().time_ns[0]) >= span) {
      blocks.emplace_back();
    }
    blocks.back().time_ns.push_back(time);
    for (size_t c = 0; c < recording.channels; ++c) {
      blocks.back().values.push_back(rows.values[i * recording.channels + c]);
    }
  }
  return blocks;
}

bool SameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
        return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y);
      });
}

double Now() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

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

absl::Status Measure(const Recording& recording, const std::string& how,
                     double seconds, const SeriesCoding& coding) {
  const std::vector<SeriesBatch> blocks = Cut(recording, seconds);
  double all_bytes = 0;
  double time_bytes = 0;
  double encoding = 0;
  double decoding = 0;
  for (const SeriesBatch& block : blocks) {
    std::vector<uint8_t> times;
    EncodeSampleTimes(block.time_ns, &times);
    time_bytes += static_cast<double>(times.size());
    const double start = Now();
    const auto bytes = EncodeSeriesBlock(block, recording.channels, coding);
    const double middle = Now();
    if (!bytes.ok()) return bytes.status();
    all_bytes += static_cast<double>(bytes->size());
    const auto back = DecodeSeriesBlock(*bytes, coding.profile);
    decoding += Now() - middle;
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
      (recording.name + how).c_str(), rows, recording.channels, blocks.size(),
      value_bytes * 8 / values, values * 8 / value_bytes,
      values * 4 / value_bytes, time_bytes / rows, all_bytes / rows,
      values * 8 / encoding / 1e6, values * 8 / decoding / 1e6);
  return absl::OkStatus();
}

// 0.02 g and 0.1 degrees a second in SI units, or in the file's own.
std::vector<double> BoundsOf(const Recording& recording) {
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
absl::Status MeasureLearned(const Recording& recording, double seconds,
                            SeriesCoding coding) {
  const size_t rows = recording.rows.time_ns.size() / 2;
  const auto middle = recording.rows.values.begin() +
                      static_cast<std::ptrdiff_t>(rows * recording.channels);
  const std::vector<std::vector<double>> first = {
      {recording.rows.values.begin(), middle}};
  const auto bytes = LearnSeriesProfile(first, recording.channels);
  if (!bytes.ok()) {
    std::printf("%-52s no profile: %s\n", recording.name.c_str(),
                bytes.status().ToString().c_str());
    return absl::OkStatus();
  }
  const auto profile = SeriesProfile::Parse(*bytes);
  if (!profile.ok()) return profile.status();
  Recording rest = recording;
  rest.rows.time_ns.erase(
      rest.rows.time_ns.begin(),
      rest.rows.time_ns.begin() + static_cast<std::ptrdiff_t>(rows));
  rest.rows.values.assign(middle, recording.rows.values.end());
  absl::Status status = Measure(rest, " 2nd half", seconds, coding);
  if (!status.ok()) return status;
  coding.profile = &*profile;
  return Measure(rest, " 2nd half by profile", seconds, coding);
}

absl::Status MeasureAll(const Recording& recording, double seconds,
                        SeriesCoding coding) {
  absl::Status status = Measure(recording, "", seconds, coding);
  if (!status.ok() || recording.kind != StreamKind::kImu) return status;
  status = MeasureLearned(recording, seconds, coding);
  if (!status.ok()) return status;
  coding.bounds = BoundsOf(recording);
  return Measure(recording, " 0.02 g, 0.1 deg/s", seconds, coding);
}

// Recordings below `data`, those that are there.
std::vector<std::string> Files(const std::string& data) {
  std::vector<std::string> files;
  for (const char* name :
       {"camera_imu/euroc_v1_01_excerpt", "imu/gait_long_walk.csv",
        "camera_imu/gopro_max-heromode.mp4", "camera_imu/gopro_hero7.mp4",
        "imu/px4_cubeorange_small.ulg"}) {
    if (fs::exists(data + "/" + name)) files.push_back(data + "/" + name);
  }
  std::vector<std::string> people;
  if (fs::exists(data + "/imu/har_sp_sw")) {
    for (const auto& entry :
         fs::recursive_directory_iterator(data + "/imu/har_sp_sw")) {
      const std::string path = entry.path().string();
      if (path.ends_with("_01_sp.csv") || path.ends_with("_01_sw.csv")) {
        people.push_back(path);
      }
    }
  }
  std::sort(people.begin(), people.end());
  files.insert(files.end(), people.begin(), people.end());
  return files;
}

absl::Status Run(const std::string& data, const SeriesCoding& coding) {
  std::vector<Recording> recordings;
  for (const std::string& file : Files(data)) {
    const auto loaded = Load(file);
    if (!loaded.ok()) {
      std::printf("left out: %s\n", loaded.status().ToString().c_str());
      continue;
    }
    recordings.insert(recordings.end(), loaded->begin(), loaded->end());
  }
  if (recordings.empty()) return absl::NotFoundError("no recording at all");
  for (const double seconds : {1.0, 10.0, kWhole}) {
    if (seconds == kWhole) {
      std::printf("\n== blocks of at most %zu rows ==\n", kMaxRows);
    } else {
      std::printf("\n== blocks of %g s ==\n", seconds);
    }
    for (const Recording& recording : recordings) {
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
