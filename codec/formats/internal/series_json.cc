// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers are read here and not by nlohmann's parser, which would make an
// integer of "-0" and lose its sign.

#include "codec/formats/internal/series_json.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/csv_parser.h"
#include "codec/formats/internal/markup_text.h"
#include "codec/formats/internal/utf8.h"

namespace fovea::codec_internal {
namespace {

constexpr size_t kMaxChannels = 64;
constexpr size_t kShownBytes = 40;
constexpr std::string_view kBlanks = " \t\r\n";

void SkipBlanks(std::string_view* text) {
  text->remove_prefix(std::min(text->find_first_not_of(kBlanks), text->size()));
}

bool Consume(char c, std::string_view* text) {
  SkipBlanks(text);
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

// A string with its quotes, as it is written; "" when none is there.
std::string_view TakeString(std::string_view* text) {
  SkipBlanks(text);
  if (text->empty() || text->front() != '"') return "";
  for (size_t i = 1; i < text->size(); ++i) {
    if ((*text)[i] == '\\') {
      ++i;
    } else if ((*text)[i] == '"') {
      const std::string_view taken = text->substr(0, i + 1);
      text->remove_prefix(i + 1);
      return taken;
    }
  }
  return "";
}

std::string_view TakeNumber(std::string_view* text) {
  SkipBlanks(text);
  const size_t end = std::min(text->find_first_of(",} \t\r\n"), text->size());
  const std::string_view taken = text->substr(0, end);
  text->remove_prefix(end);
  return taken;
}

std::string Expected(std::string_view what, std::string_view at) {
  return absl::StrCat("expected ", std::string(what), ", found '",
                      PrintableUtf8(at, kShownBytes), "'");
}

}  // namespace

absl::StatusOr<std::vector<Channel>> ReadSeriesSchema(std::string_view json) {
  const auto schema = nlohmann::ordered_json::parse(json, nullptr, false);
  const auto bad = absl::InvalidArgumentError(
      "its JSON Schema is not 1 to 64 properties of type number");
  if (!schema.is_object()) return bad;
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object() ||
      properties->empty() || properties->size() > kMaxChannels) {
    return bad;
  }
  std::vector<Channel> channels;
  for (const auto& [name, property] : properties->items()) {
    if (!property.is_object()) return bad;
    const auto type = property.find("type");
    if (type == property.end() || *type != "number") return bad;
    const auto unit = property.find("description");
    const bool has_unit = unit != property.end() && unit->is_string();
    channels.push_back({name, has_unit ? unit->get<std::string>() : ""});
  }
  return channels;
}

SeriesJson::SeriesJson(const std::vector<Channel>& channels) {
  for (size_t i = 0; i < channels.size(); ++i) {
    keys_.emplace(JsonText(channels[i].name), i);
  }
}

std::string SeriesJson::Read(std::string_view json,
                             std::vector<double>* row) const {
  row->assign(keys_.size(), std::numeric_limits<double>::quiet_NaN());
  if (!Consume('{', &json)) return Expected("'{'", json);
  bool more = !Consume('}', &json);
  while (more) {
    const std::string_view key = TakeString(&json);
    const auto found = keys_.find(key);
    if (found == keys_.end()) {
      return Expected("a channel of the schema", key.empty() ? json : key);
    }
    if (!Consume(':', &json)) return Expected("':'", json);
    const std::string_view text = TakeNumber(&json);
    const auto value = ParseNumber(text);
    if (!value && text != "null") return Expected("a number", text);
    if (value) (*row)[found->second] = *value;
    more = Consume(',', &json);
    if (!more && !Consume('}', &json)) return Expected("',' or '}'", json);
  }
  SkipBlanks(&json);
  return json.empty() ? "" : Expected("the end", json);
}

}  // namespace fovea::codec_internal
