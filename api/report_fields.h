// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fields of a JSON report that may be missing or of another kind.

#ifndef FOVEA_API_REPORT_FIELDS_H_
#define FOVEA_API_REPORT_FIELDS_H_

#include <optional>
#include <string>

#include "nlohmann/json.hpp"

namespace fovea {

// Null when `object` is no object or has no such field.
const nlohmann::json* FieldOf(const nlohmann::json& object,
                              const std::string& key);

// None for what is not a number of a size that can be drawn.
std::optional<double> NumberOf(const nlohmann::json& object,
                               const std::string& key);

// Empty for what is not text.
std::string TextOf(const nlohmann::json& object, const std::string& key);

// Null for what is not an array.
const nlohmann::json* ArrayOf(const nlohmann::json& object,
                              const std::string& key);

}  // namespace fovea

#endif  // FOVEA_API_REPORT_FIELDS_H_
