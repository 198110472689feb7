// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/query_text.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/internal/query_parser.h"
#include "index/query_check.h"
#include "index/utf8.h"

namespace fovea {
namespace {

// Characters of a line, each one column; a byte that is none of a character
// counts as one, and what would move a terminal's cursor is not shown.
std::vector<std::string> ColumnsOf(std::string_view line) {
  std::vector<std::string> columns;
  for (size_t at = 0; at < line.size();) {
    size_t bytes = 1;
    while (bytes < 4 && !IsUtf8(line.substr(at, bytes))) ++bytes;
    const std::string_view character = line.substr(at, bytes);
    const bool shown = IsUtf8(character) && character[0] != '\x7f' &&
                       (character.size() > 1 || character[0] >= ' ');
    columns.emplace_back(shown ? character : character == "\t" ? " " : "?");
    at += IsUtf8(character) ? bytes : 1;
  }
  return columns;
}

QueryFault FaultAt(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t line = before.rfind('\n') + 1;  // npos: 0
  QueryFault fault;
  fault.offset = offset;
  fault.line = 1 + static_cast<int>(std::ranges::count(before, '\n'));
  fault.column = 1 + static_cast<int>(ColumnsOf(before.substr(line)).size());
  return fault;
}

absl::Status Refuse(std::string_view text, size_t offset,
                    const std::string& why, QueryFault* fault) {
  const QueryFault place = FaultAt(text, offset);
  if (fault != nullptr) *fault = place;
  return absl::InvalidArgumentError(
      absl::StrCat("query:", place.line, ":", place.column, ": ", why));
}

}  // namespace

absl::StatusOr<Query> ParseQueryText(std::string_view text, QueryFault* fault) {
  if (text.size() > kQueryLimits.text_bytes) {
    return Refuse(text, 0,
                  absl::StrCat("expected at most ", kQueryLimits.text_bytes,
                               " bytes, found ", text.size()),
                  fault);
  }
  const size_t good = Utf8Prefix(text);
  if (good < text.size()) {
    return Refuse(text, good,
                  absl::StrCat("expected UTF-8, found byte ",
                               static_cast<uint8_t>(text[good])),
                  fault);
  }
  Query query;
  QueryParser parser(text);
  if (parser.Read(&query)) return query;
  return Refuse(text, parser.error_offset(), parser.error(), fault);
}

std::string PointAt(std::string_view text, const QueryFault& fault) {
  constexpr size_t kBefore = 50, kShown = 76;
  const size_t offset = std::min(fault.offset, text.size());
  const size_t begin = text.substr(0, offset).rfind('\n') + 1;  // npos: 0
  const std::string_view rest = text.substr(begin);
  const auto columns = ColumnsOf(rest.substr(0, rest.find_first_of("\r\n")));
  const size_t caret = ColumnsOf(text.substr(begin, offset - begin)).size();
  const size_t first = caret > kBefore ? caret - kBefore : 0;
  std::string shown = first > 0 ? "..." : "";
  const std::string margin(shown.size() + caret - first, ' ');
  for (size_t i = first; i < std::min(columns.size(), first + kShown); ++i) {
    shown += columns[i];
  }
  if (first + kShown < columns.size()) shown += "...";
  return absl::StrCat(shown, "\n", margin, "^");
}

}  // namespace fovea
