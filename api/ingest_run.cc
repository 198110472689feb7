// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/ingest_run.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "api/camera_priors.h"
#include "api/source_digest.h"
#include "api/source_reader.h"
#include "api/stored_policy.h"
#include "codec/series_rows.h"

namespace fovea {
namespace {

constexpr int64_t kProgressEveryNs = 100'000'000;
constexpr absl::Duration kQueuePatience = absl::Milliseconds(100);

// Samples an item stands for in the books.
struct SamplesIn {
  int64_t operator()(const Frame&) const { return 1; }
  int64_t operator()(const AccessUnit&) const { return 1; }
  int64_t operator()(const SeriesBatch& batch) const {
    return static_cast<int64_t>(batch.time_ns.size());
  }
  int64_t operator()(const OpaquePacket&) const { return 1; }
  int64_t operator()(const StillImage&) const { return 1; }
  int64_t operator()(const Gap&) const { return 0; }
  int64_t operator()(const Rejected& rejected) const {
    return rejected.samples;
  }
};

struct FirstTimeOf {
  std::optional<int64_t> operator()(const SeriesBatch& batch) const {
    if (batch.time_ns.empty()) return std::nullopt;
    return batch.time_ns.front();
  }
  std::optional<int64_t> operator()(const Gap&) const { return std::nullopt; }
  std::optional<int64_t> operator()(const Rejected&) const {
    return std::nullopt;
  }
  template <typename T>
  std::optional<int64_t> operator()(const T& item) const {
    return item.time_ns;
  }
};

struct AddTime {
  int64_t shift;
  void operator()(SeriesBatch& batch) const {
    for (int64_t& time : batch.time_ns) time += shift;
  }
  void operator()(Gap& gap) const {
    gap.start_ns += shift;
    gap.end_ns += shift;
  }
  void operator()(Rejected&) const {}
  template <typename T>
  void operator()(T& item) const {
    item.time_ns += shift;
  }
};

// Takes the first `count` samples off a batch.
void DropFront(int64_t count, size_t channels, SeriesBatch* batch) {
  *batch = RowsOf(*batch, channels, static_cast<size_t>(count),
                  batch->time_ns.size());
}

bool SameShape(const StreamDescription& a, const StreamDescription& b) {
  return a.kind == b.kind && a.stills == b.stills && a.copied == b.copied &&
         a.camera.width == b.camera.width &&
         a.camera.height == b.camera.height &&
         a.camera.time_base == b.camera.time_base &&
         a.series.channels == b.series.channels;
}

// What a stream's description says of whose sensitivities its maps are.
absl::StatusOr<std::string> BehindMaps(const IngestOptions& options,
                                       const std::vector<CameraPrior>& priors) {
  std::vector<ModelId> models;
  for (const Model* model : options.models) models.push_back(model->id());
  for (const ExternalModel* model : options.external_models) {
    models.push_back(model->description().id);
  }
  if (!models.empty()) return NameModels(models);
  if (priors.empty()) return NameModels(options.map);
  for (const CameraPrior& prior : priors) models.push_back(prior.model);
  return absl::StrCat("prior of ", NameModels(models));
}

std::string PriorNote(const std::string& stream,
                      const std::vector<CameraPrior>& priors) {
  std::string of;
  for (const CameraPrior& prior : priors) {
    absl::StrAppend(&of, of.empty() ? "" : ", ", prior.model.name, " (",
                    prior.frames, " frames)");
  }
  return absl::StrCat(stream, ": maps from the camera's prior of ", of);
}

}  // namespace

struct IngestRun::Lane {
  Track track;
  std::unique_ptr<StreamWriter> writer;
  std::unique_ptr<TrackPipe> pipe;
  int64_t skip = 0;  // samples a resumed stream has already
};

struct IngestRun::Feed {
  std::unique_ptr<Source> source;
  std::vector<std::unique_ptr<Lane>> lanes;  // by track; null: rejected
  std::optional<int64_t> shift_ns;           // added to every time
};

IngestRun::IngestRun(ChunkStore* store, StreamRegistry* registry,
                     const IngestOptions& options, IngestObserver* observer,
                     const std::atomic<bool>* stop)
    : store_(store),
      registry_(registry),
      options_(WithIngestDefaults(options)),
      observer_(observer),
      stop_(stop),
      committer_(options_.dry_run ? nullptr : store, options_, observer) {}

IngestRun::~IngestRun() = default;

absl::Status IngestRun::Open(std::unique_ptr<Source> source,
                             const std::string& location,
                             const std::string& name) {
  auto feed = std::make_unique<Feed>();
  feed->source = std::move(source);
  const SourceInfo& info = feed->source->info();
  observer_->OnOpened(info);
  for (const std::string& note : info.notes) observer_->OnNote(note);
  if (info.live) {
    options_.longest_answer_ns =
        std::min(options_.longest_answer_ns, kLongestLiveAnswerNs);
  }
  const std::string digest = info.live ? "" : SourceDigest(location);
  for (Track track : info.tracks) {
    if (track.kind == StreamKind::kImu && !options_.imu.device.empty()) {
      track.series.device = options_.imu.device;
    }
    const std::string stream =
        track.suffix.empty() ? name : absl::StrCat(name, ".", track.suffix);
    if (absl::Status s = OpenLane(track, stream, location, digest, feed.get());
        !s.ok()) {
      return s;
    }
    if (track.kind == StreamKind::kCamera) {
      progress_.frames_expected += track.expected_samples;
    }
  }
  progress_.duration_ns = std::max(progress_.duration_ns, info.duration_ns);
  sources_.push_back(std::move(feed));
  return absl::OkStatus();
}

absl::Status IngestRun::OpenLane(const Track& track,
                                 const std::string& stream_name,
                                 const std::string& location,
                                 const std::string& digest, Feed* feed) {
  if (!track.rejected.empty()) {
    rejected_tracks_.push_back({stream_name, track.rejected});
    observer_->OnNote(
        absl::StrCat(stream_name, ": not stored: ", track.rejected));
    feed->lanes.push_back(nullptr);
    return absl::OkStatus();
  }
  if (absl::Status s = StreamRegistry::CheckName(stream_name); !s.ok()) {
    return s;
  }
  StreamDescription description = Describe(track, *feed, digest);
  std::vector<CameraPrior> priors;
  if (!description.encoder.empty()) {
    auto found = PriorsFor(stream_name, track.camera);
    if (!found.ok()) return found.status();
    priors = *std::move(found);
    if (!priors.empty()) observer_->OnNote(PriorNote(stream_name, priors));
    auto behind_maps = BehindMaps(options_, priors);
    if (!behind_maps.ok()) return behind_maps.status();
    description.sensitivity = *std::move(behind_maps);
  }
  std::optional<OverlapSpan> overlap;
  if (!description.encoder.empty()) {
    auto found = OverlapOf(stream_name, location, &description);
    if (!found.ok()) return found.status();
    overlap = *std::move(found);
  }
  absl::StatusOr<StreamState> state = StateFor(stream_name, description);
  if (!state.ok()) return state.status();
  auto lane = std::make_unique<Lane>();
  lane->track = track;
  if (options_.resume) lane->skip = state->counts.samples_in;
  append_after_ns_ = std::max(append_after_ns_, state->end_ns);
  // What comes in together is committed together: in the class of the first
  // stream, which is the camera's.
  if (!std::exchange(class_chosen_, true)) {
    committer_.set_retention_class(state->retention_class);
  }
  lane->writer = std::make_unique<StreamWriter>(*std::move(state), &committer_);
  lane->writer->Delivered(0);
  feed->lanes.push_back(std::move(lane));
  return OpenPipe(track, priors, overlap, feed->lanes.back().get());
}

absl::StatusOr<std::vector<CameraPrior>> IngestRun::PriorsFor(
    const std::string& stream_name, const CameraInfo& camera) {
  if (!options_.use_prior || !options_.models.empty() ||
      !options_.external_models.empty() ||
      options_.map.origin != MapOrigin::kProxy) {
    return std::vector<CameraPrior>();
  }
  const bool others = !options_.prior_stream.empty();
  auto row = registry_->Find(others ? options_.prior_stream : stream_name);
  if (!others && absl::IsNotFound(row.status())) {
    return std::vector<CameraPrior>();
  }
  if (!row.ok()) return row.status();
  auto priors = ListPriors(store_, row->id);
  if (!priors.ok()) return priors.status();
  const int columns = MacroblockCount(camera.width);
  const int rows = MacroblockCount(camera.height);
  std::erase_if(*priors, [&](const CameraPrior& prior) {
    return prior.columns != columns || prior.rows != rows;
  });
  if (others && priors->empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "stream '", row->name, "' has no prior of ", columns, "x", rows,
        " macroblocks; ingest its camera with --model once"));
  }
  return priors;
}

