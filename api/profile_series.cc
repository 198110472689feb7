// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/profile_series.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/whole_file.h"
#include "sensitivity/window_input.h"
#include "sensitivity/window_profiler.h"

namespace fovea {
namespace {

using Progress = std::function<void(int64_t, int64_t)>;

std::string TrackName(const Track& track) {
  return absl::StrCat(track.suffix.empty() ? "video" : track.suffix, " (",
                      track.codec, ")");
}

// Before what a model has to say comes whose channels it looked at.
absl::Status Named(const std::string& name, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(name, ": ", std::string(status.message())));
}

// The models' profilers on their way through one series.
class Recording {
 public:
  Recording(const ProfileSeriesOptions& options,
            const std::vector<Model*>& models,
            const std::vector<std::string>& outputs)
      : options_(options), models_(models), outputs_(outputs) {}

  absl::Status Open(const std::string& track, const SeriesInfo& series) {
    report_.track = track;
    report_.series = series;
    for (Model* model : models_) {
      auto profiler = WindowProfiler::Create(model, series, options_.hop);
      if (!profiler.ok()) return Named(track, profiler.status());
      profilers_.push_back(*std::move(profiler));
    }
    return absl::OkStatus();
  }

  absl::Status Add(const SeriesBatch& batch) {
    report_.rows += std::ssize(batch.time_ns);
    for (const auto& profiler : profilers_) {
      if (absl::Status s = profiler->Add(batch); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ProfileSeriesReport> Finish() {
    for (size_t i = 0; i < models_.size(); ++i) {
      if (profilers_[i]->counts().windows == 0) return NoWindow(i);
    }
    for (size_t i = 0; i < models_.size(); ++i) {
      ProfileSeriesReport::PerModel of_model;
      of_model.model = models_[i]->id();
      of_model.output = outputs_[i];
      of_model.counts = profilers_[i]->counts();
      of_model.sensitivity = profilers_[i]->Result();
      const auto text = SeriesSensitivityText(of_model.sensitivity);
      if (!text.ok()) return text.status();
      of_model.bytes = text->size();
      absl::Status written = WriteWholeFile(of_model.output, *text);
      if (!written.ok()) return written;
      report_.models.push_back(std::move(of_model));
    }
    return std::move(report_);
  }

  ProfileSeriesReport& report() { return report_; }

 private:
  absl::Status NoWindow(size_t i) const {
    if (!report_.source_error.ok()) return report_.source_error;
    if (report_.stopped) {
      return absl::CancelledError(options_.input +
                                  ": interrupted before the first window");
    }
    const ModelCard& card = models_[i]->card();
    const WindowCounts& counts = profilers_[i]->counts();
    return absl::InvalidArgumentError(absl::StrCat(
        options_.input, ": holds no window of model ", models_[i]->id().name,
        "; expected ", card.window / card.rate_hz, " s without a gap, found ",
        counts.rows, " samples in ", counts.stretches, " stretches"));
  }

  const ProfileSeriesOptions& options_;
  const std::vector<Model*>& models_;
  const std::vector<std::string>& outputs_;
  std::vector<std::unique_ptr<WindowProfiler>> profilers_;
  ProfileSeriesReport report_;
};

// Whether `series` has the channels of all models.
absl::Status CheckChannels(const std::vector<Model*>& models,
                           const SeriesInfo& series) {
  for (const Model* model : models) {
    const auto found = FindChannels(model->card(), series);
    if (!found.ok()) return found.status();
  }
  return absl::OkStatus();
}

// The track to read, by its number.
absl::StatusOr<int> ChooseTrack(const std::vector<Model*>& models,
                                const std::vector<Track>& tracks) {
  std::optional<absl::Status> first_fault;
  for (const StreamKind kind : {StreamKind::kImu, StreamKind::kSeries}) {
    for (size_t i = 0; i < tracks.size(); ++i) {
      if (tracks[i].kind != kind || !tracks[i].rejected.empty()) continue;
      absl::Status fault = CheckChannels(models, tracks[i].series);
      if (fault.ok()) return static_cast<int>(i);
      if (!first_fault) first_fault = Named(TrackName(tracks[i]), fault);
    }
  }
  if (first_fault) return *first_fault;
  return absl::InvalidArgumentError(absl::StrCat(
      "no inertial or other series; there are ",
      absl::StrJoin(tracks, ", ", [](std::string* out, const Track& track) {
        out->append(TrackName(track));
      })));
}

absl::Status FeedFile(const ProfileSeriesOptions& options,
                      const std::vector<Model*>& models,
                      const Progress& progress, const std::atomic<bool>* stop,
                      Recording* recording) {
  SourceOptions source_options = options.source;
  source_options.copy = true;  // pictures beside the series are not decoded
  source_options.stop = stop;
  auto opened = OpenSource(options.input, source_options);
  if (absl::IsInvalidArgument(opened.status())) {
    // Nothing but pictures of another codec: tells the tracks, not that.
    source_options.copy = false;
    opened = OpenSource(options.input, source_options);
  }
  if (!opened.ok()) return opened.status();
  Source& source = **opened;
  const auto chosen = ChooseTrack(models, source.info().tracks);
  if (!chosen.ok()) return Named(options.input, chosen.status());
  const Track& track = source.info().tracks[static_cast<size_t>(*chosen)];
  ProfileSeriesReport& report = recording->report();
  report.notes = source.info().notes;
  absl::Status status = recording->Open(TrackName(track), track.series);
  while (status.ok()) {
    auto item = source.Next();
    if (!item.ok()) report.source_error = item.status();
    if (!item.ok() || !item->has_value()) break;
    if ((*item)->track != *chosen) continue;
    if (const auto* bad = std::get_if<Rejected>(&(*item)->value)) {
      report.rejected += bad->samples;
      report.notes.push_back(bad->reason);
    } else if (const auto* batch = std::get_if<SeriesBatch>(&(*item)->value)) {
      status = recording->Add(*batch);
      if (progress) progress(report.rows, track.expected_samples);
    }
  }
  report.stopped = stop != nullptr && stop->load();
  return status;
}

// The stream asked for, or the inertial one beside a camera's.
absl::StatusOr<StreamSummary> FindStream(const ProfileSeriesOptions& options) {
  auto stream = options.store->Describe(options.input);
  if (!stream.ok()) return stream;
  const StreamKind kind = stream->description.kind;
  if (kind == StreamKind::kImu || kind == StreamKind::kSeries) return stream;
  if (kind == StreamKind::kCamera) {
    auto beside = options.store->Describe(options.input + ".imu");
    if (beside.ok() || !absl::IsNotFound(beside.status())) return beside;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "stream '", options.input, "': is ", StreamKindName(kind),
      kind == StreamKind::kCamera
          ? absl::StrCat(", and there is no '", options.input, ".imu'")
          : "",
      "; the model takes windows of an imu or series stream"));
}

absl::Status FeedStream(const ProfileSeriesOptions& options,
                        const Progress& progress, const std::atomic<bool>* stop,
                        Recording* recording) {
  const auto stream = FindStream(options);
  if (!stream.ok()) return stream.status();
  absl::Status status =
      recording->Open(stream->name, stream->description.series);
  if (!status.ok()) return status;
  ProfileSeriesReport& report = recording->report();
  const auto total = static_cast<int64_t>(stream->end_index);
  absl::Status read = options.store->ReadSeries(
      stream->name, TimeRange(), [&](const SeriesBatch& batch) {
        report.stopped = stop != nullptr && stop->load();
        if (report.stopped) return false;
        status = recording->Add(batch);
        if (progress) progress(report.rows, total);
        return status.ok();
      });
  return status.ok() ? read : status;
}

}  // namespace

absl::StatusOr<bool> TakeWindows(const std::vector<Model*>& models) {
  const Model* of_windows = nullptr;
  const Model* of_pictures = nullptr;
  for (const Model* model : models) {
    (model->card().window > 0 ? of_windows : of_pictures) = model;
  }
  if (of_windows == nullptr || of_pictures == nullptr) {
    return of_windows != nullptr;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("model ", of_pictures->id().name,
                   " takes pictures and model ", of_windows->id().name,
                   " windows of a series; profile with one kind at a time"));
}

absl::StatusOr<ProfileSeriesReport> ProfileSeries(
    const ProfileSeriesOptions& options, const std::vector<Model*>& models,
    const std::vector<std::string>& outputs, const Progress& progress,
    const std::atomic<bool>* stop) {
  if (models.empty() || models.size() != outputs.size()) {
    return absl::InvalidArgumentError("profile: needs a file per model");
  }
  Recording recording(options, models, outputs);
  absl::Status fed = options.store == nullptr
                         ? FeedFile(options, models, progress, stop, &recording)
                         : FeedStream(options, progress, stop, &recording);
  if (!fed.ok()) return fed;
  return recording.Finish();
}

}  // namespace fovea
