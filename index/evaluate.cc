// SPDX-License-Identifier: GPL-2.0-or-later
//
// A condition's parts are asked over windows as wide as the condition looks,
// and never outside of what is recorded. Every answer is cut to its window
// and to recorded time.

#include "index/evaluate.h"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "index/name_pattern.h"
#include "index/object_match.h"

namespace fovea {
namespace {

// Of one evaluation: what was recorded when, as far as it was asked.
class RecordedTimes {
 public:
  explicit RecordedTimes(QueryReader* reader) : reader_(reader) {}

  absl::StatusOr<Timeline> In(const QueryStream& stream, TimeSpan window,
                              int64_t reach) {
    auto found = known_.find(stream.id);
    if (found == known_.end() || !found->second.asked.Contains(window)) {
      const TimeSpan wide = window.Widened(reach, reach);
      auto held = reader_->Held(stream.id, wide);
      if (!held.ok()) return held.status();
      found = known_.insert_or_assign(stream.id, Known{wide, *std::move(held)})
                  .first;
    }
    return found->second.held.Within(window);
  }

 private:
  struct Known {
    TimeSpan asked;
    Timeline held;
  };
  QueryReader* reader_;
  std::map<StreamId, Known> known_;
};

// Evaluates in one stream.
class Evaluation {
 public:
  Evaluation(const QueryStream& stream, QueryReader* reader,
             RecordedTimes* recorded, std::vector<ScoredSpan>* scored)
      : stream_(stream),
        reader_(reader),
        recorded_(recorded),
        scored_(scored) {}

  absl::StatusOr<Timeline> Where(const Condition& condition, TimeSpan window) {
    auto held = recorded_->In(stream_, window, ReachOf(condition));
    if (!held.ok() || held->empty()) return held;
    // Nothing holds outside of this, whatever the condition.
    const TimeSpan needed = held->Hull();
    auto where =
        std::visit([&](const auto& what) { return Of(what, needed, *held); },
                   condition.what);
    if (!where.ok()) return where.status();
    return *where & *held;
  }

 private:
  // Instants of the window, or more, at which it holds. What was recorded in
  // the window is told.
  absl::StatusOr<Timeline> Of(const CountCondition& c, TimeSpan window,
                              const Timeline& held);
  absl::StatusOr<Timeline> Of(const SensorCondition& c, TimeSpan window,
                              const Timeline& held);
  absl::StatusOr<Timeline> Of(const Conjunction& c, TimeSpan window,
                              const Timeline& held);
  absl::StatusOr<Timeline> Of(const Disjunction& c, TimeSpan window,
                              const Timeline& held);
  absl::StatusOr<Timeline> Of(const Negation& c, TimeSpan window,
                              const Timeline& held);
  absl::StatusOr<Timeline> Of(const Lasting& c, TimeSpan window,
                              const Timeline& held);
  absl::StatusOr<Timeline> Of(const Sequence& c, TimeSpan window,
                              const Timeline& held);
  absl::StatusOr<Timeline> Of(const Elsewhere& c, TimeSpan window,
                              const Timeline& held);

  // Of parts that may fail to hold at an instant of the answer.
  Evaluation WithScoresAnywhere() const {
    Evaluation parts = *this;
    parts.scores_count_anywhere_ = scored_ != nullptr;
    return parts;
  }

  // Evaluates a part of whose objects no score counts.
  absl::StatusOr<Timeline> WhereUnscored(const QueryStream& stream,
                                         const Condition& part,
                                         TimeSpan window) {
    return Evaluation(stream, reader_, recorded_, nullptr).Where(part, window);
  }

