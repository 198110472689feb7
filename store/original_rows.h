// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows of `res` that are no results to be given again: what a model said of a
// picture as it came in, before it was coded, and how what was given about it
// later compares. Their keys are those of results with a kind of their own, so
// they go with their footage as these do. Numbers: what kinds, causes and
// losses mean is the business of who wrote them (api/original_answers.h).

#ifndef FOVEA_STORE_ORIGINAL_ROWS_H_
#define FOVEA_STORE_ORIGINAL_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/result_rows.h"

namespace fovea {

// Of the key; no kind of input.
inline constexpr uint8_t kOriginalKind = 128;

// What was given about the frame, held against what was said of the original.
struct GivenLater {
  uint8_t kind = 0;  // of the decision
  uint8_t cause = 0;
  bool ran = false;     // the model was run for it
  bool coded = false;   // on the picture as it is stored
  bool judged = false;  // there was an answer to compare
  uint8_t wrong = 0;    // a bit for each loss by which it differs
  friend bool operator==(const GivenLater&, const GivenLater&) = default;
};

struct OriginalRow {
  uint64_t epoch = 0;
  double share = 0;  // of the coin that chose the frame, above 0 to 1
  uint64_t seed = 0;
  std::string answer;
  std::optional<GivenLater> given;  // not set: nothing yet
  friend bool operator==(const OriginalRow&, const OriginalRow&) = default;
};

std::string OriginalKey(const ModelKey& model, StreamId stream, uint64_t index);

// kInvalidArgument: a share out of range, an answer beyond kRowLimits.
absl::Status CheckOriginalRow(const OriginalRow& row);
// Requires a row that passes it.
std::string EncodeOriginalRow(const OriginalRow& row);
// kDataLoss; kFailedPrecondition: of a newer release.
absl::StatusOr<OriginalRow> DecodeOriginalRow(std::string_view value);

}  // namespace fovea

#endif  // FOVEA_STORE_ORIGINAL_ROWS_H_
