// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/observation_cut.h"

#include <algorithm>

namespace fovea {
namespace {

// A box's score has 255 for 1, an observation's 65535.
constexpr uint16_t kScorePerBoxScore = UINT16_MAX / UINT8_MAX;

void SetScores(Observation* part) {
  part->mean_score = 0;
  part->max_score = 0;
  if (part->boxes.empty()) return;
  uint64_t sum = 0;
  uint8_t most = 0;
  for (const ObservedBox& box : part->boxes) {
    sum += box.score;
    most = std::max(most, box.score);
  }
  part->max_score = static_cast<uint16_t>(most * kScorePerBoxScore);
  part->mean_score =
      static_cast<uint16_t>(sum * kScorePerBoxScore / part->boxes.size());
}

// Boxes know better than the spans around them.
void KeepBoxTimes(Observation* part) {
  if (part->boxes.empty()) return;
  part->start_ns = std::min(part->start_ns, part->boxes.front().time_ns);
  part->end_ns = std::max(part->end_ns, part->boxes.back().time_ns);
}

// Adds the part from `first` to `last`, between the two times, unless it
// lost all its boxes.
void AddPart(const Observation& whole, uint64_t first, uint64_t last,
             int64_t start_ns, int64_t end_ns,
             std::vector<Observation>* parts) {
  Observation part = whole;
  part.first_index = first;
  part.last_index = last;
  part.start_ns = std::clamp(start_ns, whole.start_ns, whole.end_ns);
  part.end_ns = std::clamp(end_ns, part.start_ns, whole.end_ns);
  part.attributes.clear();
  std::erase_if(part.boxes, [&](const ObservedBox& box) {
    return box.index < first || box.index > last;
  });
  if (part.boxes.empty() && !whole.boxes.empty()) return;
  KeepBoxTimes(&part);
  SetScores(&part);
  parts->push_back(std::move(part));
}

}  // namespace

bool TouchesTime(int64_t start_ns, int64_t end_ns, int64_t from_ns,
                 int64_t to_ns) {
  return start_ns < to_ns && (end_ns > from_ns || start_ns >= from_ns);
}

std::vector<IndexSpan> SpansTouching(std::span<const IndexSpan> held,
                                     int64_t from_ns, int64_t to_ns) {
  std::vector<IndexSpan> touching;
  const auto add = [&](const IndexSpan& span) {
    // Where a clock was set back, nobody knows when the gap was.
    const bool unknown = span.end_ns < span.start_ns;
    if (span.first_index < span.end_index &&
        (unknown || TouchesTime(span.start_ns, span.end_ns, from_ns, to_ns))) {
      touching.push_back(span);
    }
  };
  IndexSpan gap;
  gap.start_ns = INT64_MIN;
  for (const IndexSpan& span : held) {
    gap.end_index = span.first_index;
    gap.end_ns = span.start_ns;
    add(gap);
    add(span);
    gap.first_index = span.end_index;
    gap.start_ns = span.end_ns;
  }
  gap.end_index = UINT64_MAX;
  gap.end_ns = INT64_MAX;
  add(gap);
  return touching;
}

std::vector<Observation> WithoutSpans(const Observation& observation,
                                      std::span<const IndexSpan> removed) {
  std::vector<Observation> parts;
  uint64_t first = observation.first_index;
  int64_t start_ns = observation.start_ns;
  bool touched = false;
  for (const IndexSpan& span : removed) {
    if (span.end_index <= first) continue;
    if (span.first_index > observation.last_index) break;
    touched = true;
    if (span.first_index > first) {
      // An observation holds at its end too, and not at the span's start.
      const int64_t end_ns = std::max(span.start_ns, INT64_MIN + 1) - 1;
      AddPart(observation, first, span.first_index - 1, start_ns, end_ns,
              &parts);
    }
    first = span.end_index;
    start_ns = span.end_ns;
    if (first > observation.last_index) return parts;
  }
  if (!touched) return {observation};
  AddPart(observation, first, observation.last_index, start_ns,
          observation.end_ns, &parts);
  return parts;
}

}  // namespace fovea
