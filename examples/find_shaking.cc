// SPDX-License-Identifier: GPL-2.0-or-later
//
// Takes a recording in, then looks for the moments in which the sensor
// beside the camera turned fast, and says how fast.
//
//   find_shaking STORE CAMERA.mp4 IMU.csv RAD_PER_S

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "fovea/api/store.h"
#include "fovea/index/query_builder.h"

namespace {

using fovea::ask::Find;
using fovea::ask::Sensor;
using fovea::ask::Value;

absl::StatusOr<std::unique_ptr<fovea::Store>> Record(const char* path,
                                                     const char* camera,
                                                     const char* imu) {
  fovea::StoreOptions options;
  options.path = path;
  options.create = true;
  auto store = fovea::Store::Open(options);
  if (!store.ok()) return store.status();
  fovea::IngestOptions ingest;
  ingest.name = "camera";
  ingest.imu_path = imu;
  const auto report = (*store)->Ingest(camera, ingest, nullptr, nullptr);
  if (!report.ok()) return report.status();
  return store;
}

// The greatest length of the first three channels: gyro_x, gyro_y, gyro_z.
absl::StatusOr<double> Fastest(const fovea::QueryResult& result) {
  double fastest = 0;
  for (const std::string& sensor : result.sensors()) {
    const absl::Status read =
        result.ReadSamples(sensor, [&](const fovea::SeriesBatch& batch) {
          const size_t channels = batch.values.size() / batch.time_ns.size();
          for (size_t i = 0; i < batch.values.size(); i += channels) {
            fastest = std::max(fastest,
                               std::hypot(batch.values[i], batch.values[i + 1],
                                          batch.values[i + 2]));
          }
          return true;
        });
    if (!read.ok()) return read;
  }
  return fastest;
}

absl::Status Run(char** arguments) {
  auto store = Record(arguments[1], arguments[2], arguments[3]);
  if (!store.ok()) return store.status();
  const double limit = std::atof(arguments[4]);
  auto results = (*store)->Query(
      Find(Sensor("gyro").Norm() > Value(limit, "rad/s")).Among({"camera"}));
  if (!results.ok()) return results.status();
  for (const fovea::QueryResult& result : *results) {
    const auto fastest = Fastest(result);
    if (!fastest.ok()) return fastest.status();
    std::printf("%.3f s to %.3f s: up to %.3f rad/s\n",
                static_cast<double>(result.clip().from_ns) / 1e9,
                static_cast<double>(result.clip().to_ns) / 1e9, *fastest);
  }
  return results->status();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr,
                 "usage: find_shaking STORE CAMERA.mp4 IMU.csv RAD_PER_S\n");
    return 2;
  }
  const absl::Status status = Run(argv);
  if (status.ok()) return 0;
  std::fprintf(stderr, "find_shaking: %s\n", status.ToString().c_str());
  return 1;
}
