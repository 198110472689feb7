// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is left to walk is one span: forward it loses its begin, backward its
// end. A clip that touches it may go on in it, so it is kept open until what
// is left begins (ends) elsewhere.

#include "index/stream_clips.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "index/candidates.h"

namespace fovea {
namespace {

// Candidates are searched for in one window, and while there are none in ever
// longer stretches: a month without any takes few questions, and where there
// are many, few are kept.
constexpr int64_t kMostSearchWindows = 256;
// A window is halved no further than to this part of what its condition
// reaches: what lies in the reach has to be read for any window.
constexpr int64_t kReachPerWindow = 4;

TimeSpan FirstOf(const TimeSpan& span, int64_t length_ns) {
  return span & TimeSpan{span.begin_ns, SaturatedSum(span.begin_ns, length_ns)};
}
TimeSpan LastOf(const TimeSpan& span, int64_t length_ns) {
  return span & TimeSpan{SaturatedSum(span.end_ns, -length_ns), span.end_ns};
}

int64_t Product(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

}  // namespace

StreamClips::StreamClips(const Query& query, const QueryStream& stream,
                         const StreamWalk& walk, QueryReader* reader)
    : query_(query),
      stream_(stream),
      walk_(walk),
      reader_(reader),
      left_({query.from_ns, query.to_ns}),
      window_ns_(walk.window_ns) {
  if (forward() && walk.begins.begin_ns > left_.begin_ns) {
    // The instant before tells which clip began earlier.
    left_.begin_ns = walk.begins.begin_ns - 1;
  } else if (!forward() && walk.begins.end_ns < left_.end_ns) {
    left_.end_ns = behind_walk_ = walk.begins.end_ns;
  }
}

std::optional<int64_t> StreamClips::bound() const {
  if (ready()) return ready_.front().span.begin_ns;
  if (open_.has_value()) return open_->span.begin_ns;
  if (left_.empty()) return std::nullopt;
  return forward() ? left_.begin_ns : left_.end_ns - 1;
}

Clip StreamClips::Take() {
  const Clip clip = ready_.front();
  ready_.pop_front();
  return clip;
}

absl::Status StreamClips::Advance() {
  if (!has_extent_) return ReadExtent();
  if (candidates_.empty()) return ReadCandidates();
  return EvaluateNextWindow();
}

absl::Status StreamClips::ReadExtent() {
  ++reader_->work().streams;
  const auto extent = reader_->Extent(stream_.id);
  if (!extent.ok()) return extent.status();
  left_ = left_ & *extent;
  has_extent_ = true;
  return absl::OkStatus();
}

// Of the next stretch. When it was recorded is asked of where something can
// match alone: a stream of months has millions of GOPs.
absl::Status StreamClips::ReadCandidates() {
  const int64_t length_ns = Product(walk_.window_ns, search_windows_);
  searched_ = forward() ? FirstOf(left_, length_ns) : LastOf(left_, length_ns);
  auto found = Candidates(query_.condition, stream_, searched_, reader_);
  if (!found.ok()) return found.status();
  candidates_ = *std::move(found);
  if (!candidates_.empty()) {
    const auto held = reader_->Held(stream_.id, candidates_.Hull());
    if (!held.ok()) return held.status();
    candidates_ = candidates_ & *held;
  }
  search_windows_ = candidates_.empty()
                        ? std::min(2 * search_windows_, kMostSearchWindows)
                        : 1;
  int64_t& skipped_ns = reader_->work().skipped_ns;
  skipped_ns =
      SaturatedSum(skipped_ns, searched_.length_ns() - candidates_.total_ns());
  SetDone({});
  return absl::OkStatus();
}

TimeSpan StreamClips::NextWindow() const {
  const TimeSpan hull = candidates_.Hull();
  return candidates_
      .Within(forward() ? FirstOf(hull, window_ns_) : LastOf(hull, window_ns_))
      .Hull();
}

absl::Status StreamClips::EvaluateNextWindow() {
  const TimeSpan window = NextWindow();
  std::vector<ScoredSpan> scored;
  const auto where =
      Evaluate(query_.condition, stream_, window, reader_, &scored);
  if (absl::IsResourceExhausted(where.status())) {
    const int64_t least_ns =
        std::max<int64_t>(ReachOf(query_.condition) / kReachPerWindow, 1);
    if (window.length_ns() > least_ns) {
      window_ns_ = std::max(window.length_ns() / 2, least_ns);
      return absl::OkStatus();
    }
    return absl::ResourceExhaustedError(absl::StrCat(
        "stream ", stream_.name, " from ", window.begin_ns, " to ",
        window.end_ns, " ns: ", std::string(where.status().message())));
  }
  if (!where.ok()) return where.status();
  ++reader_->work().windows;
  // Grows again, slowly: what was too much once may be again.
  window_ns_ =
      std::min(SaturatedSum(window_ns_, window_ns_ / 4 + 1), walk_.window_ns);
  const auto runs = where->runs();
  const auto scores = GreatestScores(runs, std::move(scored));
  std::vector<Clip> clips;
  for (size_t i = 0; i < runs.size(); ++i) {
    clips.push_back({stream_.id, runs[i], scores[i]});
  }
  const absl::Status added = AddRuns(std::move(clips));
  SetDone(window);
  return added;
}

absl::Status StreamClips::AddRuns(std::vector<Clip> runs) {
  if (!forward()) std::ranges::reverse(runs);
  for (const Clip& run : runs) {
    if (absl::Status s = AddRun(run); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status StreamClips::AddRun(const Clip& run) {
  const bool joins = open_.has_value() &&
                     (forward() ? open_->span.end_ns == run.span.begin_ns
                                : open_->span.begin_ns == run.span.end_ns);
  if (!joins) {
    Close();
    open_ = run;
    return run.span.end_ns == behind_walk_ ? ExtendBehindWalk()
                                           : absl::OkStatus();
  }
  if (forward()) {
    open_->span.end_ns = run.span.end_ns;
  } else {
    open_->span.begin_ns = run.span.begin_ns;
  }
  open_->score = std::max(open_->score, run.score);
  return absl::OkStatus();
}

// Walking backward began within the open clip: finds its end.
absl::Status StreamClips::ExtendBehindWalk() {
  Query behind = query_;
  behind.from_ns = behind_walk_;
  StreamWalk walk;
  walk.window_ns = walk_.window_ns;
  StreamClips rest(behind, stream_, walk, reader_);
  while (rest.bound() == behind_walk_ && !rest.ready()) {
    if (absl::Status s = rest.Advance(); !s.ok()) return s;
  }
  if (rest.bound() != behind_walk_) return absl::OkStatus();
  const Clip clip = rest.Take();
  open_->span.end_ns = clip.span.end_ns;
  open_->score = std::max(open_->score, clip.score);
  return absl::OkStatus();
}

// All up to and with `span`, and all without candidates next to it.
void StreamClips::SetDone(const TimeSpan& span) {
  if (!span.empty()) {
    candidates_ =
        candidates_.Within(forward() ? TimeSpan{span.end_ns, INT64_MAX}
                                     : TimeSpan{INT64_MIN, span.begin_ns});
  }
  if (forward()) {
    left_.begin_ns =
        candidates_.empty() ? searched_.end_ns : candidates_.Hull().begin_ns;
  } else {
    left_.end_ns =
        candidates_.empty() ? searched_.begin_ns : candidates_.Hull().end_ns;
  }
  const bool goes_on = open_.has_value() && !left_.empty() &&
                       (forward() ? open_->span.end_ns == left_.begin_ns
                                  : open_->span.begin_ns == left_.end_ns);
  if (!goes_on) Close();
}

void StreamClips::Close() {
  if (!open_.has_value()) return;
  const int64_t begin_ns = open_->span.begin_ns;
  if (walk_.begins.begin_ns <= begin_ns && begin_ns < walk_.begins.end_ns) {
    ready_.push_back(*open_);
  }
  open_.reset();
}

std::vector<uint16_t> GreatestScores(std::span<const TimeSpan> runs,
                                     std::vector<ScoredSpan> scored) {
  std::ranges::sort(scored, std::ranges::greater(), &ScoredSpan::score);
  std::vector<uint16_t> scores(runs.size(), 0);
  // Of each run the first from there on that has no score yet: the greatest
  // come first, so each is set once.
  std::vector<size_t> unset(runs.size() + 1);
  std::iota(unset.begin(), unset.end(), size_t{0});
  const auto first_unset = [&](size_t i) {
    for (; unset[i] != i; i = unset[i]) unset[i] = unset[unset[i]];
    return i;
  };
  for (const auto& [span, score] : scored) {
    const auto touched =
        std::ranges::upper_bound(runs, span.begin_ns, {}, &TimeSpan::end_ns);
    auto i = first_unset(static_cast<size_t>(touched - runs.begin()));
    for (; i < runs.size() && runs[i].begin_ns < span.end_ns;
         i = first_unset(i)) {
      scores[i] = score;
      unset[i] = i + 1;
    }
  }
  return scores;
}

}  // namespace fovea
