// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/series_file.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/device_profiles.h"
#include "api/stop_flag.h"
#include "api/window_coding.h"
#include "codec/formats/csv_writer.h"
#include "codec/formats/mcap_writer.h"
#include "codec/formats/series_file_writer.h"
#include "codec/series_block.h"
#include "codec/series_cutter.h"
#include "codec/series_rows.h"

namespace fovea {
namespace {

// Takes the samples of the tracks that were chosen, by their places among
// them.
class SeriesSink {
 public:
  virtual ~SeriesSink() = default;
  virtual absl::Status Add(size_t track, const SeriesBatch& batch) = 0;
  virtual absl::Status Add(size_t, const Gap&) { return absl::OkStatus(); }
  virtual absl::Status Add(size_t, const Rejected&) { return absl::OkStatus(); }
  virtual absl::Status Finish(SeriesFileReport* report) = 0;
};

class FileSink : public SeriesSink {
 public:
  explicit FileSink(std::unique_ptr<SeriesFileWriter> writer)
      : writer_(std::move(writer)) {}

  absl::Status Add(size_t track, const SeriesBatch& batch) override {
    return writer_->Add(track, batch);
  }
  absl::Status Add(size_t track, const Gap& gap) override {
    return writer_->Add(track, gap);
  }
  absl::Status Add(size_t track, const Rejected& rejected) override {
    return writer_->Add(track, rejected);
  }
  absl::Status Finish(SeriesFileReport* report) override {
    if (absl::Status s = writer_->Finish(); !s.ok()) return s;
    report->file_bytes = writer_->bytes();
    for (size_t i = 0; i < report->tracks.size(); ++i) {
      report->tracks[i].blocks = writer_->blocks(i);
      report->tracks[i].bytes = writer_->block_bytes(i);
    }
    return absl::OkStatus();
  }

 private:
  const std::unique_ptr<SeriesFileWriter> writer_;
};

class CsvSink : public SeriesSink {
 public:
  explicit CsvSink(std::unique_ptr<CsvWriter> writer)
      : writer_(std::move(writer)) {}

  absl::Status Add(size_t, const SeriesBatch& batch) override {
    return writer_->Add(batch);
  }
  absl::Status Finish(SeriesFileReport* report) override {
    if (absl::Status s = writer_->Finish(); !s.ok()) return s;
    report->file_bytes = writer_->bytes();
    return absl::OkStatus();
  }

 private:
  const std::unique_ptr<CsvWriter> writer_;
};

class McapSink : public SeriesSink {
 public:
  McapSink(std::string path, std::unique_ptr<McapWriter> writer)
      : path_(std::move(path)), writer_(std::move(writer)) {}

  // An Imu message holds gyroscope and accelerometer; an imu track with
  // anything else is a series.
  absl::Status AddTrack(const Track& track) {
    const std::string topic =
        "/" + (track.suffix.empty() ? std::string("samples") : track.suffix);
    auto channel = track.kind == StreamKind::kImu
                       ? writer_->AddImuChannel(topic, track.series, "")
                       : writer_->AddSeriesChannel(topic, track.series);
    if (absl::IsInvalidArgument(channel.status()) &&
        track.kind == StreamKind::kImu) {
      channel = writer_->AddSeriesChannel(topic, track.series);
    }
    if (channel.ok()) channels_.push_back(*channel);
    return channel.status();
  }

