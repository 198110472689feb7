// SPDX-License-Identifier: GPL-2.0-or-later
//
// Streams to files other programs open.

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/export_mcap.h"
#include "api/gop_reader.h"
#include "api/stop_flag.h"
#include "api/store.h"
#include "codec/formats/csv_writer.h"
#include "codec/formats/output_file.h"
#include "codec/formats/video_writer.h"
#include "index/frame_index.h"

namespace fovea {
namespace {

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
  auto file = CsvWriter::Create(path, stream.description.series);
  if (!file.ok()) return file.status();
  ExportReport report;
  absl::Status written;
  absl::Status status =
      store->ReadSeries(stream.name, range, [&](const SeriesBatch& batch) {
        const auto [low, high] =
            std::minmax_element(batch.time_ns.begin(), batch.time_ns.end());
        Cover(*low, *high, &report);
        report.samples += static_cast<int64_t>(batch.time_ns.size());
        written = (*file)->Add(batch);
        return written.ok() && !Stopped(stop);
      });
  status.Update(written);
  if (!status.ok()) return status;
  if (Stopped(stop)) return Interrupted(path);
  if (status = (*file)->Finish(); !status.ok()) return status;
  report.bytes = (*file)->bytes();
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
  absl::Status written;
  absl::Status status =
      store->ReadOpaque(stream.name, range, [&](const OpaquePacket& packet) {
        Cover(packet.time_ns, packet.time_ns + packet.duration_ns, &report);
        ++report.samples;
        written = (*file)->Write(packet.data);
        return written.ok() && !Stopped(stop);
      });
  status.Update(written);
  if (!status.ok()) return status;
  if (Stopped(stop)) return Interrupted(path);
  if (status = (*file)->Finish(); !status.ok()) return status;
  report.bytes = (*file)->bytes();
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
