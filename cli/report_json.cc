// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/report_json.h"

#include <cstdint>
#include <string>
#include <vector>

#include "cli/reuse_text.h"
#include "cli/stream_text.h"

namespace fovea::cli {
namespace {

Json RationalJson(Rational r) { return Json::array({r.num, r.den}); }

Json TrackJson(const Track& track) {
  Json json = {{"kind", StreamKindName(track.kind)},
               {"suffix", track.suffix},
               {"codec", track.codec}};
  if (track.kind == StreamKind::kCamera) {
    json["camera"] = CameraJson(track.camera);
  } else if (track.kind != StreamKind::kOpaque) {
    json["series"] = SeriesJson(track.series);
  }
  json["stills"] = track.stills;
  json["expected_samples"] = track.expected_samples;
  if (!track.rejected.empty()) json["rejected"] = track.rejected;
  return json;
}

Json GapsJson(const std::vector<StreamCounts::Gap>& gaps) {
  Json json = Json::array();
  for (const auto& gap : gaps) {
    json.push_back({{"start_ns", NanosecondsJson(gap.start_ns)},
                    {"end_ns", NanosecondsJson(gap.end_ns)},
                    {"why", gap.why}});
  }
  return json;
}

Json IngestedJson(const IngestedStream& stream) {
  return {{"name", stream.name},
          {"kind", StreamKindName(stream.kind)},
          {"counts", CountsJson(stream.counts)},
          {"chunks", stream.chunks},
          {"bytes", stream.bytes},
          {"bytes_known", stream.bytes_known},
          {"start_ns", NanosecondsJson(stream.start_ns)},
          {"end_ns", NanosecondsJson(stream.end_ns)}};
}

}  // namespace

Json Document(const std::string& verb) {
  return {{"schema", "fovea." + verb + "/1"}};
}

std::string JsonText(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string OpenJson(const Json& object) {
  std::string text = JsonText(object, -1);
  text.resize(text.size() - 2);  // the brace and the newline
  return text;
}

Json NanosecondsJson(int64_t ns) { return std::to_string(ns); }

Json CameraJson(const CameraInfo& camera) {
  return {{"width", camera.width},
          {"height", camera.height},
          {"time_base", RationalJson(camera.time_base)},
          {"frame_rate", RationalJson(camera.frame_rate)},
          {"sample_aspect", RationalJson(camera.sample_aspect)},
          {"rotation_degrees", camera.rotation_degrees},
          {"bit_depth", camera.bit_depth},
          {"interlaced", camera.interlaced},
          {"full_range", camera.color.full_range},
          {"primaries", camera.color.primaries},
          {"transfer", camera.color.transfer},
          {"matrix", camera.color.matrix}};
}

Json SeriesJson(const SeriesInfo& series) {
  Json channels = Json::array();
  for (const Channel& channel : series.channels) {
    channels.push_back({{"name", channel.name}, {"unit", channel.unit}});
  }
  Json json = {{"rate_hz", series.rate_hz}, {"channels", channels}};
  if (!series.device.empty()) json["device"] = series.device;
  if (!series.axes.empty()) json["axes"] = series.axes;
  if (!series.calibration.empty()) json["calibration"] = series.calibration;
  const std::string rules = PrintRulesText(series.rules);
  if (!rules.empty()) json["text"] = rules;
  return json;
}

Json SourceJson(const SourceInfo& info) {
  Json tracks = Json::array();
  for (const Track& track : info.tracks) tracks.push_back(TrackJson(track));
  return {
      {"name", info.name},   {"container", info.container},
      {"live", info.live},   {"duration_ns", NanosecondsJson(info.duration_ns)},
      {"bytes", info.bytes}, {"tracks", tracks},
      {"notes", info.notes}};
}

Json CountsJson(const StreamCounts& counts) {
  Json reasons = Json::array();
  for (const auto& reason : counts.rejected) {
    reasons.push_back({{"why", reason.why}, {"samples", reason.samples}});
  }
  return {{"in", counts.samples_in},
          {"stored", counts.stored},
          {"dropped", counts.dropped},
          {"rejected", RejectedSamples(counts)},
          {"rejected_why", reasons},
          {"conserved", Conserved(counts)},
          {"gaps", GapsJson(counts.gaps)},
          {"times_backward", counts.times_backward},
          {"times_repeated", counts.times_repeated},
          {"stored_bytes", counts.stored_bytes}};
}

Json StreamJson(const StreamSummary& stream) {
  const StreamDescription& d = stream.description;
  Json json = {{"name", stream.name},
               {"id", std::to_string(stream.id)},
               {"kind", StreamKindName(d.kind)},
               {"what", StreamWhat(d)},
               {"stills", d.stills},
               {"start_ns", NanosecondsJson(stream.start_ns)},
               {"end_ns", NanosecondsJson(stream.end_ns)},
               {"chunks", stream.chunks},
               {"end_index", stream.end_index},
               {"counts", CountsJson(stream.counts)},
               {"source", d.source},
               {"source_codec", d.source_codec},
               {"source_bytes", d.source_bytes},
               {"copied", d.copied},
               {"encoder", d.encoder},
               {"sensitivity", d.sensitivity},
               {"notes", d.notes}};
  if (d.overlap) {
    json["overlap"] = {{"with", d.overlap->with},
                       {"share", d.overlap->mask.share()},
                       {"homography", d.overlap->homography.m},
                       {"qp_offset", d.overlap->qp_offset},
                       {"at_ingest", d.overlap->at_ingest},
                       {"done", d.overlap->done}};
  }
  if (d.kind == StreamKind::kCamera) {
    json["camera"] = CameraJson(d.camera);
  } else if (d.kind != StreamKind::kOpaque) {
    json["series"] = SeriesJson(d.series);
  }
  return json;
}

Json ObservationCountsJson(const DerivedReport& report) {
  Json json = Json::array();
  for (const LabelCount& label : report.observations) {
    json.push_back({{"label", label.label}, {"count", label.observations}});
  }
  return json;
}

Json PriorsJson(const DerivedReport& report) {
  Json json = Json::array();
  for (const PriorSummary& prior : report.priors) {
    json.push_back({{"model", prior.model},
                    {"digest", prior.digest},
                    {"columns", prior.columns},
                    {"rows", prior.rows},
                    {"frames", prior.frames},
                    {"reference", prior.reference}});
  }
  return json;
}

Json IngestReportJson(const IngestReport& report) {
  Json streams = Json::array();
  for (const auto& stream : report.streams) {
    streams.push_back(IngestedJson(stream));
  }
  Json tracks = Json::array();
  for (const auto& track : report.rejected_tracks) {
    tracks.push_back({{"name", track.name}, {"reason", track.reason}});
  }
  Json failed = Json::array();
  for (const FailedModel& model : report.failed_models) {
    failed.push_back({{"stream", model.stream},
                      {"model", model.model.name},
                      {"digest", ChunkId{model.model.digest}.ToHex()},
                      {"index", model.index},
                      {"error", std::string(model.error.message())}});
  }
  Json json = {{"streams", streams},
               {"rejected_tracks", tracks},
               {"failed_models", failed},
               {"source_bytes", report.source_bytes},
               {"stored_bytes", report.stored_bytes},
               {"stopped", report.stopped},
               {"lossy", report.lossy()}};
  if (!report.reuse.empty()) {
    json["reuse"] = Json::array();
    for (const ReusedModel& reused : report.reuse) {
      json["reuse"].push_back({{"stream", reused.stream}});
      json["reuse"].back().update(ReuseJson(reused.report));
    }
  }
  if (!report.source_error.ok()) {
    json["error"] = std::string(report.source_error.message());
  }
  return json;
}

Json AcknowledgementJson(const Acknowledgement& ack) {
  return {{"ack",
           {{"stream", ack.stream},
            {"first_index", ack.first_index},
            {"last_index", ack.last_index},
            {"chunk", ack.chunk.ToHex()}}}};
}

Json ProgressJson(const IngestProgress& progress) {
  return {{"frames", progress.frames},
          {"frames_expected", progress.frames_expected},
          {"stream_ns", NanosecondsJson(progress.stream_ns)},
          {"duration_ns", NanosecondsJson(progress.duration_ns)},
          {"bytes_in", progress.bytes_in},
          {"bytes_out", progress.bytes_out},
          {"bytes_known", progress.bytes_known},
          {"samples", progress.samples},
          {"rejected", progress.rejected},
          {"gaps", progress.gaps}};
}

Json UsageJson(const DiskUsage& usage) {
  return {{"segment_bytes", usage.segment_bytes},
          {"live_chunk_bytes", usage.live_chunk_bytes},
          {"dead_chunk_bytes", usage.dead_chunk_bytes},
          {"journal_bytes", usage.journal_bytes},
          {"catalogue_bytes", usage.catalogue_bytes},
          {"ballast_bytes", usage.ballast_bytes},
          {"segments", usage.segments},
          {"chunks", usage.chunks}};
}

Json VerifyJson(const VerifyReport& report) {
  Json problems = Json::array();
  for (const StoreProblem& problem : report.problems) {
    problems.push_back({{"object", problem.object},
                        {"offset", problem.offset},
                        {"what", problem.what},
                        {"next", problem.next}});
  }
  return {{"segments", report.segments},
          {"chunks", report.chunks},
          {"rows", report.rows},
          {"bytes", report.bytes},
          {"unreferenced_chunks", report.unreferenced_chunks},
          {"leaked_references", report.leaked_references},
          {"leaks_mended", report.leaks_mended},
          {"problems", problems}};
}

}  // namespace fovea::cli
