// SPDX-License-Identifier: GPL-2.0-or-later
//
// Models as people and programs read of them.

#ifndef FOVEA_CLI_MODEL_TEXT_H_
#define FOVEA_CLI_MODEL_TEXT_H_

#include <string>

#include "api/model_check.h"
#include "api/model_folder.h"
#include "cli/report_json.h"

namespace fovea::cli {

// 64 lower-case hexadecimal digits.
std::string DigestText(const ModelDigest& digest);

// "[1, 3, 352, 352]"; -1 is "any".
std::string ShapeText(const std::vector<int64_t>& shape);

Json ModelJson(const ModelFiles& files);
Json ModelCheckJson(const ModelCheck& check);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_MODEL_TEXT_H_
