// SPDX-License-Identifier: GPL-2.0-or-later
//
// Encodes the store's own rows. A value is its version byte and its fields,
// little-endian, and has exactly their size.

#include "store/internal/store_rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "store/internal/byte_coding.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kLastCommitVersion = 2;
constexpr size_t kIdBytes = sizeof(ChunkId::bytes);

absl::Status BadRow(const char* what) {
  return absl::DataLossError(
      absl::StrCat("catalogue: a ", what,
                   " row cannot be read; run `fovea doctor --rebuild`"));
}

std::string NewValue() { return std::string(1, kVersion); }

ChunkId TakeId(ByteReader* in) {
  ChunkId id;
  std::ranges::copy(in->Bytes(kIdBytes), id.bytes.begin());
  return id;
}

}  // namespace

std::string PlaceKey(const ChunkId& id) {
  return std::string(TextOf(id.bytes));
}

std::string EncodePlace(const ChunkPlace& place) {
  std::string value = NewValue();
  PutLittle(&value, place.segment);
  PutLittle(&value, place.offset);
  PutLittle(&value, place.length);
  PutLittle(&value, static_cast<uint32_t>(place.crc));
  PutLittle(&value, place.waiting_since);
  return value;
}

absl::StatusOr<ChunkPlace> DecodePlace(std::string_view value) {
  ByteReader in(value);
  const uint8_t version = in.Little<uint8_t>();
  ChunkPlace place;
  place.segment = in.Little<uint64_t>();
  place.offset = in.Little<uint64_t>();
  place.length = in.Little<uint64_t>();
  place.crc = Crc32c{in.Little<uint32_t>()};
  place.waiting_since = in.Little<uint64_t>();
  if (version != kVersion || !in.ok() || !in.at_end()) return BadRow("loc");
  return place;
}

absl::StatusOr<ChunkId> ParsePlaceKey(std::string_view key) {
  ByteReader in(key);
  const ChunkId id = TakeId(&in);
  if (!in.ok() || !in.at_end()) return BadRow("loc");
  return id;
}

std::string RefPrefix(const ChunkId& id) { return PlaceKey(id); }

std::string RefKey(const ChunkId& id, std::string_view owner) {
  return RefPrefix(id).append(owner);
}

absl::StatusOr<ChunkId> ChunkOfRefKey(std::string_view key) {
  ByteReader in(key);
  const ChunkId id = TakeId(&in);
  if (!in.ok()) return BadRow("ref");
  return id;
}

std::string WaitingKey(uint64_t epoch, const ChunkId& id) {
  std::string key;
  PutBig64(&key, epoch);
  PutBytes(&key, id.bytes);
  return key;
}

absl::StatusOr<WaitingKeyParts> ParseWaitingKey(std::string_view key) {
  ByteReader in(key);
  WaitingKeyParts parts;
  parts.epoch = in.Big64();
  parts.chunk = TakeId(&in);
  if (!in.ok() || !in.at_end()) return BadRow("gcq");
  return parts;
}

std::string SegmentKey(uint64_t id) {
  std::string key(kSegmentPrefix);
  PutBig64(&key, id);
  return key;
}

absl::StatusOr<uint64_t> ParseSegmentKey(std::string_view key) {
  ByteReader in(key);
  const bool named = TextOf(in.Bytes(kSegmentPrefix.size())) == kSegmentPrefix;
  const uint64_t id = in.Big64();
  if (!named || !in.ok() || !in.at_end()) return BadRow("segment");
  return id;
}

std::string EncodeSegmentState(const SegmentState& state) {
  std::string value = NewValue();
  PutLittle(&value, state.end);
  PutLittle(&value, state.last_journal);
  PutLittle(&value, state.journal_bytes);
  PutLittle(&value, static_cast<uint8_t>(state.retired));
  return value;
}

absl::StatusOr<SegmentState> DecodeSegmentState(std::string_view value) {
  ByteReader in(value);
  const uint8_t version = in.Little<uint8_t>();
  SegmentState state;
  state.end = in.Little<uint64_t>();
  state.last_journal = in.Little<uint64_t>();
  state.journal_bytes = in.Little<uint64_t>();
  state.retired = in.Little<uint8_t>() != 0;
  if (version != kVersion || !in.ok() || !in.at_end()) {
    return BadRow("segment");
  }
  return state;
}

std::string EncodeLastCommit(const LastCommit& commit) {
  std::string value;
  PutLittle(&value, kLastCommitVersion);
  PutLittle(&value, commit.sequence);
  PutLittle(&value, commit.segment);
  return value;
}

absl::StatusOr<LastCommit> DecodeLastCommit(std::string_view value) {
  ByteReader in(value);
  const uint8_t version = in.Little<uint8_t>();
  LastCommit commit;
  commit.sequence = in.Little<uint64_t>();
  if (version == kLastCommitVersion) commit.segment = in.Little<uint64_t>();
  if (version < kVersion || version > kLastCommitVersion || !in.ok() ||
      !in.at_end()) {
    return BadRow("sequence");
  }
  return commit;
}

std::string EncodeStoreId(const StoreId& id) {
  std::string value = NewValue();
  PutBytes(&value, id);
  return value;
}

}  // namespace fovea