  const QueryStream& stream_;
  QueryReader* reader_;
  RecordedTimes* recorded_;
  std::vector<ScoredSpan>* scored_;
  // Scores of objects count even where the part that asks for them does not
  // hold.
  bool scores_count_anywhere_ = false;
};

absl::StatusOr<Timeline> Evaluation::Of(const CountCondition& c,
                                        TimeSpan window, const Timeline& held) {
  const auto matches =
      MatchObject(c.object, stream_, window, BoxesOfLooks::kLeftOut, reader_);
  if (!matches.ok()) return matches.status();
  const bool scores =
      scored_ != nullptr && !Satisfies(0, c.comparison, c.count);
  std::vector<TimeSpan> spans;
  for (const ObjectMatch& match : *matches) {
    for (const Look& look : match.looks) {
      spans.push_back(look.span);
      if (scores) scored_->push_back({look.span, look.score});
    }
  }
  return WhereCount(std::move(spans), held, [&c](size_t count) {
    return Satisfies(count, c.comparison, c.count);
  });
}

absl::StatusOr<Timeline> Evaluation::Of(const SensorCondition& c,
                                        TimeSpan window, const Timeline&) {
  return reader_->WhereSensor(stream_.id, c, window);
}

absl::StatusOr<Timeline> Evaluation::Of(const Conjunction& c, TimeSpan window,
                                        const Timeline& held) {
  Timeline all = held;
  for (const Condition& part : c.parts) {
    const auto where = Where(part, window);
    if (!where.ok()) return where.status();
    all = all & *where;
    // What is left to ask need hold nowhere else, unless it scores there.
    if (scores_count_anywhere_) continue;
    if (all.empty()) break;
    window = all.Hull();
  }
  return all;
}

absl::StatusOr<Timeline> Evaluation::Of(const Disjunction& c, TimeSpan window,
                                        const Timeline&) {
  Evaluation parts = WithScoresAnywhere();
  Timeline any;
  for (const Condition& part : c.parts) {
    const auto where = parts.Where(part, window);
    if (!where.ok()) return where.status();
    any = any | *where;
  }
  return any;
}

absl::StatusOr<Timeline> Evaluation::Of(const Negation& c, TimeSpan window,
                                        const Timeline& held) {
  const auto where = WhereUnscored(stream_, c.part.front(), window);
  if (!where.ok()) return where.status();
  return held - *where;
}

absl::StatusOr<Timeline> Evaluation::Of(const Lasting& c, TimeSpan window,
                                        const Timeline&) {
  const auto where = Where(
      c.part.front(), window.Widened(c.least_length_ns, c.least_length_ns));
  if (!where.ok()) return where.status();
  return where->Lasting(c.least_length_ns);
}

absl::StatusOr<Timeline> Evaluation::Of(const Sequence& c, TimeSpan window,
                                        const Timeline&) {
  Evaluation parts = WithScoresAnywhere();
  // One instant before the window tells what begins with it.
  const auto second = parts.Where(c.parts[1], window.Widened(1, c.within_ns));
  if (!second.ok()) return second.status();
  if (second->empty() && !scores_count_anywhere_) return Timeline();
  const auto first =
      parts.Where(c.parts[0], window.Widened(c.within_ns, c.within_ns));
  if (!first.ok()) return first.status();
  std::vector<TimeSpan> spans;
  for (const TimeSpan& run : second->runs()) {
    const int64_t begin = run.begin_ns;
    if (begin < window.begin_ns) continue;
    const int64_t earliest = SaturatedSum(begin, -c.within_ns);
    const auto before = first->FirstEndingAfter(earliest);
    if (before == first->runs().end() || before->begin_ns >= begin) continue;
    spans.push_back({std::max(before->begin_ns, earliest), begin + 1});
  }
  return Timeline(std::move(spans));
}

absl::StatusOr<Timeline> Evaluation::Of(const Elsewhere& c, TimeSpan,
                                        const Timeline& held) {
  Timeline missing = held;
  for (const QueryStream& other : reader_->streams()) {
    if (missing.empty()) break;
    if (other.id == stream_.id || !MatchesPattern(c.stream, other.name)) {
      continue;
    }
    const auto where = WhereUnscored(other, c.part.front(), missing.Hull());
    if (!where.ok()) return where.status();
    missing = missing - *where;
  }
  return held - missing;
}

int64_t GreatestReach(const std::vector<Condition>& parts) {
  int64_t reach = 0;
  for (const Condition& part : parts) reach = std::max(reach, ReachOf(part));
  return reach;
}

struct ReachOfPart {
  int64_t operator()(const CountCondition& c) const {
    return ReachOf(c.object);
  }
  int64_t operator()(const SensorCondition&) const { return 0; }
  int64_t operator()(const Conjunction& c) const {
    return GreatestReach(c.parts);
  }
  int64_t operator()(const Disjunction& c) const {
    return GreatestReach(c.parts);
  }
  int64_t operator()(const Negation& c) const { return GreatestReach(c.part); }
  int64_t operator()(const Lasting& c) const {
    return SaturatedSum(GreatestReach(c.part), c.least_length_ns);
  }
  int64_t operator()(const Sequence& c) const {
    return SaturatedSum(GreatestReach(c.parts), c.within_ns);
  }
  int64_t operator()(const Elsewhere& c) const { return GreatestReach(c.part); }
};

}  // namespace

absl::StatusOr<Timeline> Evaluate(const Condition& condition,
                                  const QueryStream& stream, TimeSpan window,
                                  QueryReader* reader,
                                  std::vector<ScoredSpan>* scored) {
  reader->ForgetKept();
  RecordedTimes recorded(reader);
  return Evaluation(stream, reader, &recorded, scored).Where(condition, window);
}

int64_t ReachOf(const Condition& condition) {
  return std::visit(ReachOfPart(), condition.what);
}

bool Satisfies(uint64_t count, Comparison comparison, uint64_t wanted) {
  switch (comparison) {
    case Comparison::kLess:
      return count < wanted;
    case Comparison::kAtMost:
      return count <= wanted;
    case Comparison::kEqual:
      return count == wanted;
    case Comparison::kAtLeast:
      return count >= wanted;
    case Comparison::kGreater:
      return count > wanted;
  }
  return false;
}

}  // namespace fovea