  absl::Status Add(size_t track, const SeriesBatch& batch) override {
    return writer_->WriteSamples(channels_[track], batch);
  }
  absl::Status Finish(SeriesFileReport* report) override {
    if (absl::Status s = writer_->Close(); !s.ok()) return s;
    std::error_code ignored;
    report->file_bytes = std::filesystem::file_size(path_, ignored);
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  const std::unique_ptr<McapWriter> writer_;
  std::vector<McapChannel> channels_;
};

// A source and which of its tracks are wanted.
struct SeriesInput {
  std::unique_ptr<Source> source;
  std::vector<std::optional<size_t>> places;  // per track, among the chosen
  int64_t expected = 0;  // samples of the chosen; 0 unknown
};

std::string NameOf(const Track& track) {
  return track.suffix.empty() ? "(main)" : track.suffix;
}

bool IsSeries(const Track& track) {
  return track.rejected.empty() &&
         (track.kind == StreamKind::kImu || track.kind == StreamKind::kSeries);
}

absl::Status NoSeries(const SourceInfo& info) {
  std::vector<std::string> names;
  for (const Track& track : info.tracks) {
    names.push_back(absl::StrCat(NameOf(track), " (", track.codec, ")"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(info.name, ": holds no imu or series track; there is ",
                   absl::StrJoin(names, ", ")));
}

absl::StatusOr<SeriesInput> OpenSeries(const std::string& location,
                                       const SourceOptions& options,
                                       const std::string& suffix,
                                       SeriesFileReport* report) {
  auto source = OpenSource(location, options);
  if (!source.ok()) return source.status();
  SeriesInput input;
  input.source = *std::move(source);
  const SourceInfo& info = input.source->info();
  report->notes = info.notes;
  for (const Track& track : info.tracks) {
    input.places.emplace_back();
    if (!suffix.empty() && track.suffix != suffix) continue;
    if (!IsSeries(track)) {
      report->notes.push_back(
          absl::StrCat("left out: ", NameOf(track), " (", track.codec, ")",
                       track.rejected.empty() ? "" : ", " + track.rejected));
      continue;
    }
    input.places.back() = report->tracks.size();
    input.expected += track.expected_samples;
    report->tracks.emplace_back().track = track;
  }
  if (!report->tracks.empty()) return input;
  if (suffix.empty()) return NoSeries(info);
  return absl::NotFoundError(
      absl::StrCat(info.name, ": no imu or series track '", suffix, "'"));
}

bool IsAllTime(const SourceOptions& options) {
  return options.from_ns == std::numeric_limits<int64_t>::min() &&
         options.to_ns == std::numeric_limits<int64_t>::max();
}

// Samples whose time is wanted: sources may give others, too.
SeriesBatch Within(const SourceOptions& options, SeriesBatch batch,
                   size_t channels) {
  if (IsAllTime(options)) return batch;
  SeriesBatch within;
  for (size_t i = 0; i < batch.time_ns.size(); ++i) {
    const int64_t time_ns = batch.time_ns[i];
    const bool before = time_ns < options.to_ns ||
                        options.to_ns == std::numeric_limits<int64_t>::max();
    if (time_ns < options.from_ns || !before) continue;
    AppendRow(batch, i, channels, &within);
  }
  return within;
}

absl::Status Take(SourceItem item, size_t place, const SourceOptions& options,
                  SeriesSink* sink, SeriesFileReport* report) {
  SeriesTrackReport& track = report->tracks[place];
  if (auto* batch = std::get_if<SeriesBatch>(&item.value)) {
    const SeriesBatch wanted =
        Within(options, std::move(*batch), track.track.series.channels.size());
    track.samples += static_cast<int64_t>(wanted.time_ns.size());
    return wanted.time_ns.empty() ? absl::OkStatus() : sink->Add(place, wanted);
  }
  if (const auto* gap = std::get_if<Gap>(&item.value)) {
    ++track.gaps;
    return sink->Add(place, *gap);
  }
  if (const auto* rejected = std::get_if<Rejected>(&item.value)) {
    track.rejected += rejected->samples;
    if (rejected->samples > 0) track.rejected_why = rejected->reason;
    return sink->Add(place, *rejected);
  }
  return absl::InternalError("a series track that gave no samples");
}

absl::Status Feed(const SeriesInput& input, const SourceOptions& options,
                  const SeriesProgress& progress, const std::atomic<bool>* stop,
                  SeriesSink* sink, SeriesFileReport* report) {
  int64_t done = 0;
  while (true) {
    report->stopped = Stopped(stop);
    if (report->stopped) return absl::OkStatus();
    auto item = input.source->Next();
    if (!item.ok()) report->source_error = item.status();
    if (!item.ok() || !item->has_value()) return absl::OkStatus();
    const auto place = input.places[static_cast<size_t>((*item)->track)];
    if (!place) continue;
    if (absl::Status s = Take(**std::move(item), *place, options, sink, report);
        !s.ok()) {
      return s;
    }
    done = 0;
    for (const SeriesTrackReport& track : report->tracks) done += track.samples;
    if (progress) progress(done, input.expected);
  }
}

// What Feed() left in `report` becomes a file, where there is anything.
absl::StatusOr<SeriesFileReport> Settle(absl::Status fed,
                                        const SourceOptions& options,
                                        SeriesSink* sink,
                                        SeriesFileReport report) {
  if (!fed.ok()) return fed;
  int64_t samples = 0;
  for (const SeriesTrackReport& track : report.tracks) samples += track.samples;
  if (samples == 0 && !report.source_error.ok()) return report.source_error;
  if (samples == 0 && !IsAllTime(options)) {
    return absl::NotFoundError(
        "no samples in that time; times are as the recording has them, which "
        "may count from its device's start or from 1970");
  }
  if (absl::Status s = sink->Finish(&report); !s.ok()) return s;
  return report;
}

absl::StatusOr<SeriesFileInput> CodingOf(const EncodeSeriesOptions& options,
                                         const Track& track) {
  SeriesFileInput input;
  input.track = track;
  const bool imu = track.kind == StreamKind::kImu;
  if (imu && !options.imu.device.empty()) {
    input.track.series.device = options.imu.device;
  }
  const SeriesInfo& series = input.track.series;
  ImuCodingOptions coding = options.imu;
  coding.bounds =
      imu ? ImuBoundsOf(options.imu.bounds, series) : std::vector<ImuBound>();
  auto settled = ImuCodingFor(coding, series);
  if (!settled.ok()) return settled.status();
  input.coding = *std::move(settled);
  if (!imu) return input;
  const WindowCodingOptions& windows = options.imu.windows;
  if (!input.coding.bounds.empty() || windows.chosen()) {
    input.coding_text = ImuCodingText(input.coding, windows, series);
  }
  const auto profile = ChooseProfile(options.imu.profiles, series);
  if (!profile.ok()) return profile.status();
  if (*profile != nullptr) input.profile = (*profile)->bytes;
  return input;
}

// Makes the plan by the first block of a track that is long enough; none where
// there is no such.
absl::Status PlanWindows(const EncodeSeriesOptions& options, size_t index,
                         const SeriesInfo& series, WindowCoding* windows) {
  auto source = OpenSource(options.input, options.source);
  if (!source.ok()) return source.status();
  auto cutter = SeriesCutter::OfRows(series.channels.size(), windows->rows());
  const auto plan = [&]() -> absl::Status {
    const SeriesBatch block = cutter.Take();
    if (block.time_ns.empty()) return absl::OkStatus();
    absl::Status made = windows->MakePlan(block);
    return absl::IsFailedPrecondition(made) ? absl::OkStatus() : made;
  };
  while (windows->plan() == nullptr) {
    const auto item = (*source)->Next();
    if (!item.ok() || !item->has_value()) return plan();
    const auto* batch = std::get_if<SeriesBatch>(&(*item)->value);
    if (static_cast<size_t>((*item)->track) != index || batch == nullptr) {
      continue;
    }
    for (size_t i = 0; i < batch->time_ns.size(); ++i) {
      if (cutter.IsFull(batch->time_ns[i])) {
        if (absl::Status s = plan(); !s.ok()) return s;
      }
      cutter.Add(*batch, i);
    }
  }
  return absl::OkStatus();
}

// Lets an imu track be coded for the model; its blocks' verdicts are added to
// `coded`. Both outlive `input`.
absl::Status AddWindows(const EncodeSeriesOptions& options, size_t index,
                        WindowCoding* windows, CodedWindows* coded,
                        SeriesFileInput* input) {
  if (options.input == "-") {
    return absl::InvalidArgumentError(
        "-: for a model the input is read twice; write it to a file first");
  }
  absl::Status planned =
      PlanWindows(options, index, input->track.series, windows);
  if (!planned.ok()) return planned;
  if (windows->plan() == nullptr) return absl::OkStatus();
  input->plan = windows->plan_bytes();
  input->block_rows = windows->rows();
  input->encode =
      [windows, coded](
          const SeriesBatch& batch,
          const SeriesCoding& coding) -> absl::StatusOr<std::vector<uint8_t>> {
    auto block = windows->Encode(batch, coding);
    if (!block.ok()) return block.status();
    const auto decoded =
        DecodeSeriesBlock(*block, coding.profile, windows->plan());
    if (!decoded.ok()) return decoded.status();
    coded->Add(decoded->verdict);
    return block;
  };
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SeriesSink>> OpenText(
    const std::string& output, const SeriesFileReport& report) {
  if (absl::EndsWith(output, ".mcap")) {
    auto writer = McapWriter::Create(output, {});
    if (!writer.ok()) return writer.status();
    auto sink = std::make_unique<McapSink>(output, *std::move(writer));
    for (const SeriesTrackReport& track : report.tracks) {
      if (absl::Status s = sink->AddTrack(track.track); !s.ok()) return s;
    }
    return sink;
  }
  if (report.tracks.size() > 1) {
    std::vector<std::string> names;
    for (const auto& track : report.tracks) {
      names.push_back(NameOf(track.track));
    }
    return absl::InvalidArgumentError(
        absl::StrCat(output, ": a .csv holds one track, and there are ",
                     absl::StrJoin(names, ", "),
                     "; choose one with --track, or write an .mcap"));
  }
  auto writer = CsvWriter::Create(output, report.tracks[0].track.series);
  if (!writer.ok()) return writer.status();
  return std::make_unique<CsvSink>(*std::move(writer));
}

}  // namespace

absl::StatusOr<SeriesFileReport> EncodeSeriesFile(
    const EncodeSeriesOptions& options, const SeriesProgress& progress,
    const std::atomic<bool>* stop) {
  SeriesFileReport report;
  const auto input = OpenSeries(options.input, options.source, "", &report);
  if (!input.ok()) return input.status();
  const SourceInfo& info = input->source->info();
  absl::Status bounds = CheckImuBounds(options.imu.bounds, info.tracks);
  if (!bounds.ok()) return bounds;
  const bool imu = std::any_of(
      report.tracks.begin(), report.tracks.end(),
      [](const auto& track) { return track.track.kind == StreamKind::kImu; });
  if (!imu && (!options.imu.bounds.empty() || options.imu.windows.chosen())) {
    return absl::InvalidArgumentError(
        absl::StrCat(info.name,
                     ": bounds and models are of inertial samples, and it has "
                     "no imu track; leave them out"));
  }
  std::vector<SeriesFileInput> inputs;
  std::vector<std::unique_ptr<WindowCoding>> for_model;
  for (size_t i = 0; i < info.tracks.size(); ++i) {
    if (!input->places[i]) continue;
    SeriesTrackReport& track = report.tracks[*input->places[i]];
    auto coding = CodingOf(options, track.track);
    if (!coding.ok()) return coding.status();
    inputs.push_back(*std::move(coding));
    if (track.track.kind != StreamKind::kImu || !options.imu.windows.chosen()) {
      continue;
    }
    auto windows =
        WindowCoding::Create(options.imu.windows, track.track.series);
    if (!windows.ok()) return windows.status();
    for_model.push_back(*std::move(windows));
    absl::Status added = AddWindows(options, i, for_model.back().get(),
                                    &track.coded, &inputs.back());
    if (!added.ok()) return added;
  }
  auto writer =
      SeriesFileWriter::Create(options.output, inputs, options.block_ns);
  if (!writer.ok()) return writer.status();
  FileSink sink(*std::move(writer));
  const absl::Status fed =
      Feed(*input, options.source, progress, stop, &sink, &report);
  return Settle(fed, options.source, &sink, std::move(report));
}

absl::StatusOr<SeriesFileReport> DecodeSeriesFile(
    const DecodeSeriesOptions& options, const SeriesProgress& progress,
    const std::atomic<bool>* stop) {
  SeriesFileReport report;
  const auto input =
      OpenSeries(options.input, options.source, options.track, &report);
  if (!input.ok()) return input.status();
  auto sink = OpenText(options.output, report);
  if (!sink.ok()) return sink.status();
  const absl::Status fed =
      Feed(*input, options.source, progress, stop, sink->get(), &report);
  return Settle(fed, options.source, sink->get(), std::move(report));
}

bool IsSeriesFileName(const std::string& path) {
  return absl::EndsWith(path, ".fser");
}

bool IsSeriesTextName(const std::string& path) {
  return absl::EndsWith(path, ".csv") || absl::EndsWith(path, ".mcap");
}

}  // namespace fovea
