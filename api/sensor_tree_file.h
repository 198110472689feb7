// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sensor trees as files, as `fovea learn filter` writes them of an imu or
// series stream.

#ifndef FOVEA_API_SENSOR_TREE_FILE_H_
#define FOVEA_API_SENSOR_TREE_FILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "filter/sensor_tree.h"

namespace fovea {

std::vector<uint8_t> SensorTreeBytes(const SensorTree& tree);

// Errors of SensorTree::Decode() name the file; kDataLoss: no such file at
// all.
absl::StatusOr<SensorTree> ParseSensorTree(const std::string& name,
                                           std::span<const uint8_t> bytes);

absl::Status WriteSensorTree(const std::string& path, const SensorTree& tree);

// Also kNotFound.
absl::StatusOr<SensorTree> ReadSensorTree(const std::string& path);

}  // namespace fovea

#endif  // FOVEA_API_SENSOR_TREE_FILE_H_
