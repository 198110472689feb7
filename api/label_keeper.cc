// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/label_keeper.h"

#include <algorithm>

#include "index/name_pattern.h"
#include "index/observation_reader.h"

namespace fovea {
namespace {

constexpr int64_t kDayNs = 86'400'000'000'000;

int64_t DayAfter(int64_t time_ns) {
  return time_ns > INT64_MAX - kDayNs ? INT64_MAX : time_ns + kDayNs;
}

}  // namespace

LabelKeeper::LabelKeeper(StoreReader* store, const RetentionPolicy& policy,
                         StreamId stream, const std::string& name)
    : store_(store), stream_(stream) {
  for (const RetentionPolicy::LabelRule& rule : policy.labels) {
    if (!MatchesPattern(rule.match, name)) continue;
    labels_.push_back({rule.label, rule.keep_ns});
  }
}

absl::StatusOr<bool> LabelKeeper::Keeps(int64_t start_ns, int64_t end_ns,
                                        int64_t age_ns) {
  end_ns = std::max(end_ns, start_ns + 1);
  for (Label& label : labels_) {
    if (age_ns >= label.keep_ns) continue;
    if (start_ns < label.from_ns || end_ns > label.to_ns) {
      const int64_t to_ns = std::max(end_ns, DayAfter(start_ns));
      if (absl::Status s = Load(start_ns, to_ns, &label); !s.ok()) return s;
    }
    const bool seen = std::ranges::any_of(label.spans, [&](const Span& span) {
      return span.start_ns < end_ns && span.end_ns >= start_ns;
    });
    if (seen) return true;
  }
  return false;
}

absl::Status LabelKeeper::Load(int64_t from_ns, int64_t to_ns, Label* label) {
  label->spans.clear();
  label->from_ns = from_ns;
  label->to_ns = to_ns;
  return VisitPacked(store_, {stream_, label->name, from_ns, to_ns},
                     [&](const ObservationPack& pack, size_t i) {
                       const Span seen = {pack[i].start_ns, pack[i].end_ns};
                       // Those in step are one: what counts is when, not how
                       // many.
                       if (label->spans.empty() ||
                           seen.start_ns > label->spans.back().end_ns) {
                         label->spans.push_back(seen);
                       } else {
                         label->spans.back().end_ns =
                             std::max(label->spans.back().end_ns, seen.end_ns);
                       }
                       return true;
                     });
}

}  // namespace fovea
