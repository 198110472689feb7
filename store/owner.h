// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who owns a chunk: the key of the row that names it. An owner whose row is
// gone holds its chunk for nobody: a leak, which a scrub mends.

#ifndef FOVEA_STORE_OWNER_H_
#define FOVEA_STORE_OWNER_H_

#include <optional>
#include <string_view>

#include "store/family.h"
#include "store/rows.h"

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

}  // namespace fovea

#endif  // FOVEA_STORE_OWNER_H_
