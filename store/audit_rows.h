// SPDX-License-Identifier: GPL-2.0-or-later
//
// How far the audit of a model's held and reused answers about a stream has
// come ("a" stream, model, kind of input), so that it goes on where it was.

#ifndef FOVEA_STORE_AUDIT_ROWS_H_
#define FOVEA_STORE_AUDIT_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/derived_rows.h"
#include "store/rows.h"

namespace fovea {

struct AuditRow {
  // What was asked for. A state answers for this alone.
  double max_error = 0, confidence = 0;
  uint64_t seed = 0;
  uint8_t loss = 0;
  uint64_t gate = 0;           // what measured the risks; opaque here
  uint64_t before = 0;         // audits that were begun before this one
  std::vector<uint8_t> state;  // of who audits; opaque here
  friend bool operator==(const AuditRow&, const AuditRow&) = default;
};

std::string AuditPrefix(StreamId stream);
std::string AuditKey(StreamId stream, const ModelKey& model, uint8_t kind);

std::string EncodeAuditRow(const AuditRow& row);
// kDataLoss; kFailedPrecondition: of a newer release.
absl::StatusOr<AuditRow> DecodeAuditRow(std::string_view value);

}  // namespace fovea

#endif  // FOVEA_STORE_AUDIT_ROWS_H_
