// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/timeline.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace fovea {
namespace {

bool BeginsBefore(const TimeSpan& a, const TimeSpan& b) {
  return a.begin_ns < b.begin_ns;
}

// Appends a span that begins no earlier than all before it.
void AppendTo(std::vector<TimeSpan>* runs, const TimeSpan& span) {
  if (span.empty()) return;
  if (runs->empty() || runs->back().end_ns < span.begin_ns) {
    runs->push_back(span);
  } else {
    runs->back().end_ns = std::max(runs->back().end_ns, span.end_ns);
  }
}

}  // namespace

int64_t SaturatedSum(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? INT64_MIN : INT64_MAX;
}

int64_t TimeSpan::length_ns() const {
  if (empty()) return 0;
  int64_t length = 0;
  return __builtin_sub_overflow(end_ns, begin_ns, &length) ? INT64_MAX : length;
}

TimeSpan TimeSpan::operator&(const TimeSpan& other) const {
  return {std::max(begin_ns, other.begin_ns), std::min(end_ns, other.end_ns)};
}

TimeSpan TimeSpan::Widened(int64_t before_ns, int64_t after_ns) const {
  return {SaturatedSum(begin_ns, -before_ns), SaturatedSum(end_ns, after_ns)};
}

Timeline::Timeline(std::vector<TimeSpan> spans) {
  if (!std::ranges::is_sorted(spans, BeginsBefore)) {
    std::ranges::sort(spans, BeginsBefore);
  }
  for (const TimeSpan& span : spans) AppendTo(&runs_, span);
}

bool Timeline::Contains(int64_t time_ns) const {
  const auto run = FirstEndingAfter(time_ns);
  return run != runs().end() && run->begin_ns <= time_ns;
}

TimeSpan Timeline::Hull() const {
  if (empty()) return {};
  return {runs_.front().begin_ns, runs_.back().end_ns};
}

int64_t Timeline::total_ns() const {
  int64_t total = 0;
  for (const TimeSpan& run : runs_) {
    total = SaturatedSum(total, run.length_ns());
  }
  return total;
}

std::span<const TimeSpan>::iterator Timeline::FirstEndingAfter(
    int64_t time_ns) const {
  return std::ranges::upper_bound(runs(), time_ns, {}, &TimeSpan::end_ns);
}

Timeline Timeline::operator|(const Timeline& other) const {
  std::vector<TimeSpan> spans(runs_.size() + other.runs_.size());
  std::ranges::merge(runs_, other.runs_, spans.begin(), BeginsBefore);
  return Timeline(std::move(spans));
}

Timeline Timeline::operator&(const Timeline& other) const {
  Timeline both;
  auto a = runs_.begin();
  auto b = other.runs_.begin();
  while (a != runs_.end() && b != other.runs_.end()) {
    AppendTo(&both.runs_, *a & *b);
    if (a->end_ns < b->end_ns) {
      ++a;
    } else {
      ++b;
    }
  }
  return both;
}

Timeline Timeline::operator-(const Timeline& other) const {
  Timeline left;
  auto b = other.runs_.begin();
  for (TimeSpan run : runs_) {
    while (b != other.runs_.end() && b->end_ns <= run.begin_ns) ++b;
    for (; b != other.runs_.end() && b->begin_ns < run.end_ns; ++b) {
      AppendTo(&left.runs_, {run.begin_ns, b->begin_ns});
      run.begin_ns = b->end_ns;
      if (b->end_ns >= run.end_ns) break;
    }
    AppendTo(&left.runs_, run);
  }
  return left;
}

Timeline Timeline::Within(const TimeSpan& span) const {
  Timeline inside;
  for (auto run = FirstEndingAfter(span.begin_ns);
       run != runs().end() && run->begin_ns < span.end_ns; ++run) {
    AppendTo(&inside.runs_, *run & span);
  }
  return inside;
}

Timeline Timeline::Lasting(int64_t least_ns) const {
  Timeline lasting;
  std::ranges::copy_if(
      runs_, std::back_inserter(lasting.runs_),
      [least_ns](const TimeSpan& run) { return run.length_ns() >= least_ns; });
  return lasting;
}

Timeline Timeline::Widened(int64_t before_ns, int64_t after_ns) const {
  Timeline wide;
  for (const TimeSpan& run : runs_) {
    AppendTo(&wide.runs_, run.Widened(before_ns, after_ns));
  }
  return wide;
}

Timeline Timeline::Closed(int64_t most_ns) const {
  Timeline closed;
  for (const TimeSpan& run : runs_) {
    auto& runs = closed.runs_;
    const bool near =
        !runs.empty() &&
        TimeSpan{runs.back().end_ns, run.begin_ns}.length_ns() <= most_ns;
    if (near) {
      runs.back().end_ns = run.end_ns;
    } else {
      runs.push_back(run);
    }
  }
  return closed;
}

Timeline WhereCount(std::vector<TimeSpan> spans, const Timeline& within,
                    absl::FunctionRef<bool(size_t count)> accepts) {
  std::vector<int64_t> begins(spans.size());
  std::vector<int64_t> ends(spans.size());
  std::ranges::transform(spans, begins.begin(), &TimeSpan::begin_ns);
  std::ranges::transform(spans, ends.begin(), &TimeSpan::end_ns);
  std::ranges::sort(begins);
  std::ranges::sort(ends);
  std::vector<TimeSpan> accepted;
  size_t begun = 0;
  size_t ended = 0;
  for (int64_t now = INT64_MIN; now < INT64_MAX;) {
    while (begun < begins.size() && begins[begun] <= now) ++begun;
    while (ended < ends.size() && ends[ended] <= now) ++ended;
    int64_t next = INT64_MAX;
    if (begun < begins.size()) next = begins[begun];
    if (ended < ends.size()) next = std::min(next, ends[ended]);
    if (accepts(begun - ended)) AppendTo(&accepted, {now, next});
    now = next;
  }
  return Timeline(std::move(accepted)) & within;
}

}  // namespace fovea
