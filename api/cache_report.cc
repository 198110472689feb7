// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/cache_report.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/look_book.h"
#include "api/stop_flag.h"
#include "api/stored_results.h"
#include "codec/grid.h"
#include "filter/features.h"
#include "filter/fingerprint.h"
#include "filter/inference_reuse.h"
#include "filter/result_cache.h"
#include "store/commit_batch.h"
#include "store/original_rows.h"
#include "store/result_rows.h"

namespace fovea {
namespace {

constexpr int64_t kRowsPerCommit = 4096;

struct StoredResult {
  std::string_view key;
  ResultKeyParts parts;
  ResultRow row;
  uint64_t bytes = 0;
};

using Originals = std::function<void(const ResultKeyParts&, uint64_t bytes)>;

// Visits every result from the key `begin` on until `visit` returns false, and
// tells `originals`.
absl::Status VisitResults(StoreReader* store, std::string_view begin,
                          const std::function<bool(const StoredResult&)>& visit,
                          const Originals& originals = nullptr) {
  absl::Status damage;
  const absl::Status scanned = store->Scan(
      Family::kRes, begin, "",
      [&](std::string_view key, std::string_view value) {
        const auto parts = ParseResultKey(key);
        damage = parts.status();
        if (!damage.ok()) return false;
        const uint64_t bytes = key.size() + value.size();
        if (parts->kind == kOriginalKind) {
          if (originals) originals(*parts, bytes);
          return true;
        }
        auto row = DecodeResultRow(value);
        damage = row.status();
        return damage.ok() && visit({key, *parts, *std::move(row), bytes});
      });
  return damage.ok() ? scanned : damage;
}

// Names of models, as the streams of the store know them.
absl::StatusOr<std::map<ModelDigest, std::string>> NamesOf(Store* store) {
  std::map<ModelDigest, std::string> names;
  const auto streams = store->Streams();
  if (!streams.ok()) return streams.status();
  for (const StreamSummary& stream : *streams) {
    const auto looks = LookBook::Read(store->chunks(), stream.id);
    if (!looks.ok()) return looks.status();
    for (const auto& [digest, of_model] : looks->models()) {
      names.emplace(digest, of_model.name);
    }
  }
  return names;
}

bool IsToGo(const StoredResult& result, const CachePruneOptions& options) {
  if (options.model && result.parts.model != *options.model) return false;
  if (options.stream && result.parts.stream != *options.stream) return false;
  if (options.unused && result.row.uses > 0) return false;
  return !options.before_ns || result.row.time_ns < *options.before_ns;
}

// Takes out some of what is to go, from `*begin` on, which moves behind them;
// false: there is no more.
absl::StatusOr<bool> PruneSome(ChunkStore* chunks,
                               const CachePruneOptions& options,
                               const std::atomic<bool>* stop,
                               std::string* begin, CachePruned* pruned) {
  CommitBatch batch;
  CachePruned some;
  const absl::Status read =
      VisitResults(chunks, *begin, [&](const StoredResult& result) {
        if (Stopped(stop)) return false;
        if (!IsToGo(result, options)) return true;
        ++some.results;
        some.bytes += result.bytes;
        if (!options.dry_run) batch.DeleteRow(Family::kRes, result.key);
        *begin = std::string(result.key) + '\0';
        return some.results < kRowsPerCommit;
      });
  if (!read.ok()) return read;
  if (Stopped(stop)) return absl::CancelledError("interrupted");
  if (!batch.empty()) {
    const auto committed = chunks->Commit(std::move(batch));
    if (!committed.ok()) return committed.status();
  }
  pruned->results += some.results;
  pruned->bytes += some.bytes;
  return some.results == kRowsPerCommit;
}

}  // namespace

absl::StatusOr<std::vector<CachedModel>> ListCachedModels(Store* store) {
  const auto names = NamesOf(store);
  if (!names.ok()) return names.status();
  std::map<ModelDigest, CachedModel> models;
  std::map<ModelDigest, std::set<StreamId>> streams;
  const absl::Status read = VisitResults(
      store->chunks(), "",
      [&](const StoredResult& result) {
        CachedModel& model = models[result.parts.model];
        ++model.results;
        model.imported += result.parts.stream == 0;
        model.carried += result.row.carried.has_value();
        model.bytes += result.bytes;
        model.uses += result.row.uses;
        model.saved_ns += result.row.uses * result.row.cost_ns;
        streams[result.parts.model].insert(result.parts.stream);
        return true;
      },
      [&](const ResultKeyParts& parts, uint64_t bytes) {
        ++models[parts.model].originals;
        models[parts.model].bytes += bytes;
      });
  if (!read.ok()) return read;
  std::vector<CachedModel> listed;
  for (auto& [digest, model] : models) {
    model.digest = digest;
    const auto name = names->find(digest);
    if (name != names->end()) model.name = name->second;
    model.streams = static_cast<int64_t>(streams[digest].size()) -
                    (model.imported > 0 ? 1 : 0);
    listed.push_back(std::move(model));
  }
  return listed;
}

absl::StatusOr<CachePruned> PruneCache(Store* store,
                                       const CachePruneOptions& options,
                                       const std::atomic<bool>* stop) {
  CachePruned pruned;
  std::string begin;
  while (true) {
    const auto more =
        PruneSome(store->chunks(), options, stop, &begin, &pruned);
    if (!more.ok()) return more.status();
    if (!*more) return pruned;
  }
}

absl::StatusOr<std::string> ExplainCache(Store* store,
                                         const std::string& stream,
                                         uint64_t index,
                                         const ModelDescription& model) {
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  FrameSelection selection;
  selection.index = index;
  Grid grid;
  int64_t time_ns = 0;
  absl::Status measured;
  const auto read =
      store->ReadFrames(stream, selection, [&](const ReadFrame& shown) {
        auto meter = GridMeter::Create(shown.frame.width, shown.frame.height);
        measured = meter.status();
        if (!measured.ok()) return false;
        const auto now = (*meter)->Measure(shown.frame);
        measured = now.status();
        if (measured.ok()) grid = **now;
        time_ns = shown.frame.time_ns;
        return false;
      });
  if (!read.ok()) return read.status();
  if (!measured.ok()) return measured;
  StoredResults results(store->chunks());
  ResultCache cache(model.id.digest, InputKind::kFrame, ResultCacheOptions(),
                    nullptr);
  absl::Status put;
  const absl::Status loaded = results.Load(
      model.id.digest, InputKind::kFrame, summary->id, [&](Result result) {
        if (result.stream == summary->id && result.index == index) return true;
        put = cache.Put(std::move(result)).status();
        return put.ok();
      });
  if (!loaded.ok()) return loaded;
  if (!put.ok()) return put;
  LookupLimits limits;
  limits.most_distance = InferenceReuseOptions().cache_distance;
  limits.tight_distance = limits.most_distance;
  const auto streams = store->Streams();
  if (!streams.ok()) return streams.status();
  const auto name_of = [&](uint64_t id) -> std::string {
    if (id == 0) return "imported";
    const auto of_id = std::ranges::find(*streams, id, &StreamSummary::id);
    return of_id == streams->end() ? absl::StrCat(id) : of_id->name;
  };
  return cache.Explain(FingerprintOf(grid), FeaturesOf(grid), time_ns, limits,
                       name_of);
}

}  // namespace fovea
