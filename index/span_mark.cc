// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/span_mark.h"

#include <algorithm>

#include "index/observation_pack.h"

namespace fovea {
namespace {

constexpr uint64_t kHourNs = 3'600'000'000'000;

// Not before the least time an observation may begin at.
int64_t Before(int64_t time_ns, int64_t ns) {
  constexpr int64_t kLeast = kMarkStart + 1;
  return time_ns < kLeast + ns ? kLeast : time_ns - ns;
}

}  // namespace

uint64_t MarkedSpan(int64_t span_ns) {
  return (static_cast<uint64_t>(span_ns) + kHourNs - 1) / kHourNs * kHourNs;
}

// The number stands where rows have their track.
std::string SpanMarkKey(StreamId stream, std::string_view label,
                        uint64_t marked_span) {
  return ObservationKey(stream, label, kMarkStart, marked_span);
}

std::string SpanMarkValue() { return EncodeObservationRow({0, ""}); }

absl::StatusOr<uint64_t> GreatestMark(StoreReader* reader, StreamId stream,
                                      std::string_view label) {
  const auto mark =
      reader->SeekBackward(Family::kSem, SpanMarkKey(stream, label, UINT64_MAX),
                           ObservationPrefix(stream, label, kMarkStart));
  if (absl::IsNotFound(mark.status())) return 0;
  if (!mark.ok()) return mark.status();
  const auto parts = ParseObservationKey(mark->key);
  if (!parts.ok()) return parts.status();
  return parts->track;
}

int64_t EarliestHolder(int64_t start_ns, uint64_t marked_span) {
  constexpr auto kMost = static_cast<uint64_t>(kPackLimits.max_span_ns);
  return Before(start_ns, static_cast<int64_t>(std::min(marked_span, kMost)));
}

int64_t EarliestStart(int64_t from_ns, uint64_t marked_span) {
  return Before(EarliestHolder(from_ns, marked_span),
                kObservationLimits.max_length_ns);
}

}  // namespace fovea