StreamDescription IngestRun::Describe(const Track& track, const Feed& feed,
                                      const std::string& digest) const {
  const SourceInfo& info = feed.source->info();
  StreamDescription d;
  d.kind = track.kind;
  d.camera = track.camera;
  d.series = track.series;
  d.opaque = track.opaque;
  d.stills = track.stills;
  d.source = info.name;
  d.source_codec = track.codec;
  d.source_digest = digest;
  d.source_bytes = info.bytes;
  d.coding = SeriesCodingText(track, options_);
  if (track.kind == StreamKind::kImu || track.kind == StreamKind::kSeries) {
    d.level = ImuLevelName(options_.imu.level);
  }
  d.notes = info.notes;
  for (const Track& other : info.tracks) {
    if (other.rejected.empty()) continue;
    d.notes.push_back(absl::StrCat("track '", other.suffix, "' (", other.codec,
                                   ") not stored: ", other.rejected));
  }
  if (track.kind != StreamKind::kCamera || track.stills) return d;
  d.copied = track.compressed;
  if (d.copied) {
    d.framing = track.framing;
    d.codec_config = track.codec_config;
  } else {
    d.encoder = absl::StrCat("x264 preset=", options_.preset,
                             " crf=", options_.crf, " threads=", options_.jobs);
  }
  return d;
}

