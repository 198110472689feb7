// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answering queries, and reading what their clips hold.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/engine.h"
#include "api/query_names.h"
#include "api/query_text.h"
#include "api/shown_frames.h"
#include "api/store_facts.h"
#include "index/find_clips.h"
#include "index/observation_reader.h"
#include "index/query.h"
#include "index/query_check.h"
#include "store/chunk_id.h"
#include "store/limits.h"

namespace fovea {
namespace {

// Of the query's one text: pages of equal questions are of one answer.
std::string DigestOf(const Query& query) {
  const std::string text = PrintQueryText(query);
  const ChunkId id =
      ChunkId::Of({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  return {id.bytes.begin(), id.bytes.begin() + 16};
}

absl::StatusOr<QueryClip> DescribeClip(const Clip& clip,
                                       const StoreFacts& facts,
                                       StoreReader* store) {
  const StreamFacts* stream = facts.Find(clip.stream);
  if (stream == nullptr) {
    return absl::InternalError(
        absl::StrCat("stream ", clip.stream, " is not among the facts"));
  }
  QueryClip described;
  described.stream_id = clip.stream;
  described.stream = stream->name;
  described.from_ns = clip.span.begin_ns;
  described.to_ns = clip.span.end_ns;
  described.score = static_cast<double>(clip.score) / UINT16_MAX;
  if (stream->description.kind != StreamKind::kCamera) return described;
  const ShownFrames frames(store, clip.stream, &stream->description,
                           stream->order);
  const auto shown = frames.Find(clip.span.begin_ns, clip.span.end_ns);
  if (!shown.ok() && !absl::IsNotFound(shown.status())) return shown.status();
  if (shown.ok()) described.frames = {shown->first, shown->last};
  return described;
}

}  // namespace

absl::StatusOr<QueryAnswer> Engine::Query(const fovea::Query& query,
                                          const QueryOptions& options) {
  if (absl::Status s = CheckQuery(query); !s.ok()) return s;
  const auto snapshot = store_->TakeSnapshot(kStoreLimits.lease_ns);
  if (!snapshot.ok()) return snapshot.status();
  const auto facts = StoreFacts::Load(snapshot->get());
  if (!facts.ok()) return facts.status();
  auto notes = CheckQueryNames(query, **facts, snapshot->get());
  if (!notes.ok()) return notes.status();
  FindClipsOptions find;
  find.stop = options.stop;
  auto page = FindClips(query, DigestOf(query), facts->get(), options.page_size,
                        options.cursor, find);
  if (!page.ok()) return page.status();
  QueryAnswer answer;
  for (const Clip& clip : page->clips) {
    auto described = DescribeClip(clip, **facts, snapshot->get());
    if (!described.ok()) return described.status();
    answer.clips.push_back(*std::move(described));
  }
  answer.next = std::move(page->next);
  answer.notes = *std::move(notes);
  answer.index = page->work;
  answer.store = (*facts)->work();
  return answer;
}

absl::Status Engine::QueryBoxes(
    const fovea::Query& query, const QueryClip& clip,
    const std::function<bool(const ClipBox&)>& visit) {
  if (absl::Status s = CheckQuery(query); !s.ok()) return s;
  const auto snapshot = store_->TakeSnapshot(kStoreLimits.lease_ns);
  if (!snapshot.ok()) return snapshot.status();
  const auto facts = StoreFacts::Load(snapshot->get());
  if (!facts.ok()) return facts.status();
  return VisitClipBoxes(query, clip, facts->get(), snapshot->get(), visit);
}

absl::StatusOr<std::vector<LabelSummary>> Engine::Labels(
    const std::string& stream) {
  std::vector<StreamRow> rows;
  if (!stream.empty()) {
    auto row = registry_.Find(stream);
    if (!row.ok()) return row.status();
    rows.push_back(*std::move(row));
  } else {
    auto all = registry_.List();
    if (!all.ok()) return all.status();
    rows = *std::move(all);
  }
  std::vector<LabelSummary> labels;
  for (const StreamRow& row : rows) {
    const auto counts = ListLabels(store_.get(), row.id);
    if (!counts.ok()) return counts.status();
    for (const LabelCount& count : *counts) {
      labels.push_back({count.label, row.name, count.observations});
    }
  }
  std::ranges::stable_sort(labels, {}, &LabelSummary::label);
  return labels;
}

absl::StatusOr<PresenceReport> Engine::RebuildIndex(
    bool check_only, const PresenceProgress& progress) {
  if (!check_only) return RebuildPresence(store_.get(), progress);
  const auto snapshot = store_->TakeSnapshot(kStoreLimits.lease_ns);
  if (!snapshot.ok()) return snapshot.status();
  return CheckPresence(snapshot->get(), progress);
}

}  // namespace fovea
