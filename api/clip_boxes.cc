// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/clip_boxes.h"

#include <algorithm>
#include <cstddef>
#include <variant>
#include <vector>

#include "api/shown_frames.h"
#include "api/store_facts.h"
#include "index/evaluate.h"
#include "index/frame_index.h"
#include "index/object_match.h"
#include "index/query.h"
#include "index/query_reader.h"

namespace fovea {
namespace {

constexpr float kEighths = 8;

// Objects whose presence makes the condition hold.
void AddAsked(const Condition& condition,
              std::vector<const ObjectQuery*>* asked);

void AddAsked(const std::vector<Condition>& parts,
              std::vector<const ObjectQuery*>* asked) {
  for (const Condition& part : parts) AddAsked(part, asked);
}

struct AskedCollector {
  std::vector<const ObjectQuery*>* asked;
  void operator()(const CountCondition& c) {
    if (!Satisfies(0, c.comparison, c.count)) asked->push_back(&c.object);
  }
  void operator()(const SensorCondition&) {}
  void operator()(const Conjunction& c) { AddAsked(c.parts, asked); }
  void operator()(const Disjunction& c) { AddAsked(c.parts, asked); }
  void operator()(const Negation&) {}
  void operator()(const Lasting& c) { AddAsked(c.part, asked); }
  void operator()(const Sequence& c) { AddAsked(c.parts, asked); }
  void operator()(const Elsewhere&) {}
};

void AddAsked(const Condition& condition,
              std::vector<const ObjectQuery*>* asked) {
  std::visit(AskedCollector{asked}, condition.what);
}

Box BoxOf(const Look& look) {
  return {static_cast<float>(look.left) / kEighths,
          static_cast<float>(look.top) / kEighths,
          static_cast<float>(look.right) / kEighths,
          static_cast<float>(look.bottom) / kEighths};
}

// The look at `time_ns`, or null. Looks are in order.
const Look* LookAt(const ObjectMatch& match, int64_t time_ns) {
  const auto after = std::ranges::upper_bound(
      match.looks, time_ns, {},
      [](const Look& look) { return look.span.begin_ns; });
  if (after == match.looks.begin()) return nullptr;
  const Look& look = *std::prev(after);
  return time_ns < look.span.end_ns ? &look : nullptr;
}

absl::StatusOr<std::vector<ObjectMatch>> MatchesIn(const Query& query,
                                                   const QueryClip& clip,
                                                   StoreFacts* facts) {
  const auto streams = facts->streams();
  const auto stream =
      std::ranges::find(streams, clip.stream_id, &QueryStream::id);
  if (stream == streams.end()) return std::vector<ObjectMatch>();
  std::vector<const ObjectQuery*> asked;
  AddAsked(query.condition, &asked);
  QueryReader reader(facts, {}, nullptr);
  std::vector<ObjectMatch> all;
  for (const ObjectQuery* object : asked) {
    auto found = MatchObject(*object, *stream, {clip.from_ns, clip.to_ns},
                             BoxesOfLooks::kKept, &reader);
    if (!found.ok()) return found.status();
    for (ObjectMatch& match : *found) {
      // Two conditions may ask for the same one.
      const bool known = std::ranges::any_of(
          all, [&](const ObjectMatch& m) { return m.name == match.name; });
      if (!known) all.push_back(std::move(match));
    }
  }
  return all;
}

}  // namespace

absl::Status VisitClipBoxes(const Query& query, const QueryClip& clip,
                            StoreFacts* facts, StoreReader* store,
                            const std::function<bool(const ClipBox&)>& visit) {
  const auto matches = MatchesIn(query, clip, facts);
  if (!matches.ok()) return matches.status();
  const StreamFacts* stream = facts->Find(clip.stream_id);
  if (stream == nullptr || !clip.frames.has_value()) return absl::OkStatus();
  const FrameIndex index(store);
  const auto gops =
      index.Gops(clip.stream_id, clip.from_ns, clip.to_ns, stream->order);
  if (!gops.ok()) return gops.status();
  for (const GopRef& gop : *gops) {
    const auto table = index.Table(gop);
    if (!table.ok()) return table.status();
    for (const FrameTime& frame : ShownTimes(gop, *table)) {
      if (frame.index < clip.frames->first || frame.index > clip.frames->last) {
        continue;
      }
      // The first frame may have been on show when the clip began.
      const int64_t time_ns = std::max(frame.time_ns, clip.from_ns);
      for (const ObjectMatch& match : *matches) {
        const Look* look = LookAt(match, time_ns);
        if (look == nullptr || !look->placed) continue;
        const ClipBox box = {frame.index,
                             frame.time_ns,
                             match.name.label,
                             match.name.track,
                             static_cast<double>(look->score) / UINT16_MAX,
                             BoxOf(*look)};
        if (!visit(box)) return absl::OkStatus();
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace fovea
