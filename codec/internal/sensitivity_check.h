// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every maker of maps asks of the sensitivities it is given.

#ifndef FOVEA_CODEC_INTERNAL_SENSITIVITY_CHECK_H_
#define FOVEA_CODEC_INTERNAL_SENSITIVITY_CHECK_H_

#include <span>

#include "absl/status/status.h"

namespace fovea::internal {

// kInvalidArgument unless there are columns * rows of them, all finite and
// not negative.
absl::Status CheckSensitivity(std::span<const double> sensitivity, int columns,
                              int rows);

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_SENSITIVITY_CHECK_H_
