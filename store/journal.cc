// SPDX-License-Identifier: GPL-2.0-or-later
//
// Encodes and decodes journals. The decoder is handed bytes whose checksum
// agreed, and still checks each count and length before it allocates.

#include "store/journal.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "store/internal/byte_coding.h"
#include "store/limits.h"
#include "store/planted_bug.h"

namespace fovea {
namespace {

// Journals without ranges keep the first version, so that the releases that
// knew no ranges read them.
constexpr uint8_t kVersion = 1;
constexpr uint8_t kVersionWithRanges = 2;
constexpr uint8_t kDelete = 0;
constexpr uint8_t kPut = 1;
constexpr uint8_t kDeleteRange = 2;
constexpr size_t kHeadBytes =
    sizeof(uint8_t) + sizeof(uint64_t) + sizeof(uint32_t);
constexpr size_t kSmallestRow = sizeof(uint8_t) /* family */ +
                                sizeof(uint8_t) /* kind */ +
                                sizeof(uint32_t) /* key length */;

void EncodeText(std::string* out, const std::string& text) {
  PutLittle(out, static_cast<uint32_t>(text.size()));
  out->append(text);
}

bool DecodeText(ByteReader* in, uint64_t longest, std::string* text) {
  const uint32_t length = in->Little<uint32_t>();
  if (length > longest) return false;
  *text = TextOf(in->Bytes(length));
  return in->ok();
}

uint8_t KindOf(const RowChange& row) {
  if (row.is_range()) return kDeleteRange;
  return row.value.has_value() ? kPut : kDelete;
}

bool HasRanges(const Journal& journal) {
  return std::ranges::any_of(journal.rows, &RowChange::is_range);
}

bool DecodeRow(ByteReader* in, uint8_t last_kind, RowChange* row) {
  const uint8_t family = in->Little<uint8_t>();
  const uint8_t kind = in->Little<uint8_t>();
  if (!in->ok() || family >= kFamilyCount || kind > last_kind) return false;
  row->family = static_cast<Family>(family);
  if (!DecodeText(in, kStoreLimits.key_bytes, &row->key)) return false;
  if (kind == kDelete) return true;
  if (kind == kDeleteRange) {
    return DecodeText(in, kStoreLimits.key_bytes, &row->range_end) &&
           row->key < row->range_end;
  }
  return DecodeText(in, kStoreLimits.value_bytes, &row->value.emplace());
}

absl::Status Malformed(size_t at, const std::string& what) {
  return absl::DataLossError(absl::StrCat("journal byte ", at, ": ", what));
}

// Payloads are under a checksum: a family nobody knows is no damage.
absl::Status UnreadableRow(size_t at, uint32_t row, uint32_t count,
                           std::span<const uint8_t> payload) {
  const std::string name = absl::StrCat("row ", row, " of ", count);
  if (at < payload.size() && payload[at] >= kFamilyCount) {
    return absl::FailedPreconditionError(
        absl::StrCat("journal byte ", at, ": ", name, " is of family ",
                     static_cast<int>(payload[at]), "; this build knows 0 to ",
                     kFamilyCount - 1, "; use a newer fovea"));
  }
  return Malformed(at, name + " is malformed");
}

}  // namespace

uint64_t JournalBytes(const std::vector<RowChange>& rows) {
  uint64_t bytes = kHeadBytes;
  for (const RowChange& row : rows) {
    bytes += kSmallestRow + row.key.size();
    if (row.value.has_value()) bytes += sizeof(uint32_t) + row.value->size();
    if (row.is_range()) bytes += sizeof(uint32_t) + row.range_end.size();
  }
  return bytes;
}

std::string EncodeJournal(const Journal& journal) {
  std::string out;
  out.reserve(static_cast<size_t>(JournalBytes(journal.rows)));
  PutLittle(&out, HasRanges(journal) ? kVersionWithRanges : kVersion);
  PutLittle(&out, journal.sequence);
  PutLittle(&out, static_cast<uint32_t>(journal.rows.size()));
  for (const RowChange& row : journal.rows) {
    PutLittle(&out, static_cast<uint8_t>(row.family));
    PutLittle(&out, KindOf(row));
    EncodeText(&out, row.key);
    if (row.value.has_value()) EncodeText(&out, *row.value);
    if (row.is_range()) EncodeText(&out, row.range_end);
  }
  return out;
}

absl::StatusOr<Journal> DecodeJournal(std::span<const uint8_t> payload) {
  ByteReader in(payload);
  const uint8_t version = in.Little<uint8_t>();
  if (!in.ok() || version < kVersion || version > kVersionWithRanges) {
    return Malformed(0, absl::StrCat("expected version ", kVersion, " or ",
                                     kVersionWithRanges));
  }
  const uint8_t last_kind = version == kVersion ? kPut : kDeleteRange;
  Journal journal;
  journal.sequence = in.Little<uint64_t>();
  const uint32_t count = in.Little<uint32_t>();
  const bool fits = count <= in.remaining() / kSmallestRow ||
                    IsPlanted(PlantedBug::kTrustCount);
  if (!in.ok() || !fits) {
    return Malformed(
        sizeof(uint8_t) + sizeof(uint64_t),
        absl::StrCat(count, " rows do not fit in ", in.remaining(), " bytes"));
  }
  journal.rows.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    const size_t at = payload.size() - in.remaining();
    if (!DecodeRow(&in, last_kind, &journal.rows[i])) {
      return UnreadableRow(at, i, count, payload);
    }
  }
  if (!in.at_end()) {
    return Malformed(payload.size() - in.remaining(),
                     "bytes after the last row");
  }
  return journal;
}

}  // namespace fovea
