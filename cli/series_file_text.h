// SPDX-License-Identifier: GPL-2.0-or-later
//
// What encode and decode tell of series files.

#ifndef FOVEA_CLI_SERIES_FILE_TEXT_H_
#define FOVEA_CLI_SERIES_FILE_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "api/series_file.h"
#include "cli/verb.h"

namespace fovea::cli {

// Runs `job` with progress under the verb's name and tells its report, as
// text or as a document of the verb. The exit code.
absl::StatusOr<int> TellSeriesFile(
    const Context& context, const std::string& verb, const std::string& input,
    const std::string& output,
    const std::function<
        absl::StatusOr<SeriesFileReport>(const SeriesProgress& progress)>& job);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_SERIES_FILE_TEXT_H_