absl::StatusOr<StreamState> IngestRun::StateFor(
    const std::string& name, const StreamDescription& description) {
  absl::StatusOr<StreamRow> row = registry_->Find(name);
  if (row.ok()) {
    if (options_.append || options_.resume) return Continue(*row, description);
    return absl::AlreadyExistsError(
        absl::StrCat("stream '", name,
                     "' exists; choose another --name, or use --append "
                     "or --resume"));
  }
  if (!absl::IsNotFound(row.status())) return row.status();
  const absl::StatusOr<RetentionPolicy> policy = StoredPolicy(store_);
  if (!policy.ok()) return policy.status();
  StreamState state;
  state.retention_class = policy->ClassOf(name);
  state.row.id = registry_->NewId();
  state.row.kind = static_cast<uint8_t>(description.kind);
  state.row.name = name;
  state.row.description = EncodeStreamDescription(description);
  return state;
}

absl::StatusOr<StreamState> IngestRun::Continue(
    const StreamRow& row, const StreamDescription& description) {
  absl::StatusOr<StreamDescription> stored =
      DecodeStreamDescription(row.description);
  if (!stored.ok()) return stored.status();
  if (!SameShape(*stored, description)) {
    return absl::FailedPreconditionError(
        absl::StrCat("stream '", row.name,
                     "' holds another kind, size, time "
                     "base or set of channels; choose another --name"));
  }
  if (options_.resume && (stored->source_digest.empty() ||
                          stored->source_digest != description.source_digest)) {
    return absl::FailedPreconditionError(
        absl::StrCat("stream '", row.name, "' came from '", stored->source,
                     "', which is not this source; use --append to add to it"));
  }
  absl::StatusOr<StreamCounts> counts = registry_->BookedCounts(row.id);
  if (!counts.ok()) return counts.status();
  absl::StatusOr<StreamExtent> extent = registry_->Extent(row);
  if (!extent.ok()) return extent.status();
  auto ingest_times = registry_->IngestTimes(row.id);
  if (!ingest_times.ok()) return ingest_times.status();
  const auto retention_class = registry_->Class(row.id);
  if (!retention_class.ok()) return retention_class.status();
  StreamState state;
  state.ingest_times = *std::move(ingest_times);
  state.retention_class = *retention_class;
  state.row = row;
  state.registered = true;
  state.counts = *std::move(counts);
  state.next_index = extent->end_index;
  state.next_block = extent->end_block;
  state.end_ns = extent->end_ns;
  return state;
}

absl::Status IngestRun::OpenPipe(const Track& track,
                                 const std::vector<CameraPrior>& priors,
                                 const std::optional<OverlapSpan>& overlap,
                                 Lane* lane) {
  StreamWriter* writer = lane->writer.get();
  auto pipe = track.kind != StreamKind::kCamera || track.stills
                  ? NewBlockPipe(track, options_, writer)
              : track.compressed
                  ? NewCopyPipe(track, options_, writer)
                  : NewEncodePipe(track, options_, lane->skip, priors, overlap,
                                  writer, [this](const FailedModel& failed) {
                                    NoteFailure(failed);
                                  });
  if (!pipe.ok()) return pipe.status();
  lane->pipe = *std::move(pipe);
  return absl::OkStatus();
}

void IngestRun::NoteFailure(const FailedModel& failed) {
  failed_models_.push_back(failed);
  observer_->OnNote(
      absl::StrCat(std::string(failed.error.message()), "; ", failed.stream,
                   " comes in ", "without this model from frame ", failed.index,
                   " on: the proxy makes its maps, nothing is observed"));
}

absl::Status IngestRun::Run() {
  for (const std::unique_ptr<Feed>& feed : sources_) {
    if (absl::Status status = Pump(feed.get()); !status.ok()) return status;
    if (absl::Status s = FinishLanes(feed.get()); !s.ok()) return s;
  }
  if (absl::Status status = committer_.Commit(); !status.ok()) return status;
  progress_.bytes_out = committer_.bytes_committed();
  progress_.bytes_known = committer_.bytes_known();
  observer_->OnProgress(progress_);
  return absl::OkStatus();
}

