// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/index/footage_changes.h"

#include <algorithm>
#include <set>
#include <variant>

namespace fovea::testing {
namespace {

using Times = std::set<int64_t>;

void AddObserved(const Observation& o, Times* times) {
  times->insert({o.start_ns, o.end_ns + 1});
  for (const ObservedBox& box : o.boxes) times->insert(box.time_ns);
}

Times ChangesIn(const Footage& footage) {
  Times times;
  for (const FootageStream& s : footage.streams) {
    for (const TimeSpan& held : s.held) {
      times.insert({held.begin_ns, held.end_ns});
    }
    for (const Observation& o : s.observations) AddObserved(o, &times);
    for (const auto& [name, samples] : s.channels) {
      for (const FootageSample& sample : samples) {
        times.insert({sample.time_ns, sample.time_ns + 1});
      }
    }
  }
  return times;
}

// What holds from an instant of `a` up to and including one at which `b`
// begins, changes there, so long before, and right after.
void AddSequence(int64_t within_ns, Times* times) {
  const Times known = *times;
  for (const int64_t t : known) {
    if (t - within_ns > *known.begin()) times->insert(t - within_ns);
    if (t < *known.rbegin()) times->insert(t + 1);
  }
}

// Parts first: what holds of them makes the whole change.
void AddSequencesOf(const Condition& condition, Times* times) {
  const auto of_parts = [times](const std::vector<Condition>& parts) {
    for (const Condition& part : parts) AddSequencesOf(part, times);
  };
  if (const auto* c = std::get_if<Conjunction>(&condition.what)) {
    of_parts(c->parts);
  } else if (const auto* c = std::get_if<Disjunction>(&condition.what)) {
    of_parts(c->parts);
  } else if (const auto* c = std::get_if<Negation>(&condition.what)) {
    of_parts(c->part);
  } else if (const auto* c = std::get_if<Lasting>(&condition.what)) {
    of_parts(c->part);
  } else if (const auto* c = std::get_if<Elsewhere>(&condition.what)) {
    of_parts(c->part);
  } else if (const auto* c = std::get_if<Sequence>(&condition.what)) {
    of_parts(c->parts);
    AddSequence(c->within_ns, times);
  }
}

}  // namespace

std::vector<int64_t> ChangesOf(const Footage& footage, const Query& query) {
  Times times = ChangesIn(footage);
  if (times.empty()) times.insert(0);
  // One before all, so that what holds from the first change on begins there.
  const int64_t begin = *times.begin() - 1;
  const int64_t end = *times.rbegin() + 1;
  times.insert({begin, end});
  for (const int64_t t : {query.from_ns, query.to_ns}) {
    if (begin < t && t < end) times.insert(t);
  }
  AddSequencesOf(query.condition, &times);
  return {times.begin(), times.end()};
}

}  // namespace fovea::testing
