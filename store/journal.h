// SPDX-License-Identifier: GPL-2.0-or-later
//
// The payload of journal and snapshot records: row changes of one commit.
// Replaying journals in sequence order makes the catalogue.
//
//   1 version   8 sequence   4 row count   row*
//   row := 1 family   1 kind (0 delete, 1 put, 2 delete range)
//          4 key length   key
//          put: 4 value length   value
//          delete range: 4 end length   end

#ifndef FOVEA_STORE_JOURNAL_H_
#define FOVEA_STORE_JOURNAL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/chunk_store.h"

namespace fovea {

struct RowChange {
  Family family = Family::kMeta;
  std::string key;
  std::optional<std::string> value;  // none: delete
  // Not empty: deletes all rows from `key` on and before this one.
  std::string range_end = {};

  bool is_range() const { return !range_end.empty(); }

  friend bool operator==(const RowChange&, const RowChange&) = default;
};

struct Journal {
  uint64_t sequence = 0;
  std::vector<RowChange> rows;
};

std::string EncodeJournal(const Journal& journal);

// kDataLoss naming the byte at which the payload stops making sense;
// kFailedPrecondition: a row of a family that a newer release brought.
absl::StatusOr<Journal> DecodeJournal(std::span<const uint8_t> payload);

// Bytes EncodeJournal() will make of these rows.
uint64_t JournalBytes(const std::vector<RowChange>& rows);

}  // namespace fovea

#endif  // FOVEA_STORE_JOURNAL_H_
