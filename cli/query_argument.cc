// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/query_argument.h"

#include "absl/strings/strip.h"
#include "api/query_json.h"
#include "api/query_text.h"
#include "cli/terminal.h"

namespace fovea::cli {

absl::StatusOr<Query> ParseQueryArgument(const std::string& text) {
  if (absl::StripLeadingAsciiWhitespace(text).substr(0, 1) == "{") {
    return ParseQueryJson(text);
  }
  QueryFault fault;
  auto query = ParseQueryText(text, &fault);
  if (!query.ok()) WriteMessages(PointAt(text, fault));
  return query;
}

}  // namespace fovea::cli
