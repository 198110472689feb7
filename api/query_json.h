// SPDX-License-Identifier: GPL-2.0-or-later
//
// Queries as programs write them. docs/QUERY.md has the keys:
//
//   {"find": {"and": [{"object": {"label": ["person"], "score": 0.5}},
//                     {"not": {"object": {"label": ["car"]}}}]},
//    "among": ["front"], "from": "10s", "limit": 10}

#ifndef FOVEA_API_QUERY_JSON_H_
#define FOVEA_API_QUERY_JSON_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "index/query.h"

namespace fovea {

// On one line; what is as left out is left out. ParseQueryJson() reads the
// same query from it, to the nanosecond and to the last bit of each number.
// Requires CheckQuery().
std::string QueryToJson(const Query& query);

// The query `json` says, checked as CheckQuery() does. kInvalidArgument
// names the place by its keys ("find.and[1].object: unknown key 'scor'; did
// you mean 'score'?"). Keys that it does not know, or that stand twice, are
// refused: a typing error never asks something else. Thread-safe.
absl::StatusOr<Query> ParseQueryJson(std::string_view json);

}  // namespace fovea

#endif  // FOVEA_API_QUERY_JSON_H_
