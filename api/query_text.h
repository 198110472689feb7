// SPDX-License-Identifier: GPL-2.0-or-later
//
// Queries as people write them: "person score >= 0.5 in box(0, 0, 50%, 100%)
// for 2s among front from 10s". docs/QUERY.md has the grammar and says what
// each part means.

#ifndef FOVEA_API_QUERY_TEXT_H_
#define FOVEA_API_QUERY_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "index/query.h"

namespace fovea {

// Where a text is wrong.
struct QueryFault {
  size_t offset = 0;  // bytes before it
  // Both from 1; columns are characters.
  int line = 1;
  int column = 1;
};

// The query `text` says, checked as CheckQuery() does. kInvalidArgument is
// one line that begins with the place: "query:1:17: expected a duration such
// as 10s after 'for', found ')'"; *fault, where not null, has it too. Text
// beyond kQueryLimits.text_bytes is refused unread. Thread-safe, as all
// below.
absl::StatusOr<Query> ParseQueryText(std::string_view text,
                                     QueryFault* fault = nullptr);

// The line of the fault and a caret below the character, for terminals:
//   (person for )
//               ^
// Long lines are cut to what is near. Every character counts as one column
// wide.
std::string PointAt(std::string_view text, const QueryFault& fault);

// The one text of the query, on one line, without needless parentheses or
// clauses. ParseQueryText() reads the same query from it, where it is no
// longer than that reads. Requires CheckQuery().
std::string PrintQueryText(const Query& query);

}  // namespace fovea

#endif  // FOVEA_API_QUERY_TEXT_H_
