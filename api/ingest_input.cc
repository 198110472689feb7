// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an ingest is not told, and opening what it reads.

#include "api/ingest_input.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/imu_coding.h"
#include "api/stream_registry.h"
#include "api/system_clock.h"

namespace fovea {
namespace {

// "dir/clip.mp4" -> "clip", "dir/mav0/" -> "mav0", "rtsp://cam/x" -> "x".
std::string StemOf(const std::string& location) {
  std::filesystem::path path(location);
  if (!path.has_filename()) path = path.parent_path();
  const std::string stem = path.stem().string();
  return StreamRegistry::NameFrom(stem == "-" ? "stdin" : stem);
}

absl::Status CheckBounds(const IngestInput& input,
                         const ImuCodingOptions& options) {
  std::vector<Track> tracks = input.source->info().tracks;
  if (input.imu != nullptr) {
    const auto& more = input.imu->info().tracks;
    tracks.insert(tracks.end(), more.begin(), more.end());
  }
  const absl::Status status = CheckImuBounds(options.bounds, tracks);
  return absl::Status(status.code(),
                      absl::StrCat(input.name, ": ", status.message()));
}

}  // namespace

int JobsOf(const IngestOptions& options) {
  if (options.jobs > 0) return options.jobs;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

IngestOptions WithIngestDefaults(IngestOptions options) {
  options.jobs = JobsOf(options);
  if (!options.now_ns) options.now_ns = &WallNowNs;
  if (!options.monotonic_ns) options.monotonic_ns = &MonotonicNowNs;
  return options;
}

absl::StatusOr<IngestInput> OpenIngestInput(const std::string& location,
                                            const IngestOptions& options,
                                            const std::atomic<bool>* stop) {
  IngestInput input;
  input.location = location;
  input.name = options.name.empty() ? StemOf(location) : options.name;
  if (absl::Status s = StreamRegistry::CheckName(input.name); !s.ok()) {
    return s;
  }
  SourceOptions source = options.source;
  source.threads = JobsOf(options);
  source.stop = stop;
  auto opened = OpenSource(location, source);
  if (!opened.ok()) return opened.status();
  input.source = *std::move(opened);
  if (!options.imu_path.empty()) {
    opened = OpenSource(options.imu_path, source);
    if (!opened.ok()) return opened.status();
    input.imu = *std::move(opened);
  }
  if (absl::Status s = CheckBounds(input, options.imu); !s.ok()) return s;
  return input;
}

}  // namespace fovea
