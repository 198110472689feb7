// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/imu/recordings.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/source.h"
#include "codec/integer_grid.h"

namespace fovea::bench {
namespace {

namespace fs = std::filesystem;

// Steps of a sensor of 16 bits, where values show no grid of their own.
struct Steps {
  double gyro = 0;
  double accel = 0;
};
constexpr Steps kExact = {};
// 2000 deg/s and 8 g over 2^15, in deg/s and g.
constexpr Steps kGait = {2000.0 / 32768, 8.0 / 32768};
// 1000 deg/s and 8 g over 2^15, in rad/s and m/s^2.
constexpr Steps kFlight = {1000 * 3.14159265358979 / 180 / 32768,
                           8 * 9.80665 / 32768};
// 35 millidegrees/s and 8 g over 2^15, in rad/s and m/s^2.
constexpr Steps kPhone = {0.035 * 3.14159265358979 / 180, 8 * 9.80665 / 32768};

struct Track {
  std::vector<Channel> channels;
  double rate_hz = 0;
  std::vector<std::vector<double>> parts;  // rows x channels each
};

absl::Status AppendFile(const std::string& path, Track* track) {
  auto source = OpenSource(path, {});
  if (!source.ok()) return source.status();
  const auto& tracks = (*source)->info().tracks;
  const auto imu = std::find_if(
      tracks.begin(), tracks.end(),
      [](const auto& candidate) { return candidate.kind == StreamKind::kImu; });
  if (imu == tracks.end()) {
    return absl::NotFoundError(absl::StrCat(path, " has no imu track"));
  }
  const auto number = static_cast<int>(imu - tracks.begin());
  track->channels = imu->series.channels;
  track->rate_hz = imu->series.rate_hz;
  std::vector<double>& part = track->parts.emplace_back();
  while (true) {
    auto item = (*source)->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) return absl::OkStatus();
    const auto* batch = std::get_if<SeriesBatch>(&(*item)->value);
    if (batch == nullptr || (*item)->track != number) continue;
    part.insert(part.end(), batch->values.begin(), batch->values.end());
  }
}

// The coarsest exact grid whose numbers fit 32 bits: empty for none.
std::vector<int64_t> GridNumbers(const std::vector<double>& column) {
  std::vector<GridFit> fits = FitScales(column);
  if (auto decimals = FitDecimals(column)) fits.push_back(*decimals);
  std::vector<int64_t> best;
  double least = 0;
  for (GridFit& fit : fits) {
    if (fit.exceptions.size() > column.size() / 100) continue;
    double moved = 0;
    bool fits32 = true;
    for (size_t i = 1; i < fit.k.size(); ++i) {
      moved += std::abs(static_cast<double>(fit.k[i] - fit.k[i - 1]));
      fits32 = fits32 && std::abs(fit.k[i]) <= INT32_MAX;
    }
    if (!fits32 || (!best.empty() && moved >= least)) continue;
    least = moved;
    best = std::move(fit.k);
  }
  return best;
}

// Numbers of all parts of channel `c`, joined; whether on an exact grid.
bool ChannelNumbers(const Track& track, size_t c, const Steps& steps,
                    std::vector<int64_t>* numbers) {
  std::vector<double> column;
  const size_t channels = track.channels.size();
  for (const auto& part : track.parts) {
    for (size_t i = c; i < part.size(); i += channels)
      column.push_back(part[i]);
  }
  const bool gyro = track.channels[c].name.rfind("gyro", 0) == 0;
  const double step = gyro ? steps.gyro : steps.accel;
  if (step == 0) {
    *numbers = GridNumbers(column);
    return true;
  }
  numbers->clear();
  for (const double value : column)
    numbers->push_back(std::llrint(value / step));
  return false;
}

absl::StatusOr<ImuRecording> ToCounts(const std::string& name,
                                      const Track& track, const Steps& steps) {
  ImuRecording recording;
  recording.name = name;
  recording.channels = track.channels.size();
  recording.rate_hz = track.rate_hz;
  for (const auto& part : track.parts)
    recording.parts.emplace_back(part.size());
  for (size_t c = 0; c < recording.channels; ++c) {
    std::vector<int64_t> numbers;
    if (!ChannelNumbers(track, c, steps, &numbers)) recording.rounded = true;
    if (numbers.empty()) {
      return absl::NotFoundError(
          absl::StrCat(name, ": ", track.channels[c].name, " is on no grid"));
    }
    size_t next = 0;
    for (Counts& part : recording.parts) {
      for (size_t i = c; i < part.size(); i += recording.channels) {
        part[i] = static_cast<int32_t>(numbers[next++]);
      }
    }
  }
  return recording;
}

absl::StatusOr<ImuRecording> Load(const std::string& name,
                                  const std::vector<std::string>& files,
                                  const Steps& steps) {
  Track track;
  for (const std::string& file : files) {
    const absl::Status status = AppendFile(file, &track);
    if (!status.ok()) return status;
  }
  return ToCounts(name, track, steps);
}

// Splits the only part of `recording` into what is learned and judged.
ImuTrial Halves(ImuRecording recording) {
  ImuTrial trial;
  Counts& all = recording.parts[0];
  const size_t rows = all.size() / recording.channels;
  const auto middle =
      all.begin() + static_cast<long>(rows / 2 * recording.channels);
  trial.learned_from = {Counts(all.begin(), middle)};
  all.erase(all.begin(), middle);
  trial.device = recording.name;
  trial.judged = std::move(recording);
  return trial;
}

std::vector<std::string> FilesEnding(const std::string& folder,
                                     const std::string& ending) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (path.ends_with(ending)) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

absl::Status AddSubjects(const std::string& folder, const std::string& device,
                         const std::string& ending, const Steps& steps,
                         std::vector<ImuTrial>* trials) {
  std::vector<ImuRecording> subjects;
  for (const char* subject : {"s02", "s03", "s05"}) {
    auto recording =
        Load(absl::StrCat(device, " ", subject),
             FilesEnding(absl::StrCat(folder, "/", subject), ending), steps);
    if (!recording.ok()) return recording.status();
    subjects.push_back(*std::move(recording));
  }
  for (size_t i = 0; i < subjects.size(); ++i) {
    ImuTrial trial;
    trial.device = device;
    trial.judged = subjects[i];
    for (size_t other = 0; other < subjects.size(); ++other) {
      if (other == i) continue;
      trial.learned_from.insert(trial.learned_from.end(),
                                subjects[other].parts.begin(),
                                subjects[other].parts.end());
    }
    trials->push_back(std::move(trial));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ImuTrial>> LoadImuTrials(
    const std::string& data, std::vector<std::string>* absent) {
  const struct {
    const char* name;
    const char* path;
    Steps steps;
  } kHalved[] = {
      {"euroc", "camera_imu/euroc_v1_01_excerpt", kExact},
      {"gait", "imu/gait_long_walk.csv", kGait},
      {"gopro max", "camera_imu/gopro_max-heromode.mp4", kExact},
      {"gopro hero7", "camera_imu/gopro_hero7.mp4", kExact},
  };
  std::vector<ImuTrial> trials;
  for (const auto& halved : kHalved) {
    const std::string path = absl::StrCat(data, "/", halved.path);
    if (!fs::exists(path)) {
      absent->push_back(halved.path);
      continue;
    }
    auto recording = Load(halved.name, {path}, halved.steps);
    if (!recording.ok()) return recording.status();
    trials.push_back(Halves(*std::move(recording)));
  }
  const std::string flight =
      absl::StrCat(data, "/imu/px4_cubeorange_small.ulg");
  if (fs::exists(flight)) {
    auto recording = Load("px4", {flight}, kFlight);
    if (!recording.ok()) return recording.status();
    trials.push_back({*std::move(recording), "px4", {}});
  } else {
    absent->push_back("imu/px4_cubeorange_small.ulg");
  }
  const std::string people = absl::StrCat(data, "/imu/har_sp_sw");
  if (!fs::exists(people)) {
    absent->push_back("imu/har_sp_sw");
    return trials;
  }
  absl::Status status =
      AddSubjects(people, "phone", "_sp.csv", kPhone, &trials);
  if (status.ok()) {
    status = AddSubjects(people, "watch", "_sw.csv", kExact, &trials);
  }
  if (!status.ok()) return status;
  return trials;
}

}  // namespace fovea::bench
