// SPDX-License-Identifier: GPL-2.0-or-later
//
// Streams to files other programs open.

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/export_mcap.h"
#include "api/gop_reader.h"
#include "api/stop_flag.h"
#include "api/store.h"
#include "codec/formats/video_writer.h"
#include "index/frame_index.h"

namespace fovea {
namespace {

// Writes beside the target and renames at Finish().
class OutputFile {
 public:
  static absl::StatusOr<std::unique_ptr<OutputFile>> Create(
      const std::string& path) {
    std::error_code ignored;
    const auto kind = std::filesystem::status(path, ignored).type();
    if (kind != std::filesystem::file_type::regular &&
        kind != std::filesystem::file_type::not_found) {
      return absl::InvalidArgumentError(absl::StrCat(
          "cannot write '", path, "': not a file; name one with -o"));
    }
    const std::string unfinished = path + ".part";
    std::FILE* file = std::fopen(unfinished.c_str(), "wb");
    if (file == nullptr) {
      return absl::PermissionDeniedError(
          absl::StrCat("cannot write '", path,
                       "'; does its folder exist and may you write there?"));
    }
    return std::unique_ptr<OutputFile>(new OutputFile(path, unfinished, file));
  }

  ~OutputFile() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    std::error_code ignored;
    std::filesystem::remove(unfinished_, ignored);
  }

  bool Write(const void* data, size_t size) {
    bytes_ += size;
    good_ = good_ && std::fwrite(data, 1, size, file_) == size;
    return good_;
  }

  absl::StatusOr<uint64_t> Finish() {
    const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
    std::error_code error;
    if (good_ && closed) std::filesystem::rename(unfinished_, path_, error);
    if (!good_ || !closed || error) {
      std::error_code ignored;
      std::filesystem::remove(unfinished_, ignored);
      return absl::ResourceExhaustedError(
          absl::StrCat("writing '", path_, "' failed; is the disk full?"));
    }
    return bytes_;
  }

 private:
  OutputFile(std::string path, std::string unfinished, std::FILE* file)
      : path_(std::move(path)),
        unfinished_(std::move(unfinished)),
        file_(file) {}

  const std::string path_;
  const std::string unfinished_;
  std::FILE* file_;
  uint64_t bytes_ = 0;
  bool good_ = true;
};

void Cover(int64_t start_ns, int64_t end_ns, ExportReport* report) {
  if (report->samples == 0) report->covered = {start_ns, end_ns};
  report->covered.from_ns = std::min(report->covered.from_ns, start_ns);
  report->covered.to_ns = std::max(report->covered.to_ns, end_ns);
}

absl::Status Interrupted(const std::string& path) {
  return absl::CancelledError(
      absl::StrCat("'", path, "': interrupted; nothing was written"));
}

// Muxers refuse times that stand still or run backward; sources have them.
// A unit's times are moved on by the least that helps.
class TimeKeeper {
 public:
  void Mend(AccessUnit* unit) {
    if (has_last_ && unit->dts <= last_) unit->dts = last_ + 1;
    unit->pts = std::max(unit->pts, unit->dts);
    last_ = unit->dts;
    has_last_ = true;
  }

