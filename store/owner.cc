// SPDX-License-Identifier: GPL-2.0-or-later
//
// Owners are told apart by their length.

#include "store/owner.h"

#include <string>

#include "store/internal/store_rows.h"

namespace fovea {

std::optional<OwnerRow> ParseOwner(std::string_view owner) {
  if (const auto gop = ParseGopKey(owner); gop.ok()) {
    return OwnerRow{Family::kGop, gop->stream};
  }
  if (const auto block = ParseBlockKey(owner); block.ok()) {
    return OwnerRow{Family::kBlock, block->stream};
  }
  return std::nullopt;
}

bool RowNames(Family family, std::string_view value, const ChunkId& id) {
  if (family == Family::kGop) {
    const absl::StatusOr<GopRow> row = DecodeGopRow(value);
    return !row.ok() || row->chunk == id;
  }
  const absl::StatusOr<BlockRow> row = DecodeBlockRow(value);
  return !row.ok() || (row->is_chunk && row->chunk == id);
}

absl::Status VisitOwners(
    StoreReader* store, const ChunkId& id,
    const std::function<bool(std::string_view owner)>& visit) {
  const std::string prefix = RefPrefix(id);
  return store->Scan(
      Family::kRef, prefix, "", [&](std::string_view key, std::string_view) {
        return key.starts_with(prefix) && visit(key.substr(prefix.size()));
      });
}

}  // namespace fovea
