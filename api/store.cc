// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/coding_tables.h"
#include "api/ingest_run.h"
#include "api/ingest_space.h"
#include "api/migration.h"
#include "api/stop_flag.h"
#include "store/remote_store.h"
#include "store/store_server.h"

namespace fovea {
namespace {

class SilentObserver : public IngestObserver {};

// Passes on what upkeep has to say, at times that suit the observer.
class WithUpkeepNotes final : public IngestObserver {
 public:
  WithUpkeepNotes(IngestObserver* observer, Upkeep* upkeep)
      : observer_(observer), upkeep_(upkeep) {}

  void OnOpened(const SourceInfo& info) override { observer_->OnOpened(info); }
  void OnAcknowledged(const Acknowledgement& acknowledged) override {
    observer_->OnAcknowledged(acknowledged);
  }
  void OnProgress(const IngestProgress& progress) override {
    PassNotesOn();
    observer_->OnProgress(progress);
  }
  void OnNote(const std::string& note) override { observer_->OnNote(note); }

  void PassNotesOn() {
    if (upkeep_ == nullptr) return;
    for (const std::string& note : upkeep_->TakeNotes()) {
      observer_->OnNote(note);
    }
  }

 private:
  IngestObserver* const observer_;
  Upkeep* const upkeep_;
};

}  // namespace

bool IngestReport::lossy() const {
  if (!source_error.ok() || !rejected_tracks.empty() ||
      !failed_models.empty()) {
    return true;
  }
  for (const IngestedStream& stream : streams) {
    if (!stream.counts.rejected.empty()) return true;
    if (live && !stream.counts.gaps.empty()) return true;
  }
  return false;
}

Store::Store(std::unique_ptr<ChunkStore> chunks,
             std::unique_ptr<StoreServer> server)
    : chunks_(std::move(chunks)),
      registry_(chunks_.get()),
      server_(std::move(server)) {}

Store::~Store() = default;

absl::StatusOr<std::unique_ptr<Store>> Store::Open(
    const StoreOptions& options) {
  ChunkStoreOptions chunk_options = options.chunks;
  chunk_options.create = options.create;
  chunk_options.read_only = options.read_only;
  if (options.read_only && !options.direct) {
    auto remote = OpenRemoteStore(options.path, chunk_options);
    if (remote.ok()) {
      return std::unique_ptr<Store>(new Store(*std::move(remote), nullptr));
    }
  }
  absl::StatusOr<std::unique_ptr<ChunkStore>> chunks =
      ChunkStore::Open(options.path, chunk_options);
  if (!chunks.ok()) return chunks.status();
  std::unique_ptr<StoreServer> server;
  if (!options.read_only) {
    const auto added = AddMissingRows(chunks->get());
    if (!added.ok()) return added.status();
    // They take a little space and do no harm: another opening may succeed.
    DropUnnamedTables(chunks->get()).IgnoreError();
    // Where nobody can connect, readers open the files.
    auto started = StoreServer::Start(chunks->get(), options.path);
    if (started.ok()) server = *std::move(started);
  }
  std::unique_ptr<Store> store(
      new Store(*std::move(chunks), std::move(server)));
  if (!options.read_only && options.upkeep.has_value()) {
    store->upkeep_ = std::make_unique<Upkeep>(store.get(), *options.upkeep);
  }
  return absl::StatusOr<std::unique_ptr<Store>>(std::move(store));
}

absl::StatusOr<IngestReport> Store::Ingest(const std::string& location,
                                           const IngestOptions& options,
                                           IngestObserver* observer,
                                           const std::atomic<bool>* stop) {
  absl::StatusOr<IngestInput> input = OpenIngestInput(location, options, stop);
  if (!input.ok()) return input.status();
  return Ingest(*std::move(input), options, observer, stop);
}

absl::StatusOr<IngestReport> Store::Ingest(IngestInput input,
                                           const IngestOptions& options,
                                           IngestObserver* observer,
                                           const std::atomic<bool>* stop) {
  SilentObserver silent;
  WithUpkeepNotes noting(observer == nullptr ? &silent : observer,
                         upkeep_.get());
  if (absl::Status s =
          MakeRoomFor(input, options, chunks_.get(), &noting, stop);
      !s.ok()) {
    return s;
  }
  IngestRun run(chunks_.get(), &registry_, options, &noting, stop);
  if (absl::Status s =
          run.Open(std::move(input.source), input.location, input.name);
      !s.ok()) {
    return s;
  }
  if (input.imu != nullptr) {
    if (absl::Status s =
            run.Open(std::move(input.imu), options.imu_path, input.name);
        !s.ok()) {
      return s;
    }
  }
  const absl::Status status = run.Run();
  noting.PassNotesOn();
  if (!status.ok()) return status;
  return run.Report();
}

absl::StatusOr<BackupReport> Store::Backup(
    const std::string& target, const BackupOptions& options,
    const std::function<void(uint64_t, uint64_t)>& progress,
    const std::atomic<bool>* stop) {
  return chunks_->Backup(target, options, [&](uint64_t done, uint64_t total) {
    if (progress) progress(done, total);
    return !Stopped(stop);
  });
}

absl::StatusOr<StreamSummary> Store::Summarise(StreamRegistry* registry,
                                               const StreamRow& row) {
  StreamSummary summary;
  summary.id = row.id;
  summary.name = row.name;
  absl::StatusOr<StreamDescription> description =
      DecodeStreamDescription(row.description);
  if (!description.ok()) return description.status();
  summary.description = *std::move(description);
  absl::StatusOr<StreamCounts> counts = registry->Counts(row.id);
  if (!counts.ok()) return counts.status();
  summary.counts = *std::move(counts);
  absl::StatusOr<StreamExtent> extent = registry->Extent(row);
  if (!extent.ok()) return extent.status();
  summary.start_ns = extent->start_ns;
  summary.end_ns = extent->end_ns;
  summary.end_index = extent->end_index;
  summary.chunks = summary.counts.chunks;
  return summary;
}

absl::StatusOr<std::vector<StreamSummary>> Store::Streams() {
  absl::StatusOr<std::vector<StreamRow>> rows = registry_.List();
  if (!rows.ok()) return rows.status();
  std::vector<StreamSummary> summaries;
  for (const StreamRow& row : *rows) {
    absl::StatusOr<StreamSummary> summary = Summarise(&registry_, row);
    if (!summary.ok()) return summary.status();
    summaries.push_back(*std::move(summary));
  }
  return summaries;
}

absl::StatusOr<StreamSummary> Store::Describe(const std::string& stream) {
  absl::StatusOr<StreamRow> row = registry_.Find(stream);
  if (!row.ok()) return row.status();
  return Summarise(&registry_, *row);
}

}  // namespace fovea
