// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sensitivities of a series as people and programs read of them.

#ifndef FOVEA_CLI_SERIES_PROFILE_TEXT_H_
#define FOVEA_CLI_SERIES_PROFILE_TEXT_H_

#include <string>

#include "api/profile_series.h"
#include "cli/report_json.h"

namespace fovea::cli {

Json SeriesProfileJson(const std::string& input,
                       const ProfileSeriesReport& report);

// What was read, then per model its bands by its channels.
std::string SeriesProfileText(const ProfileSeriesReport& report, bool color);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_SERIES_PROFILE_TEXT_H_
