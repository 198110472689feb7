// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/query_results.h"

#include <optional>
#include <utility>

#include "api/describe_clip.h"
#include "api/question.h"
#include "api/store.h"
#include "index/find_clips.h"
#include "index/query.h"

namespace fovea {

QueryResult::QueryResult(Store* store, std::shared_ptr<const Query> query,
                         QueryClip clip, std::vector<std::string> sensors)
    : store_(store),
      query_(std::move(query)),
      clip_(std::move(clip)),
      sensors_(std::move(sensors)) {}

absl::StatusOr<int64_t> QueryResult::ReadFrames(
    const std::function<bool(const ReadFrame&)>& visit) const {
  FrameSelection selection;
  selection.range = {clip_.from_ns, clip_.to_ns};
  return store_->ReadFrames(clip_.stream, selection, visit);
}

absl::Status QueryResult::ReadPackets(
    const std::function<bool(const AccessUnit&)>& visit) const {
  return store_->ReadUnits(clip_.stream, {clip_.from_ns, clip_.to_ns}, visit);
}

absl::Status QueryResult::ReadSamples(
    const std::string& sensor,
    const std::function<bool(const SeriesBatch&)>& visit) const {
  return store_->ReadSeries(sensor, {clip_.from_ns, clip_.to_ns}, visit);
}

absl::Status QueryResult::ReadBoxes(
    const std::function<bool(const ClipBox&)>& visit) const {
  return store_->QueryBoxes(*query_, clip_, visit);
}

struct QueryResults::Search {
  Search(Store* of, const Query& asked, Question question,
         const FindClipsOptions& options)
      : store(of),
        query(std::make_shared<const Query>(asked)),
        question(std::move(question)),
        finder(*query, this->question.facts.get(), options) {}

  absl::StatusOr<std::optional<QueryResult>> Next() {
    const auto clip = finder.Next();
    if (!clip.ok()) return clip.status();
    if (!clip->has_value()) return std::nullopt;
    auto described =
        DescribeClip(**clip, *question.facts, question.snapshot.get());
    if (!described.ok()) return described.status();
    return QueryResult(store, query, *std::move(described),
                       SensorsOf((*clip)->stream));
  }

  std::vector<std::string> SensorsOf(StreamId stream) const {
    std::vector<std::string> names;
    for (const StreamId id : question.facts->Find(stream)->sensors) {
      names.push_back(question.facts->Find(id)->name);
    }
    return names;
  }

  Store* const store;
  const std::shared_ptr<const Query> query;
  const Question question;
  ClipFinder finder;
  std::optional<QueryResult> current;
  absl::Status status;
};

absl::StatusOr<QueryResults> QueryResults::Begin(
    Store* store, const Query& query, const std::atomic<bool>* stop) {
  auto question = Ask(store->chunks(), query);
  if (!question.ok()) return question.status();
  FindClipsOptions options;
  options.stop = stop;
  return QueryResults(
      std::make_unique<Search>(store, query, *std::move(question), options));
}

QueryResults::QueryResults(std::unique_ptr<Search> search)
    : search_(std::move(search)) {}
QueryResults::QueryResults(QueryResults&&) noexcept = default;
QueryResults& QueryResults::operator=(QueryResults&&) noexcept = default;
QueryResults::~QueryResults() = default;

QueryResults::Iterator QueryResults::begin() {
  Advance();
  return Iterator(this);
}

const absl::Status& QueryResults::status() const { return search_->status; }

const std::vector<std::string>& QueryResults::notes() const {
  return search_->question.notes;
}

const QueryWork& QueryResults::index_work() const {
  return search_->finder.work();
}

const StoreWork& QueryResults::store_work() const {
  return search_->question.facts->work();
}

const QueryResult* QueryResults::current() const {
  return search_->current.has_value() ? &*search_->current : nullptr;
}

void QueryResults::Advance() {
  search_->current.reset();
  if (!search_->status.ok()) return;
  auto next = search_->Next();
  search_->status = next.status();
  if (next.ok()) search_->current = *std::move(next);
}

}  // namespace fovea
