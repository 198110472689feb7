// SPDX-License-Identifier: GPL-2.0-or-later
//
// What moves, for people and for programs.

#ifndef FOVEA_CLI_MOTION_TEXT_H_
#define FOVEA_CLI_MOTION_TEXT_H_

#include <string>

#include "api/frame_list.h"
#include "api/query_answer.h"
#include "cli/report_json.h"

namespace fovea::cli {

// Share of the picture that moves: "12.5 %", "most" where the camera moves or
// something fills the picture, "-" where motion was not looked for.
std::string MotionText(const FrameEntry& entry);

// null where motion was not looked for. `cells`: which of 4 x 4 parts of the
// picture something moves in, row by row.
Json MotionJson(const FrameEntry& entry);

// "377 frames by motion rows, 0 decoded".
std::string MotionSourcesText(const MotionSources& sources);
Json MotionSourcesJson(const MotionSources& sources);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_MOTION_TEXT_H_
