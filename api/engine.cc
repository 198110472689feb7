// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/engine.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/ingest_run.h"
#include "index/frame_index.h"

namespace fovea {
namespace {

// "dir/clip.mp4" -> "clip", "dir/mav0/" -> "mav0", "rtsp://cam/x" -> "x".
std::string StemOf(const std::string& location) {
  std::filesystem::path path(location);
  if (!path.has_filename()) path = path.parent_path();
  const std::string stem = path.stem().string();
  return StreamRegistry::NameFrom(stem == "-" ? "stdin" : stem);
}

class SilentObserver : public IngestObserver {};

int64_t CountChunks(Store* store, const StreamRow& row) {
  const Family family = static_cast<StreamKind>(row.kind) == StreamKind::kCamera
                            ? Family::kGop
                            : Family::kBlock;
  int64_t rows = 0;
  store
      ->Scan(family, StreamPrefix(row.id), StreamPrefix(row.id + 1),
             [&](std::string_view, std::string_view) {
               ++rows;
               return true;
             })
      .IgnoreError();
  return rows;
}

}  // namespace

bool IngestReport::lossy() const {
  if (!source_error.ok() || !rejected_tracks.empty()) return true;
  for (const IngestedStream& stream : streams) {
    if (!stream.counts.rejected.empty() || !stream.counts.gaps.empty()) {
      return true;
    }
  }
  return false;
}

Engine::Engine(std::unique_ptr<Store> store)
    : store_(std::move(store)), registry_(store_.get()) {}

Engine::~Engine() = default;

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(
    const std::string& path, const EngineOptions& options) {
  StoreOptions store_options = options.store;
  store_options.create = options.create;
  store_options.read_only = options.read_only;
  absl::StatusOr<std::unique_ptr<Store>> store =
      Store::Open(path, store_options);
  if (!store.ok()) return store.status();
  return std::unique_ptr<Engine>(new Engine(*std::move(store)));
}

absl::StatusOr<IngestReport> Engine::Ingest(const std::string& location,
                                            const IngestOptions& options,
                                            IngestObserver* observer,
                                            const std::atomic<bool>* stop) {
  SilentObserver silent;
  if (observer == nullptr) observer = &silent;
  const std::string name =
      options.name.empty() ? StemOf(location) : options.name;
  IngestRun run(store_.get(), &registry_, options, observer, stop);
  if (absl::Status s = run.Open(location, name); !s.ok()) return s;
  if (!options.imu_path.empty()) {
    if (absl::Status s = run.Open(options.imu_path, name); !s.ok()) return s;
  }
  if (absl::Status status = run.Run(); !status.ok()) return status;
  return run.Report();
}

absl::StatusOr<StreamSummary> Engine::Summarise(const StreamRow& row) {
  StreamSummary summary;
  summary.id = row.id;
  summary.name = row.name;
  absl::StatusOr<StreamDescription> description =
      DecodeStreamDescription(row.description);
  if (!description.ok()) return description.status();
  summary.description = *std::move(description);
  absl::StatusOr<StreamCounts> counts = registry_.Counts(row.id);
  if (!counts.ok()) return counts.status();
  summary.counts = *std::move(counts);
  absl::StatusOr<StreamExtent> extent = registry_.Extent(row);
  if (!extent.ok()) return extent.status();
  summary.start_ns = extent->start_ns;
  summary.end_ns = extent->end_ns;
  summary.end_index = extent->end_index;
  summary.chunks = CountChunks(store_.get(), row);
  return summary;
}

absl::StatusOr<std::vector<StreamSummary>> Engine::Streams() {
  absl::StatusOr<std::vector<StreamRow>> rows = registry_.List();
  if (!rows.ok()) return rows.status();
  std::vector<StreamSummary> summaries;
  for (const StreamRow& row : *rows) {
    absl::StatusOr<StreamSummary> summary = Summarise(row);
    if (!summary.ok()) return summary.status();
    summaries.push_back(*std::move(summary));
  }
  return summaries;
}

absl::StatusOr<StreamSummary> Engine::Describe(const std::string& stream) {
  absl::StatusOr<StreamRow> row = registry_.Find(stream);
  if (!row.ok()) return row.status();
  return Summarise(*row);
}

}  // namespace fovea
