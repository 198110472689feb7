// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/internal/sensitivity_check.h"

#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace fovea::internal {

absl::Status CheckSensitivity(std::span<const double> sensitivity, int columns,
                              int rows) {
  if (columns < 1 || rows < 1 ||
      sensitivity.size() / static_cast<size_t>(columns) !=
          static_cast<size_t>(rows) ||
      sensitivity.size() % static_cast<size_t>(columns) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(sensitivity.size(), " sensitivities for a map of ",
                     columns, "x", rows));
  }
  for (size_t i = 0; i < sensitivity.size(); ++i) {
    if (!std::isfinite(sensitivity[i]) || sensitivity[i] < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("sensitivity of macroblock ", i, " is ", sensitivity[i],
                       ": must be finite and not negative"));
    }
  }
  return absl::OkStatus();
}

}  // namespace fovea::internal
