// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/ingest_console.h"

#include <cstdint>
#include <string>

#include "api/time_text.h"
#include "cli/stream_text.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace fovea::cli {
namespace {

constexpr int64_t kJsonPeriodNs = 1'000'000'000;

std::string FileNameOf(const std::string& location) {
  const size_t slash = location.find_last_of('/');
  return slash == std::string::npos || slash + 1 == location.size()
             ? location
             : location.substr(slash + 1);
}

std::string TrackText(const Track& track) {
  const std::string what = TrackWhat(track);
  std::string text = track.suffix.empty() ? "" : track.suffix + " ";
  text += track.codec;
  if (what != track.codec) text += " " + what;
  return text;
}

}  // namespace

std::string OpenedText(const SourceInfo& info) {
  std::string text = FileNameOf(info.name);
  if (info.duration_ns > 0) text += "  " + FormatDuration(info.duration_ns);
  if (info.bytes > 0) {
    text += "  " + FormatBytes(static_cast<uint64_t>(info.bytes));
  }
  if (info.live) text += "  live";
  for (const Track& track : info.tracks) {
    if (track.rejected.empty()) text += "  | " + TrackText(track);
  }
  return text;
}

ProgressState IngestMeter::State(int64_t now_ns, const std::string& label,
                                 const IngestProgress& progress) {
  ProgressState state;
  state.label = label;
  state.bytes_in = progress.bytes_in;
  state.bytes_out = progress.bytes_out;
  state.gaps = progress.gaps;
  const bool video = progress.frames > 0 || progress.frames_expected > 0;
  state.unit = video ? "frames" : "samples";
  state.done = static_cast<double>(video ? progress.frames : progress.samples);
  state.total = video ? static_cast<double>(progress.frames_expected) : 0;
  done_.Update(now_ns, state.done);
  stream_seconds_.Update(now_ns, static_cast<double>(progress.stream_ns) / 1e9);
  state.rate = done_.per_second();
  state.speed = stream_seconds_.per_second();
  state.remaining_ns =
      state.total > 0 ? done_.RemainingNs(state.total)
                      : stream_seconds_.RemainingNs(
                            static_cast<double>(progress.duration_ns) / 1e9);
  return state;
}

void ConsoleObserver::OnOpened(const SourceInfo& info) {
  label_ = FileNameOf(info.name);
  printer_->Message(OpenedText(info));
}

void ConsoleObserver::OnProgress(const IngestProgress& progress) {
  const int64_t now = now_ns_();
  printer_->Update(now, meter_.State(now, label_, progress));
}

void ConsoleObserver::OnNote(const std::string& note) {
  printer_->Message("  note: " + note);
}

void JsonLinesObserver::Write(const Json& json) {
  if (!write_(JsonText(json, -1))) on_reader_gone_();
}

void JsonLinesObserver::OnOpened(const SourceInfo& info) {
  label_ = FileNameOf(info.name);
  WriteMessage(OpenedText(info));
}

void JsonLinesObserver::OnAcknowledged(const Acknowledgement& ack) {
  Write(AcknowledgementJson(ack));
}

void JsonLinesObserver::OnProgress(const IngestProgress& progress) {
  const int64_t now = now_ns_();
  const ProgressState state = meter_.State(now, label_, progress);
  if (last_ns_ && now - *last_ns_ < kJsonPeriodNs) return;
  last_ns_ = now;
  Json json = ProgressJson(progress);
  json["source"] = label_;
  json["rate"] = state.rate;
  json["speed"] = state.speed;
  if (state.remaining_ns) json["eta_s"] = *state.remaining_ns / 1'000'000'000;
  Write({{"progress", json}});
}

void JsonLinesObserver::OnNote(const std::string& note) {
  WriteMessage("  note: " + note);
}

}  // namespace fovea::cli
