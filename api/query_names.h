// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a store has what a query names.

#ifndef FOVEA_API_QUERY_NAMES_H_
#define FOVEA_API_QUERY_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/store_facts.h"
#include "index/query.h"
#include "store/store_reader.h"

namespace fovea {

// kNotFound, with the nearest name: a stream that is named without * and ?,
// or a label or channel that no stream has where one is spelt almost so.
// kInvalidArgument: pixels outside the picture of a stream asked. Else notes:
// labels never observed, channels never recorded.
absl::StatusOr<std::vector<std::string>> CheckQueryNames(
    const Query& query, const StoreFacts& facts, StoreReader* store);

// Whether the query, or a part of it, names the label.
bool NamesLabel(const Query& query, const std::string& label);

}  // namespace fovea

#endif  // FOVEA_API_QUERY_NAMES_H_
