// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one line a failure is told in: "fovea: OBJECT: WHAT; NEXT STEP".

#ifndef FOVEA_CLI_ERROR_TEXT_H_
#define FOVEA_CLI_ERROR_TEXT_H_

#include <string>

#include "absl/status/status.h"

namespace fovea::cli {

// `status` must not be OK. Its message names object and fault; a next step
// that fits its code and `verb` is added unless the message brings its own
// (after a semicolon).
std::string ErrorLine(const absl::Status& status, const std::string& verb);

// `status` with `next_step` after its message, unless it brings its own.
absl::Status WithNextStep(const absl::Status& status,
                          const std::string& next_step);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_ERROR_TEXT_H_
