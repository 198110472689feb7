// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answering queries, and reading what their clips hold.

#include <algorithm>
#include <string>
#include <utility>

#include "api/describe_clip.h"
#include "api/query_names.h"
#include "api/query_text.h"
#include "api/question.h"
#include "api/store.h"
#include "api/store_facts.h"
#include "index/find_clips.h"
#include "index/motion_spans.h"
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

absl::StatusOr<MotionSources> SourcesOfMotion(const Query& query,
                                              const StoreFacts& facts,
                                              StoreReader* store) {
  MotionSources sources;
  for (const QueryStream& stream : facts.streams()) {
    if (!stream.camera || !IsAmong(query, stream)) continue;
    const auto spans =
        MovingSpans(store, stream.id, {query.from_ns, query.to_ns},
                    MovingSpanOptions(), &sources);
    if (!spans.ok()) return spans.status();
  }
  return sources;
}

}  // namespace

absl::StatusOr<QueryResults> Store::Query(const fovea::Query& query,
                                          const std::atomic<bool>* stop) {
  return QueryResults::Begin(this, query, stop);
}

absl::StatusOr<QueryAnswer> Store::QueryPage(const fovea::Query& query,
                                             const QueryOptions& options) {
  auto question = Ask(chunks_.get(), query);
  if (!question.ok()) return question.status();
  StoreFacts* facts = question->facts.get();
  FindClipsOptions find;
  find.stop = options.stop;
  auto page = FindClips(query, DigestOf(query), facts, options.page_size,
                        options.cursor, find);
  if (!page.ok()) return page.status();
  QueryAnswer answer;
  for (const Clip& clip : page->clips) {
    auto described = DescribeClip(clip, *facts, question->snapshot.get());
    if (!described.ok()) return described.status();
    answer.clips.push_back(*std::move(described));
  }
  answer.next = std::move(page->next);
  answer.notes = std::move(question->notes);
  answer.index = page->work;
  answer.store = facts->work();
  if (options.explain && NamesLabel(query, std::string(kMotionLabel))) {
    auto sources = SourcesOfMotion(query, *facts, question->snapshot.get());
    if (!sources.ok()) return sources.status();
    answer.motion = *sources;
  }
  return answer;
}

absl::Status Store::QueryBoxes(
    const fovea::Query& query, const QueryClip& clip,
    const std::function<bool(const ClipBox&)>& visit) {
  if (absl::Status s = CheckQuery(query); !s.ok()) return s;
  const auto snapshot = chunks_->TakeSnapshot(kStoreLimits.lease_ns);
  if (!snapshot.ok()) return snapshot.status();
  const auto facts = StoreFacts::Load(snapshot->get());
  if (!facts.ok()) return facts.status();
  return VisitClipBoxes(query, clip, facts->get(), snapshot->get(), visit);
}

absl::StatusOr<std::vector<LabelSummary>> Store::Labels(
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
    const auto counts = ListLabels(chunks_.get(), row.id);
    if (!counts.ok()) return counts.status();
    for (const LabelCount& count : *counts) {
      labels.push_back({count.label, row.name, count.observations});
    }
  }
  std::ranges::stable_sort(labels, {}, &LabelSummary::label);
  return labels;
}

absl::StatusOr<PresenceReport> Store::RebuildIndex(
    bool check_only, const PresenceProgress& progress) {
  if (!check_only) return RebuildPresence(chunks_.get(), progress);
  const auto snapshot = chunks_->TakeSnapshot(kStoreLimits.lease_ns);
  if (!snapshot.ok()) return snapshot.status();
  return CheckPresence(snapshot->get(), progress);
}

}  // namespace fovea
