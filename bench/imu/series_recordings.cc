// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/imu/series_recordings.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <variant>

#include "absl/strings/str_cat.h"
#include "codec/formats/source.h"

namespace fovea::bench {
namespace {

namespace fs = std::filesystem;

}  // namespace

absl::StatusOr<std::vector<SeriesRecording>> LoadSeries(
    const std::string& path) {
  auto source = OpenSource(path, {});
  if (!source.ok()) return source.status();
  std::vector<SeriesRecording> recordings;
  const auto& tracks = (*source)->info().tracks;
  for (const auto& track : tracks) {
    recordings.push_back({absl::StrCat(fs::path(path).filename().string(), " ",
                                       StreamKindName(track.kind)),
                          path,
                          track.kind,
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
  std::erase_if(recordings, [](const SeriesRecording& recording) {
    return recording.rows.time_ns.empty();
  });
  return recordings;
}

std::vector<std::string> SeriesFiles(const std::string& data) {
  std::vector<std::string> files;
  for (const char* name :
       {"camera_imu/euroc_v1_01_excerpt", "imu/gait_long_walk.csv",
        "camera_imu/gopro_max-heromode.mp4", "camera_imu/gopro_hero7.mp4",
        "imu/px4_cubeorange_small.ulg"}) {
    const std::string path = absl::StrCat(data, "/", name);
    if (fs::exists(path)) files.push_back(path);
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

std::vector<SeriesBatch> CutSeries(const SeriesBatch& rows, size_t channels,
                                   double seconds) {
  const auto span = static_cast<int64_t>(seconds * 1e9);
  std::vector<SeriesBatch> blocks;
  for (size_t i = 0; i < rows.time_ns.size(); ++i) {
    const int64_t time = rows.time_ns[i];
    if (blocks.empty() || blocks.back().time_ns.size() >= kMaxCutRows ||
        std::abs(time - blocks.back().time_ns[0]) >= span) {
      blocks.emplace_back();
    }
    blocks.back().time_ns.push_back(time);
    const auto row =
        rows.values.begin() + static_cast<std::ptrdiff_t>(i * channels);
    blocks.back().values.insert(blocks.back().values.end(), row,
                                row + static_cast<std::ptrdiff_t>(channels));
  }
  return blocks;
}

bool SameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
        return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y);
      });
}

double ThreadSeconds() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace fovea::bench
