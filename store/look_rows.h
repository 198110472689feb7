// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which frames of a stream a model has looked at ("m" stream, model), so
// that it need not look at them again.

#ifndef FOVEA_STORE_LOOK_ROWS_H_
#define FOVEA_STORE_LOOK_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/derived_rows.h"
#include "store/rows.h"

namespace fovea {

// Frames [first_index, end_index): of every `step` that follow each other
// the model has looked at one at least.
struct LookSpan {
  uint64_t first_index = 0;
  uint64_t end_index = 0;
  uint64_t step = 1;
  friend bool operator==(const LookSpan&, const LookSpan&) = default;
};

struct ModelLooks {
  // Of the model within the stream, from 1: its tracks are numbered by it.
  uint64_t number = 0;
  std::string name;  // of the model, for people
  // By index; apart from each other.
  std::vector<LookSpan> spans;
  friend bool operator==(const ModelLooks&, const ModelLooks&) = default;
};

std::string ModelLooksPrefix(StreamId stream);
std::string ModelLooksKey(StreamId stream, const ModelKey& model);
absl::StatusOr<ModelKey> ParseModelLooksKey(std::string_view key);

// Requires spans in order, none empty, no step of 0, at most
// kRowLimits.max_look_spans; a name too long is cut.
std::string EncodeModelLooks(const ModelLooks& looks);
absl::StatusOr<ModelLooks> DecodeModelLooks(std::string_view value);

}  // namespace fovea

#endif  // FOVEA_STORE_LOOK_ROWS_H_
