// SPDX-License-Identifier: GPL-2.0-or-later
//
// References are sorted by chunk, so one pass sees all owners of each.

#include "api/stream_space.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/chunk_id.h"
#include "store/owner.h"

namespace fovea {
namespace {

constexpr size_t kIdBytes = sizeof(ChunkId::bytes);

class Owners {
 public:
  explicit Owners(StoreReader* store) : store_(store) {}

  absl::Status Add(std::string_view ref_key) {
    const std::string_view chunk = ref_key.substr(0, kIdBytes);
    if (chunk != chunk_) {
      if (absl::Status s = Settle(); !s.ok()) return s;
      chunk_ = std::string(chunk);
    }
    owners_.emplace_back(ref_key.substr(chunk.size()));
    return absl::OkStatus();
  }

  // Divides the chunk's bytes among the streams that hold it.
  absl::Status Settle() {
    std::set<StreamId> streams;
    uint64_t bytes = 0;
    for (const std::string& owner : owners_) {
      const auto parsed = ParseOwner(owner);
      if (!parsed.has_value()) continue;
      const auto held = BytesHeld(parsed->family, owner);
      if (!held.ok()) return held.status();
      if (*held == 0) continue;
      bytes = *held;
      streams.insert(parsed->stream);
    }
    owners_.clear();
    for (const StreamId stream : streams) {
      StreamSpace& space = spaces_[stream];
      if (streams.size() == 1) {
        space.own += bytes;
      } else {
        space.shared += bytes / streams.size();
      }
    }
    return absl::OkStatus();
  }

  std::map<StreamId, StreamSpace>& spaces() { return spaces_; }

 private:
  // 0: the owner's row is gone or names another chunk.
  absl::StatusOr<uint64_t> BytesHeld(Family family, const std::string& owner) {
    const absl::StatusOr<std::string> value = store_->Get(family, owner);
    if (absl::IsNotFound(value.status())) return uint64_t{0};
    if (!value.ok()) return value.status();
    ChunkId id;
    std::copy(chunk_.begin(), chunk_.end(), id.bytes.begin());
    if (!RowNames(family, *value, id)) return uint64_t{0};
    if (family == Family::kGop) {
      const absl::StatusOr<GopRow> row = DecodeGopRow(*value);
      if (!row.ok()) return row.status();
      return row->size;
    }
    const absl::StatusOr<BlockRow> row = DecodeBlockRow(*value);
    if (!row.ok()) return row.status();
    return row->chunk_bytes;
  }

  StoreReader* const store_;
  std::string chunk_;
  std::vector<std::string> owners_;
  std::map<StreamId, StreamSpace> spaces_;
};

// Adds what lies in rows itself, and what all of it would take alone.
absl::Status AddRows(StoreReader* store,
                     std::map<StreamId, StreamSpace>* spaces) {
  absl::Status bad;
  absl::Status scanned = store->Scan(
      Family::kGop, "", "", [&](std::string_view key, std::string_view value) {
        const absl::StatusOr<GopKeyParts> parts = ParseGopKey(key);
        const absl::StatusOr<GopRow> row = DecodeGopRow(value);
        bad.Update(parts.status());
        bad.Update(row.status());
        if (bad.ok()) (*spaces)[parts->stream].logical += row->size;
        return bad.ok();
      });
  if (!scanned.ok()) return scanned;
  if (!bad.ok()) return bad;
  scanned = store->Scan(
      Family::kBlock, "", "",
      [&](std::string_view key, std::string_view value) {
        const absl::StatusOr<BlockKeyParts> parts = ParseBlockKey(key);
        const absl::StatusOr<BlockRow> row = DecodeBlockRow(value);
        bad.Update(parts.status());
        bad.Update(row.status());
        if (!bad.ok()) return false;
        StreamSpace& space = (*spaces)[parts->stream];
        space.logical += row->size();
        space.own += row->bytes.size();
        return true;
      });
  return scanned.ok() ? bad : scanned;
}

}  // namespace

absl::StatusOr<std::map<StreamId, StreamSpace>> MeasureStreams(
    StoreReader* store) {
  Owners owners(store);
  absl::Status failed;
  const absl::Status scanned = store->Scan(
      Family::kRef, "", "", [&](std::string_view key, std::string_view) {
        failed = owners.Add(key);
        return failed.ok();
      });
  if (!scanned.ok()) return scanned;
  if (!failed.ok()) return failed;
  if (absl::Status s = owners.Settle(); !s.ok()) return s;
  if (absl::Status s = AddRows(store, &owners.spaces()); !s.ok()) return s;
  return std::move(owners.spaces());
}

}  // namespace fovea
