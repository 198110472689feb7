// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/object_match.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "index/object_filter.h"
#include "index/relation_sweep.h"

namespace fovea {
namespace {

std::vector<Look> During(const Timeline& times,
                         const std::vector<Look>& looks) {
  std::vector<Look> during;
  for (const Look& look : looks) {
    for (auto run = times.FirstEndingAfter(look.span.begin_ns);
         run != times.runs().end() && run->begin_ns < look.span.end_ns; ++run) {
      Look part = look;
      part.span = look.span & *run;
      during.push_back(part);
    }
  }
  return during;
}

Timeline TimesOf(const std::vector<Look>& looks) {
  std::vector<TimeSpan> spans;
  spans.reserve(looks.size());
  for (const Look& look : looks) spans.push_back(look.span);
  return Timeline(std::move(spans));
}

void DropEmpty(std::vector<ObjectMatch>* matches) {
  std::erase_if(*matches,
                [](const ObjectMatch& match) { return match.looks.empty(); });
}

absl::Status KeepRelated(const Relation& relation, const QueryStream& stream,
                         TimeSpan window, QueryReader* reader,
                         std::vector<ObjectMatch>* matches) {
  if (matches->empty()) return absl::OkStatus();
  const auto others =
      MatchObject(relation.other, stream, window, BoxesOfLooks::kKept, reader);
  if (!others.ok()) return others.status();
  const auto related = WhereRelated(relation.kind, *matches, *others, *reader);
  if (!related.ok()) return related.status();
  for (size_t i = 0; i < matches->size(); ++i) {
    auto& looks = (*matches)[i].looks;
    looks = During((*related)[i], looks);
  }
  DropEmpty(matches);
  return absl::OkStatus();
}

void KeepLasting(int64_t least_ns, TimeSpan window,
                 std::vector<ObjectMatch>* matches) {
  for (ObjectMatch& match : *matches) {
    match.looks = During(TimesOf(match.looks).Lasting(least_ns).Within(window),
                         match.looks);
  }
  DropEmpty(matches);
}

}  // namespace

absl::StatusOr<std::vector<ObjectMatch>> MatchObject(const ObjectQuery& query,
                                                     const QueryStream& stream,
                                                     TimeSpan window,
                                                     BoxesOfLooks boxes,
                                                     QueryReader* reader) {
  const int64_t least_ns = query.least_length_ns;
  const TimeSpan wide = window.Widened(least_ns, least_ns);
  if (!query.relations.empty()) boxes = BoxesOfLooks::kKept;
  const ObjectFilter filter(query, stream);
  std::vector<ObjectMatch> matches;
  const absl::Status read = reader->VisitObservations(
      stream.id, query.labels, wide, [&](const Observation& o) {
        auto looks = filter.LooksOf(o, wide, boxes);
        const size_t kept = looks.size();
        if (kept > 0) {
          matches.push_back({{o.start_ns, o.track, o.label}, std::move(looks)});
        }
        return kept;
      });
  if (!read.ok()) return read;
  for (const Relation& relation : query.relations) {
    const absl::Status status =
        KeepRelated(relation, stream, wide, reader, &matches);
    if (!status.ok()) return status;
  }
  if (least_ns > 0) KeepLasting(least_ns, window, &matches);
  return matches;
}

int64_t ReachOf(const ObjectQuery& query) {
  int64_t reach = 0;
  for (const Relation& relation : query.relations) {
    reach = std::max(reach, ReachOf(relation.other));
  }
  return SaturatedSum(reach, query.least_length_ns);
}

}  // namespace fovea
