// SPDX-License-Identifier: GPL-2.0-or-later
//
// Marks among rows of the family sem: a stream's label that has packs says so
// under the least start, which no observation has, before all its rows.
// Readers who look for what holds at a time begin that much earlier; of labels
// without packs they read no more than an hour.
//
// A mark is never changed, and greater ones are added as spans grow, so that
// it does not matter in which order commits of several threads come. The
// family semx has the same marks, by label and span (index/presence.h).

#ifndef FOVEA_INDEX_SPAN_MARK_H_
#define FOVEA_INDEX_SPAN_MARK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "store/derived_rows.h"
#include "store/store_reader.h"

namespace fovea {

inline constexpr int64_t kMarkStart = INT64_MIN;

// What a mark says of packs whose observations begin up to `span_ns` apart:
// that, in whole hours.
uint64_t MarkedSpan(int64_t span_ns);

// Of the row that says so.
std::string SpanMarkKey(StreamId stream, std::string_view label,
                        uint64_t marked_span);
std::string SpanMarkValue();

// The greatest mark of a label; 0: there is none.
absl::StatusOr<uint64_t> GreatestMark(StoreReader* reader, StreamId stream,
                                      std::string_view label);

// The earliest start a row may have, but for marks, that holds an observation
// which begins at `start_ns`, or one which holds then. `marked_span` is the
// greatest mark.
int64_t EarliestHolder(int64_t start_ns, uint64_t marked_span);
int64_t EarliestStart(int64_t from_ns, uint64_t marked_span);

}  // namespace fovea

#endif  // FOVEA_INDEX_SPAN_MARK_H_
