// SPDX-License-Identifier: GPL-2.0-or-later
//
// What came of holding and reusing answers, for people and programs.

#ifndef FOVEA_CLI_REUSE_TEXT_H_
#define FOVEA_CLI_REUSE_TEXT_H_

#include <string>

#include "api/model_reuse.h"
#include "cli/report_json.h"

namespace fovea::cli {

Json ReuseJson(const ReuseReport& report);

// "run on 177 of 1,189 frames, 85.1 % saved" and what more there is to say, in
// lines. Offline there is no audit to tell of. `input` is what was asked about.
std::string ReuseText(const ReuseReport& report, bool offline = false,
                      const char* input = "frame");

}  // namespace fovea::cli

#endif  // FOVEA_CLI_REUSE_TEXT_H_
