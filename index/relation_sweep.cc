// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/relation_sweep.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace fovea {
namespace {

// Looks between two questions whether the query was stopped.
constexpr size_t kLooksBetweenStops = 1024;

bool Relates(Relation::Kind kind, const Look& a, const Look& b) {
  const auto twice_x = [](const Look& l) { return l.left + l.right; };
  const auto twice_y = [](const Look& l) { return l.top + l.bottom; };
  switch (kind) {
    case Relation::Kind::kLeftOf:
      return twice_x(a) < twice_x(b);
    case Relation::Kind::kRightOf:
      return twice_x(a) > twice_x(b);
    case Relation::Kind::kAbove:
      return twice_y(a) < twice_y(b);
    case Relation::Kind::kBelow:
      return twice_y(a) > twice_y(b);
    case Relation::Kind::kOverlaps:
      return std::max(a.left, b.left) < std::min(a.right, b.right) &&
             std::max(a.top, b.top) < std::min(a.bottom, b.bottom);
  }
  return false;
}

struct LookOfMatch {
  const Look* look;
  size_t match;
};

std::vector<LookOfMatch> ByBegin(std::span<const ObjectMatch> matches) {
  std::vector<LookOfMatch> looks;
  for (size_t i = 0; i < matches.size(); ++i) {
    for (const Look& look : matches[i].looks) {
      if (look.placed) looks.push_back({&look, i});
    }
  }
  std::ranges::sort(looks, {},
                    [](const LookOfMatch& l) { return l.look->span.begin_ns; });
  return looks;
}

class Sweep {
 public:
  Sweep(Relation::Kind kind, std::span<const ObjectMatch> subjects,
        std::span<const ObjectMatch> others)
      : kind_(kind),
        subjects_(subjects),
        others_(others),
        related_(subjects.size()) {}

  absl::Status Run(const QueryReader& reader) {
    const auto subjects = ByBegin(subjects_);
    const auto others = ByBegin(others_);
    auto subject = subjects.begin();
    auto other = others.begin();
    for (size_t n = 0; subject != subjects.end() || other != others.end();
         ++n) {
      if (n % kLooksBetweenStops == 0) {
        if (absl::Status s = reader.CheckStop(); !s.ok()) return s;
      }
      const bool subject_is_next =
          other == others.end() ||
          (subject != subjects.end() &&
           subject->look->span.begin_ns <= other->look->span.begin_ns);
      if (subject_is_next) {
        AddSubject(*subject++);
      } else {
        AddOther(*other++);
      }
    }
    return absl::OkStatus();
  }

  std::vector<Timeline> Take() {
    std::vector<Timeline> timelines;
    timelines.reserve(related_.size());
    for (auto& spans : related_) timelines.emplace_back(std::move(spans));
    return timelines;
  }

 private:
  void AddSubject(const LookOfMatch& subject) {
    const int64_t now = subject.look->span.begin_ns;
    std::erase_if(now_others_, [&](const LookOfMatch& other) {
      if (other.look->span.end_ns <= now) return true;
      if (!HasItsOther(subject)) Meet(subject, other, now);
      return false;
    });
    if (!HasItsOther(subject)) now_subjects_.push_back(subject);
  }

  void AddOther(const LookOfMatch& other) {
    const int64_t now = other.look->span.begin_ns;
    std::erase_if(now_subjects_, [&](const LookOfMatch& subject) {
      if (subject.look->span.end_ns <= now) return true;
      Meet(subject, other, now);
      return HasItsOther(subject);
    });
    now_others_.push_back(other);
  }

  // Both hold from `now`.
  void Meet(const LookOfMatch& subject, const LookOfMatch& other, int64_t now) {
    const int64_t end =
        std::min(subject.look->span.end_ns, other.look->span.end_ns);
    auto& spans = related_[subject.match];
    if (!spans.empty() && spans.back().end_ns >= end) return;
    if (!Relates(kind_, *subject.look, *other.look) ||
        subjects_[subject.match].name == others_[other.match].name) {
      return;
    }
    if (!spans.empty() && spans.back().end_ns >= now) {
      spans.back().end_ns = end;
    } else {
      spans.push_back({now, end});
    }
  }

  // From now to the end of this look.
  bool HasItsOther(const LookOfMatch& subject) const {
    const auto& spans = related_[subject.match];
    return !spans.empty() && spans.back().end_ns >= subject.look->span.end_ns;
  }

  const Relation::Kind kind_;
  const std::span<const ObjectMatch> subjects_;
  const std::span<const ObjectMatch> others_;
  std::vector<LookOfMatch> now_subjects_;  // that lack their other
  std::vector<LookOfMatch> now_others_;
  // Of each subject: begins never fall, as time does not.
  std::vector<std::vector<TimeSpan>> related_;
};

}  // namespace

absl::StatusOr<std::vector<Timeline>> WhereRelated(
    Relation::Kind kind, std::span<const ObjectMatch> subjects,
    std::span<const ObjectMatch> others, const QueryReader& reader) {
  Sweep sweep(kind, subjects, others);
  if (absl::Status s = sweep.Run(reader); !s.ok()) return s;
  return sweep.Take();
}

}  // namespace fovea
