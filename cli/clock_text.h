// SPDX-License-Identifier: GPL-2.0-or-later
//
// Says how the clock of a device runs.

#ifndef FOVEA_CLI_CLOCK_TEXT_H_
#define FOVEA_CLI_CLOCK_TEXT_H_

#include <string>

#include "api/stream_clock.h"
#include "cli/report_json.h"

namespace fovea::cli {

// "+3.2 ms, +42.0 ppm, within 12 us", of the map's first point and on.
std::string ClockText(const ClockMap& clock);

std::string ClockTable(const ClockMap& clock, bool color);
std::string ClockCsv(const ClockMap& clock);
Json ClockJson(const ClockMap& clock);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_CLOCK_TEXT_H_
