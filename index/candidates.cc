// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/candidates.h"

#include <variant>

#include "index/evaluate.h"
#include "index/name_pattern.h"

namespace fovea {
namespace {

class CandidateSearch {
 public:
  CandidateSearch(const QueryStream& stream, QueryReader* reader)
      : stream_(stream), reader_(reader) {}

  absl::StatusOr<Timeline> In(const Condition& condition, TimeSpan window) {
    auto where = std::visit([&](const auto& c) { return Of(c, window); },
                            condition.what);
    if (!where.ok()) return where.status();
    return where->Within(window);
  }

 private:
  absl::StatusOr<Timeline> Of(const ObjectQuery& object, TimeSpan window) {
    auto may_hold = reader_->MayHold(stream_.id, object.labels, window);
    for (const Relation& relation : object.relations) {
      if (!may_hold.ok() || may_hold->empty()) break;
      const auto other = Of(relation.other, may_hold->Hull());
      if (!other.ok()) return other.status();
      *may_hold = *may_hold & *other;
    }
    return may_hold;
  }

  absl::StatusOr<Timeline> Of(const CountCondition& c, TimeSpan window) {
    if (Satisfies(0, c.comparison, c.count)) return Timeline::All();
    return Of(c.object, window);
  }

  absl::StatusOr<Timeline> Of(const Conjunction& c, TimeSpan window) {
    Timeline all({window});
    for (const Condition& part : c.parts) {
      if (all.empty()) break;
      const auto where = In(part, all.Hull());
      if (!where.ok()) return where.status();
      all = all & *where;
    }
    return all;
  }

  absl::StatusOr<Timeline> Of(const Disjunction& c, TimeSpan window) {
    Timeline any;
    for (const Condition& part : c.parts) {
      const auto where = In(part, window);
      if (!where.ok()) return where.status();
      any = any | *where;
    }
    return any;
  }

  absl::StatusOr<Timeline> Of(const Lasting& c, TimeSpan window) {
    return In(c.part.front(), window);
  }

  // No earlier than the first part, no later than the begin of the second.
  absl::StatusOr<Timeline> Of(const Sequence& c, TimeSpan window) {
    const auto second = In(c.parts[1], window.Widened(0, c.within_ns));
    if (!second.ok() || second->empty()) return second;
    const auto first = In(c.parts[0], window.Widened(c.within_ns, 0));
    if (!first.ok()) return first.status();
    return first->Widened(0, c.within_ns) & second->Widened(c.within_ns, 0);
  }

  absl::StatusOr<Timeline> Of(const Elsewhere& c, TimeSpan window) {
    Timeline missing({window});
    for (const QueryStream& other : reader_->streams()) {
      if (missing.empty()) break;
      if (other.id == stream_.id || !MatchesPattern(c.stream, other.name)) {
        continue;
      }
      const auto where =
          CandidateSearch(other, reader_).In(c.part.front(), missing.Hull());
      if (!where.ok()) return where.status();
      missing = missing - *where;
    }
    return Timeline({window}) - missing;
  }

  absl::StatusOr<Timeline> Of(const SensorCondition&, TimeSpan) {
    return Timeline::All();
  }

  absl::StatusOr<Timeline> Of(const Negation&, TimeSpan) {
    return Timeline::All();
  }

  const QueryStream& stream_;
  QueryReader* reader_;
};

}  // namespace

absl::StatusOr<Timeline> Candidates(const Condition& condition,
                                    const QueryStream& stream, TimeSpan window,
                                    QueryReader* reader) {
  return CandidateSearch(stream, reader).In(condition, window);
}

}  // namespace fovea
