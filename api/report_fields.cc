// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/report_fields.h"

#include <cmath>

namespace fovea {
namespace {

constexpr double kMostValue = 1e15;

}  // namespace

const nlohmann::json* FieldOf(const nlohmann::json& object,
                              const std::string& key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::optional<double> NumberOf(const nlohmann::json& object,
                               const std::string& key) {
  const nlohmann::json* field = FieldOf(object, key);
  if (field == nullptr || !field->is_number()) return std::nullopt;
  const auto value = field->get<double>();
  return std::fabs(value) <= kMostValue ? std::optional<double>(value)
                                        : std::nullopt;
}

std::string TextOf(const nlohmann::json& object, const std::string& key) {
  const nlohmann::json* field = FieldOf(object, key);
  return field != nullptr && field->is_string() ? field->get<std::string>()
                                                : std::string();
}

const nlohmann::json* ArrayOf(const nlohmann::json& object,
                              const std::string& key) {
  const nlohmann::json* field = FieldOf(object, key);
  return field != nullptr && field->is_array() ? field : nullptr;
}

}  // namespace fovea
