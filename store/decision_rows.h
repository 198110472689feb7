// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keys and values of `dec`: what was done about each input of a model, and why.
// Integers: what kinds and causes mean is filter/decision.h's. Values begin as
// those of store/derived_rows.h do.

#ifndef FOVEA_STORE_DECISION_ROWS_H_
#define FOVEA_STORE_DECISION_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/derived_rows.h"
#include "store/rows.h"

namespace fovea {

// Of the first decision in the row.
struct DecisionKeyParts {
  StreamId stream = 0;
  ModelKey model = {};
  uint8_t input_kind = 0;
  uint64_t index = 0;
  uint32_t region = 0;
  friend bool operator==(const DecisionKeyParts&,
                         const DecisionKeyParts&) = default;
};
std::string DecisionKey(const DecisionKeyParts& parts);
absl::StatusOr<DecisionKeyParts> ParseDecisionKey(std::string_view key);
// What the keys of one stream, model and kind of input begin with; and behind
// all of them.
std::string DecisionPrefix(StreamId stream, const ModelKey& model,
                           uint8_t input_kind);
std::string DecisionPrefixEnd(StreamId stream, const ModelKey& model,
                              uint8_t input_kind);

struct DecisionEntry {
  uint64_t index = 0;
  uint32_t region = 0;
  uint8_t kind = 0;   // below kDecisionKinds
  uint8_t cause = 0;  // likewise
  bool shadowed = false;
  bool wrong = false;
  uint64_t reference_stream = 0;
  uint64_t reference_index = 0;
  float distance = 0;
  float check_probability = 0;
  uint32_t threshold_version = 0;
  friend bool operator==(const DecisionEntry&, const DecisionEntry&) = default;
};
inline constexpr uint8_t kDecisionKinds = 16;

// Many decisions that follow each other: one row each would be mostly key.
struct DecisionRow {
  uint64_t epoch = 0;
  // 1 to kRowLimits.max_row_decisions, by rising index and region.
  std::vector<DecisionEntry> entries;
  friend bool operator==(const DecisionRow&, const DecisionRow&) = default;
};
// Requires entries as above. All numbers come back to the bit; between 1 and 2
// bytes a decision where a gate goes over a camera (tests/store).
std::string EncodeDecisionRow(const DecisionRow& row);
// kDataLoss also where the first entry is not the key's.
absl::StatusOr<DecisionRow> DecodeDecisionRow(const DecisionKeyParts& key,
                                              std::string_view value);

}  // namespace fovea

#endif  // FOVEA_STORE_DECISION_ROWS_H_
