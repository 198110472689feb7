// SPDX-License-Identifier: GPL-2.0-or-later
//
// A query as an argument: text, or JSON.

#ifndef FOVEA_CLI_QUERY_ARGUMENT_H_
#define FOVEA_CLI_QUERY_ARGUMENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "api/query_text.h"

namespace fovea::cli {

// The fault of a text is shown where it is, on standard error, since the
// whole text is on one line of a terminal or of a script.
absl::StatusOr<Query> ParseQueryArgument(const std::string& text);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_QUERY_ARGUMENT_H_
