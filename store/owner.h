// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who owns a chunk: the key of the row that names it. An owner whose row is
// gone holds its chunk for nobody: a leak, which a scrub mends.

#ifndef FOVEA_STORE_OWNER_H_
#define FOVEA_STORE_OWNER_H_

#include <functional>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "store/family.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

struct OwnerRow {
  Family family = Family::kGop;  // or kBlock
  StreamId stream = 0;
};

// None when `owner` is no key of a gop or block row: it answers for itself.
std::optional<OwnerRow> ParseOwner(std::string_view owner);

// True when a row of `family` with `value` names chunk `id`; a row that cannot
// be read may.
bool RowNames(Family family, std::string_view value, const ChunkId& id);

// Calls `visit` for who owns chunk `id`, by key, until it returns false. Leaks
// among them: whether the row is there is not looked up.
absl::Status VisitOwners(
    StoreReader* store, const ChunkId& id,
    const std::function<bool(std::string_view owner)>& visit);

}  // namespace fovea

#endif  // FOVEA_STORE_OWNER_H_
