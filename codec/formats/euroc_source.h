// SPDX-License-Identifier: GPL-2.0-or-later
//
// EuRoC ASL trees: mav0/cam0/data/<ns>.png with data.csv and sensor.yaml,
// mav0/imu0/data.csv.

#ifndef FOVEA_CODEC_FORMATS_EUROC_SOURCE_H_
#define FOVEA_CODEC_FORMATS_EUROC_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

// Whether `folder` (or its mav0/) looks like an ASL tree.
bool IsEurocTree(const std::string& folder);

// Tracks "cam0", "cam1", ... and "imu" ("imu0", "imu1" when several), in
// time order over all tracks, absolute nanoseconds as in the files. Sensor
// folders of other kinds are tracks rejected by name.
absl::StatusOr<std::unique_ptr<Source>> OpenEurocSource(
    const std::string& folder, const SourceOptions& options);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_EUROC_SOURCE_H_