 private:
  bool has_last_ = false;
  int64_t last_ = 0;
};

std::string Shortest(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return std::string(text, end.ptr);
}

std::string CsvHeader(const SeriesInfo& series) {
  std::string line = "timestamp [ns]";
  for (const Channel& channel : series.channels) {
    absl::StrAppend(&line, ",", channel.name);
    if (!channel.unit.empty()) absl::StrAppend(&line, " [", channel.unit, "]");
  }
  return line + "\n";
}

std::string CsvRows(const SeriesBatch& batch, size_t channels) {
  std::string text;
  for (size_t i = 0; i < batch.time_ns.size(); ++i) {
    absl::StrAppend(&text, batch.time_ns[i]);
    for (size_t c = 0; c < channels; ++c) {
      absl::StrAppend(&text, ",", Shortest(batch.values[i * channels + c]));
    }
    text += '\n';
  }
  return text;
}

absl::StatusOr<ExportReport> ExportVideo(Store* store,
                                         const StreamSummary& stream,
                                         TimeRange range, bool original,
                                         const std::string& path,
                                         const std::atomic<bool>* stop) {
  const FrameIndex index(store->chunks());
  const GopReader reader(store->chunks(), &stream.description);
  absl::StatusOr<std::vector<GopRef>> gops =
      index.Gops(stream.id, range.from_ns, range.to_ns);
  if (!gops.ok()) return gops.status();
  if (gops->empty()) {
    return absl::NotFoundError(
        absl::StrCat("stream '", stream.name, "' holds nothing in that time"));
  }
  VideoWriterOptions options;
  options.camera = stream.description.camera;
  if (original) {
    options.framing = stream.description.framing;
    options.codec_config = stream.description.codec_config;
  }
  auto writer = VideoWriter::Create(path, options);
  if (!writer.ok()) return writer.status();
  // What was encoded here goes out as it left the encoder, side data too.
  const bool as_coded = original || !stream.description.copied;
  ExportReport report;
  TimeKeeper keeper;
  for (const GopRef& gop : *gops) {
    if (Stopped(stop)) return Interrupted(path);
    absl::StatusOr<std::vector<AccessUnit>> units = reader.Units(gop, as_coded);
    if (!units.ok()) return units.status();
    Cover(gop.row.start_ns, gop.row.start_ns + gop.row.duration_ns, &report);
    for (AccessUnit& unit : *units) {
      keeper.Mend(&unit);
      if (absl::Status s = (*writer)->Add(unit); !s.ok()) return s;
      ++report.samples;
    }
  }
  if (absl::Status status = (*writer)->Finish(); !status.ok()) return status;
  std::error_code ignored;
  report.bytes = std::filesystem::file_size(path, ignored);
  return report;
}

absl::StatusOr<ExportReport> ExportCsv(Store* store,
                                       const StreamSummary& stream,
                                       TimeRange range, const std::string& path,
                                       const std::atomic<bool>* stop) {
  auto file = OutputFile::Create(path);
  if (!file.ok()) return file.status();
  const SeriesInfo& series = stream.description.series;
  const std::string header = CsvHeader(series);
  (*file)->Write(header.data(), header.size());
  ExportReport report;
  absl::Status status =
      store->ReadSeries(stream.name, range, [&](const SeriesBatch& batch) {
        const auto [low, high] =
            std::minmax_element(batch.time_ns.begin(), batch.time_ns.end());
        Cover(*low, *high, &report);
        report.samples += static_cast<int64_t>(batch.time_ns.size());
        const std::string rows = CsvRows(batch, series.channels.size());
        return (*file)->Write(rows.data(), rows.size()) && !Stopped(stop);
      });
  if (!status.ok()) return status;
  if (Stopped(stop)) return Interrupted(path);
  absl::StatusOr<uint64_t> bytes = (*file)->Finish();
  if (!bytes.ok()) return bytes.status();
  report.bytes = *bytes;
  return report;
}

absl::StatusOr<ExportReport> ExportOpaque(Store* store,
                                          const StreamSummary& stream,
                                          TimeRange range,
                                          const std::string& path,
                                          const std::atomic<bool>* stop) {
  auto file = OutputFile::Create(path);
  if (!file.ok()) return file.status();
  ExportReport report;
  absl::Status status =
      store->ReadOpaque(stream.name, range, [&](const OpaquePacket& packet) {
        Cover(packet.time_ns, packet.time_ns + packet.duration_ns, &report);
        ++report.samples;
        return (*file)->Write(packet.data.data(), packet.data.size()) &&
               !Stopped(stop);
      });
  if (!status.ok()) return status;
  if (Stopped(stop)) return Interrupted(path);
  absl::StatusOr<uint64_t> bytes = (*file)->Finish();
  if (!bytes.ok()) return bytes.status();
  report.bytes = *bytes;
  return report;
}

}  // namespace

absl::StatusOr<ExportReport> Store::Export(const std::string& stream,
                                           TimeRange range, bool original,
                                           const std::string& path,
                                           const std::atomic<bool>* stop) {
  absl::StatusOr<StreamSummary> summary = Describe(stream);
  if (!summary.ok()) return summary.status();
  const StreamDescription& description = summary->description;
  if (original && !description.copied) {
    return absl::FailedPreconditionError(
        absl::StrCat("stream '", stream, "' was ",
                     description.stills ? "kept as files" : "encoded anew",
                     ", so it has no original packets; leave out --original"));
  }
  switch (description.kind) {
    case StreamKind::kCamera:
      if (description.stills) {
        return absl::InvalidArgumentError(absl::StrCat(
            "stream '", stream, "' holds still pictures; use 'fovea frames ",
            stream, " --every 1ns -o DIR'"));
      }
      return path.ends_with(".mcap")
                 ? ExportMcap(this, *summary, range, path, stop)
                 : ExportVideo(this, *summary, range, original, path, stop);
    case StreamKind::kImu:
    case StreamKind::kSeries:
      return ExportCsv(this, *summary, range, path, stop);
    case StreamKind::kOpaque:
      return ExportOpaque(this, *summary, range, path, stop);
  }
  return absl::InternalError("stream of an unknown kind");
}

}  // namespace fovea