absl::Status IngestRun::Pump(Feed* feed) {
  SourceReader reader(feed->source.get());
  while (!Interrupted()) {
    SourceItem item;
    switch (reader.Next(kQueuePatience, &item)) {
      case SourceReader::State::kEnd:
        if (source_error_.ok()) source_error_ = reader.status();
        return absl::OkStatus();
      case SourceReader::State::kItem:
        if (absl::Status s = Take(std::move(item), feed); !s.ok()) return s;
        break;
      case SourceReader::State::kNothingYet:
        if (absl::Status s = committer_.CommitIfDue(); !s.ok()) return s;
        break;
    }
  }
  return absl::OkStatus();
}

absl::Status IngestRun::Take(SourceItem item, Feed* feed) {
  Lane* lane = feed->lanes[static_cast<size_t>(item.track)].get();
  if (lane == nullptr) return absl::OkStatus();
  ShiftTime(&item, feed);
  CountProgress(item, *lane);
  const int64_t samples = std::visit(SamplesIn(), item.value);
  if (lane->skip >= samples && lane->skip > 0) {
    lane->skip -= samples;
    return absl::OkStatus();
  }
  if (lane->skip > 0) {
    if (auto* batch = std::get_if<SeriesBatch>(&item.value)) {
      DropFront(lane->skip, lane->track.series.channels.size(), batch);
    } else if (auto* rejected = std::get_if<Rejected>(&item.value)) {
      rejected->samples -= lane->skip;
    }
    lane->skip = 0;
  }
  return Deliver(std::move(item), lane);
}

absl::Status IngestRun::Deliver(SourceItem item, Lane* lane) {
  if (const auto* rejected = std::get_if<Rejected>(&item.value)) {
    lane->writer->Reject(rejected->samples, rejected->reason);
    return absl::OkStatus();
  }
  if (const auto* gap = std::get_if<Gap>(&item.value)) {
    // What came before the gap must not wait for what comes after it.
    if (absl::Status s = lane->pipe->Drain(); !s.ok()) return s;
    lane->writer->AddGap(*gap);
    return committer_.Commit();
  }
  return lane->pipe->Add(std::move(item));
}

absl::Status IngestRun::FinishLanes(Feed* feed) {
  for (const std::unique_ptr<Lane>& lane : feed->lanes) {
    if (lane == nullptr) continue;
    if (absl::Status s = lane->pipe->Drain(); !s.ok()) return s;
    if (Interrupted()) continue;
    if (absl::Status s = lane->writer->Finish(); !s.ok()) return s;
  }
  return absl::OkStatus();
}

void IngestRun::ShiftTime(SourceItem* item, Feed* feed) const {
  if (!options_.append) return;
  if (!feed->shift_ns.has_value()) {
    const std::optional<int64_t> first = std::visit(FirstTimeOf(), item->value);
    if (!first.has_value()) return;
    // A source that starts before the stream's end is continued there.
    feed->shift_ns = *first < append_after_ns_ ? append_after_ns_ - *first : 0;
  }
  std::visit(AddTime{*feed->shift_ns}, item->value);
}

void IngestRun::CountProgress(const SourceItem& item, const Lane& lane) {
  const int64_t samples = std::visit(SamplesIn(), item.value);
  if (std::holds_alternative<Rejected>(item.value)) {
    progress_.rejected += samples;
  } else if (std::holds_alternative<Gap>(item.value)) {
    ++progress_.gaps;
  } else if (lane.track.kind == StreamKind::kCamera) {
    progress_.frames += samples;
  } else {
    progress_.samples += samples;
  }
  if (const auto time = std::visit(FirstTimeOf(), item.value)) {
    progress_.stream_ns = std::max(progress_.stream_ns, *time);
  }
  const int64_t now = options_.monotonic_ns();
  if (now - last_progress_ns_ < kProgressEveryNs) return;
  last_progress_ns_ = now;
  progress_.bytes_out = committer_.bytes_committed();
  progress_.bytes_known = committer_.bytes_known();
  observer_->OnProgress(progress_);
}

IngestReport IngestRun::Report() const {
  IngestReport report;
  for (const std::unique_ptr<Feed>& feed : sources_) {
    report.source_bytes += static_cast<uint64_t>(feed->source->info().bytes);
    report.live |= feed->source->info().live;
    for (const std::unique_ptr<Lane>& lane : feed->lanes) {
      if (lane == nullptr) continue;
      report.streams.push_back(lane->writer->report());
      for (ReuseReport& reuse : lane->pipe->Reuse()) {
        report.reuse.push_back({lane->writer->name(), std::move(reuse)});
      }
    }
  }
  report.rejected_tracks = rejected_tracks_;
  report.failed_models = failed_models_;
  report.stored_bytes = committer_.bytes_appended();
  report.stopped = Interrupted();
  report.source_error = source_error_;
  return report;
}

}  // namespace fovea
