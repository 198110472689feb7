// SPDX-License-Identifier: GPL-2.0-or-later
//
// What inertial streams are coded for, from files: a model of sensor windows,
// what `fovea profile` measured of one, or both.

#ifndef FOVEA_API_IMU_MODEL_H_
#define FOVEA_API_IMU_MODEL_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/window_coding.h"
#include "codec/series_sensitivity.h"
#include "sensitivity/model.h"

namespace fovea {

struct ImuModel {
  std::unique_ptr<Model> model;
  std::optional<SeriesSensitivity> sensitivity;
};

// Each of `paths` is a sensitivity file or what OpenModel() takes, with
// `models` its folder; none: neither. kInvalidArgument: two of a kind; errors
// of OpenModel() and ParseSeriesSensitivity().
absl::StatusOr<ImuModel> OpenImuModel(const std::vector<std::string>& paths,
                                      const std::string& models);

}  // namespace fovea

#endif  // FOVEA_API_IMU_MODEL_H_
