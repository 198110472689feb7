// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keys and values of `res`: what a model answered about an input, beside what
// tells how far another input is from it. Integers and bytes: what kinds, votes
// and answers mean is filter/result_store.h's. Values begin as those of
// store/derived_rows.h do. Keys whose kind is kOriginalKind hold other values
// (store/original_rows.h).

#ifndef FOVEA_STORE_RESULT_ROWS_H_
#define FOVEA_STORE_RESULT_ROWS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/derived_rows.h"
#include "store/rows.h"

namespace fovea {

// By model first, since that is how results are asked for.
struct ResultKeyParts {
  ModelKey model = {};
  StreamId stream = 0;  // 0: of another store; no stream has this id
  uint64_t index = 0;   // of stream 0 a running number
  uint8_t kind = 0;     // of input
  uint32_t region = 0;
  friend bool operator==(const ResultKeyParts&,
                         const ResultKeyParts&) = default;
};
std::string ResultKey(const ResultKeyParts& parts);
absl::StatusOr<ResultKeyParts> ParseResultKey(std::string_view key);
// What the keys of a model begin with; of one stream; from one index on.
std::string ResultPrefix(const ModelKey& model);
std::string ResultPrefix(const ModelKey& model, StreamId stream);
std::string ResultPrefix(const ModelKey& model, StreamId stream,
                         uint64_t index);
// Behind all keys of a model and before those of the next one.
std::string ResultPrefixEnd(const ModelKey& model);

// What an answer passed that was another model's (api/revalidation.h).
struct CarriedOver {
  ModelKey from = {};
  // At most this share of that model's answers differ, at this confidence.
  double most_differ = 0, confidence = 0;
  friend bool operator==(const CarriedOver&, const CarriedOver&) = default;
};

struct ResultRow {
  uint64_t epoch = 0;
  uint8_t fingerprint_version = 0;
  uint64_t coarse = 0;
  std::array<uint64_t, 4> fine = {};
  uint16_t columns = 0, rows = 0;
  std::vector<int8_t> cells;  // columns * rows
  uint64_t vote = 0;
  int64_t time_ns = 0;
  int64_t cost_ns = 0;
  uint32_t uses = 0;
  std::string answer;
  std::optional<CarriedOver> carried;  // not set: the model itself said it
  friend bool operator==(const ResultRow&, const ResultRow&) = default;
};
// kInvalidArgument: cells that are not columns * rows, or beyond kRowLimits;
// carried over with shares that are none.
absl::Status CheckResultRow(const ResultRow& row);
// Requires a row that passes it.
std::string EncodeResultRow(const ResultRow& row);
absl::StatusOr<ResultRow> DecodeResultRow(std::string_view value);

}  // namespace fovea

#endif  // FOVEA_STORE_RESULT_ROWS_H_
