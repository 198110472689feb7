// SPDX-License-Identifier: GPL-2.0-or-later
//
// What frame tables say of frames, for people and for programs.

#ifndef FOVEA_CLI_FRAME_REPORT_H_
#define FOVEA_CLI_FRAME_REPORT_H_

#include <string>
#include <vector>

#include "api/frame_list.h"
#include "cli/report_json.h"

namespace fovea::cli {

// A row per frame under titles.
std::string ListedFrameTable(const std::vector<ListedFrame>& frames,
                             bool color);

Json ListedFrameJson(const ListedFrame& frame);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_FRAME_REPORT_H_
