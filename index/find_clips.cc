// SPDX-License-Identifier: GPL-2.0-or-later
//
// One walk per stream, merged by a heap: the stream whose next clip may come
// first is looked into further, until its clip is known.

#include "index/find_clips.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "index/name_pattern.h"
#include "index/needs_object.h"
#include "index/query_check.h"

namespace fovea {
bool IsAmong(const Query& query, const QueryStream& stream) {
  if (query.streams.empty()) {
    return stream.camera || (stream.observed && NeedsObject(query.condition));
  }
  return std::ranges::any_of(query.streams, [&](const std::string& pattern) {
    return MatchesPattern(pattern, stream.name);
  });
}

ClipFinder::ClipFinder(const Query& query, QueryFacts* facts,
                       const FindClipsOptions& options,
                       const std::optional<ClipCursor>& after)
    : query_(query),
      reader_(facts, options.limits, options.stop),
      limit_(query.limit.value_or(query.order == QueryOrder::kScore
                                      ? kQueryLimits.default_score_limit
                                      : UINT64_MAX)),
      cursor_(after) {
  for (const QueryStream& stream : reader_.streams()) {
    if (!IsAmong(query, stream)) continue;
    StreamWalk walk = WalkOf(stream, after);
    walk.window_ns = options.window_ns;
    streams_.push_back(
        std::make_unique<StreamClips>(query_, stream, walk, &reader_));
    if (query.order != QueryOrder::kScore) Push(streams_.size() - 1);
  }
}

// Clips of a stream behind `after`: those that begin with it come after it
// where the stream does. Of its own stream none begins before it has ended,
// nor at its end.
StreamWalk ClipFinder::WalkOf(const QueryStream& stream,
                              const std::optional<ClipCursor>& after) const {
  StreamWalk walk;
  if (query_.order == QueryOrder::kLatest) {
    walk.direction = WalkDirection::kBackward;
  }
  if (!after.has_value() || query_.order == QueryOrder::kScore) return walk;
  const Clip& last = after->last;
  const int64_t begin = last.span.begin_ns;
  if (query_.order == QueryOrder::kTime) {
    walk.begins.begin_ns = stream.id > last.stream ? begin
                           : stream.id < last.stream
                               ? begin + 1
                               : SaturatedSum(last.span.end_ns, 1);
  } else {
    walk.begins.end_ns = stream.id > last.stream   ? begin + 1
                         : stream.id < last.stream ? begin
                                                   : SaturatedSum(begin, -1);
  }
  return walk;
}

absl::StatusOr<std::optional<Clip>> ClipFinder::Next() {
  if (given() >= limit_) return std::nullopt;
  auto clip = query_.order == QueryOrder::kScore ? NextByScore() : NextByTime();
  if (clip.ok() && clip->has_value()) {
    cursor_ = {given() + 1, **clip};
  }
  return clip;
}

bool ClipFinder::done() const {
  if (given() >= limit_) return true;
  return query_.order == QueryOrder::kScore ? searched_ && best_.empty()
                                            : heap_.empty();
}

// Of two streams' next clips, as they may be at best.
bool ClipFinder::ComesAfter(const NextOfStream& a,
                            const NextOfStream& b) const {
  if (a.bound_ns == b.bound_ns) return a.stream > b.stream;
  return query_.order == QueryOrder::kLatest ? a.bound_ns < b.bound_ns
                                             : a.bound_ns > b.bound_ns;
}

void ClipFinder::Push(size_t stream) {
  const auto bound_ns = streams_[stream]->bound();
  if (!bound_ns.has_value()) return;
  heap_.push_back({*bound_ns, stream});
  std::ranges::push_heap(
      heap_, [this](const auto& a, const auto& b) { return ComesAfter(a, b); });
}

absl::StatusOr<std::optional<Clip>> ClipFinder::NextByTime() {
  while (!heap_.empty()) {
    std::ranges::pop_heap(heap_, [this](const auto& a, const auto& b) {
      return ComesAfter(a, b);
    });
    const size_t stream = heap_.back().stream;
    heap_.pop_back();
    StreamClips& clips = *streams_[stream];
    std::optional<Clip> clip;
    if (clips.ready()) {
      clip = clips.Take();
    } else if (absl::Status s = clips.Advance(); !s.ok()) {
      return s;
    }
    Push(stream);
    if (clip.has_value()) return clip;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<Clip>> ClipFinder::NextByScore() {
  if (!searched_) {
    if (absl::Status s = FindBest(); !s.ok()) return s;
    searched_ = true;
  }
  if (best_.empty()) return std::nullopt;
  const Clip clip = best_.back();
  best_.pop_back();
  return clip;
}

// Keeps a heap of the best, the worst of them on top.
absl::Status ClipFinder::FindBest() {
  const auto before = [](const Clip& a, const Clip& b) {
    return ComesBefore(QueryOrder::kScore, a, b);
  };
  const uint64_t most = limit_ - given();
  for (auto& stream : streams_) {
    while (stream->bound().has_value()) {
      if (!stream->ready()) {
        if (absl::Status s = stream->Advance(); !s.ok()) return s;
        continue;
      }
      const Clip clip = stream->Take();
      if (cursor_.has_value() && !before(cursor_->last, clip)) continue;
      if (best_.size() == most && !before(clip, best_.front())) continue;
      best_.push_back(clip);
      std::ranges::push_heap(best_, before);
      if (best_.size() <= most) continue;
      std::ranges::pop_heap(best_, before);
      best_.pop_back();
    }
    stream.reset();
  }
  std::ranges::sort(best_,
                    [&](const Clip& a, const Clip& b) { return before(b, a); });
  return absl::OkStatus();
}

absl::StatusOr<ClipPage> FindClips(const Query& query,
                                   std::string_view query_digest,
                                   QueryFacts* facts, uint64_t page_size,
                                   std::string_view cursor,
                                   const FindClipsOptions& options) {
  assert(page_size > 0);
  std::optional<ClipCursor> after;
  if (!cursor.empty()) {
    const auto decoded = DecodeClipCursor(cursor, query_digest, query.order);
    if (!decoded.ok()) return decoded.status();
    after = *decoded;
  }
  ClipFinder finder(query, facts, options, after);
  ClipPage page;
  while (page.clips.size() < page_size) {
    const auto clip = finder.Next();
    if (!clip.ok()) return clip.status();
    if (!clip->has_value()) break;
    page.clips.push_back(**clip);
  }
  if (page.clips.size() == page_size && !finder.done()) {
    page.next = EncodeClipCursor(*finder.cursor(), query_digest, query.order);
  }
  page.work = finder.work();
  return page;
}

}  // namespace fovea
