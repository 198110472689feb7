// SPDX-License-Identifier: GPL-2.0-or-later
//
// What came of a run over one camera, for people and programs.

#ifndef FOVEA_CLI_RUN_TEXT_H_
#define FOVEA_CLI_RUN_TEXT_H_

#include <string>

#include "api/run_model.h"
#include "cli/report_json.h"

namespace fovea::cli {

// Puts the report into a document.
void AddRunReport(const RunOptions& options, const std::string& stream,
                  const RunReport& report, Json* json);

std::string RunText(const RunOptions& options, const RunReport& report,
                    bool color);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_RUN_TEXT_H_
