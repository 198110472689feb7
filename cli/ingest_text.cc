// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/ingest_text.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "api/time_text.h"
#include "cli/reuse_text.h"
#include "cli/stream_text.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

std::string StreamsText(const IngestReport& report, bool color) {
  Table table({{"STREAM"},
               {"KIND"},
               {"IN", Align::kRight},
               {"= STORED", Align::kRight},
               {"+ DROPPED", Align::kRight},
               {"+ REJECTED", Align::kRight},
               {"LENGTH", Align::kRight},
               {"CHUNKS", Align::kRight},
               {"BYTES", Align::kRight},
               {"KNOWN", Align::kRight}});
  for (const IngestedStream& s : report.streams) {
    table.Add({s.name, StreamKindName(s.kind), FormatCount(s.counts.samples_in),
               FormatCount(s.counts.stored), FormatCount(s.counts.dropped),
               FormatCount(RejectedSamples(s.counts)),
               FormatDuration(s.end_ns - s.start_ns), FormatCount(s.chunks),
               FormatBytes(s.bytes), FormatShare(s.bytes_known, s.bytes)});
  }
  return table.Render(color);
}

std::string LossText(const IngestedStream& stream) {
  std::string text;
  const auto line = [&text, &stream](const std::string& what) {
    text += Printable(stream.name + ": " + what) + "\n";
  };
  for (const auto& reason : stream.counts.rejected) {
    line(reason.samples == 0 ? reason.why
                             : absl::StrCat(FormatCount(reason.samples),
                                            " rejected: ", reason.why));
  }
  for (const auto& gap : stream.counts.gaps) {
    line(absl::StrCat("gap of ", FormatDuration(gap.end_ns - gap.start_ns),
                      " at ", FormatStreamTime(gap.start_ns), ": ", gap.why));
  }
  if (stream.counts.times_backward > 0) {
    line(absl::StrCat(FormatCount(stream.counts.times_backward),
                      " times run backward (kept as they came)"));
  }
  if (stream.counts.times_repeated > 0) {
    line(absl::StrCat(FormatCount(stream.counts.times_repeated),
                      " times repeated (kept as they came)"));
  }
  return text;
}

// Payload that was not there before. Blocks kept in the catalogue count
// too, which bytes appended to segments as chunks would leave out.
uint64_t NewBytes(const IngestReport& report) {
  uint64_t sum = 0;
  for (const IngestedStream& s : report.streams) sum += s.bytes - s.bytes_known;
  return sum;
}

std::string BytesText(const IngestReport& report, int64_t elapsed_ns) {
  const uint64_t stored = NewBytes(report);
  std::string text;
  if (report.source_bytes > 0) {
    text += FormatBytes(report.source_bytes) + " in -> ";
  }
  text += FormatBytes(stored) + " stored";
  if (report.source_bytes > 0) {
    text += " (" + FormatShare(stored, report.source_bytes) + ")";
  }
  return text + " in " + FormatDuration(elapsed_ns) + "\n";
}

}  // namespace

std::string IngestReportText(const IngestReport& report, int64_t elapsed_ns,
                             bool color) {
  std::string text = StreamsText(report, color);
  for (const IngestedStream& stream : report.streams) text += LossText(stream);
  for (const RejectedTrack& track : report.rejected_tracks) {
    text += Printable(track.name + ": not stored: " + track.reason) + "\n";
  }
  for (const ReusedModel& reused : report.reuse) {
    text += ReuseText(reused.report);
  }
  return text + BytesText(report, elapsed_ns);
}

std::string IngestNextText(const IngestReport& report,
                           const std::string& store) {
  std::string text = "next: fovea ls --store " + store;
  for (const IngestedStream& stream : report.streams) {
    if (stream.kind == StreamKind::kCamera && stream.counts.stored > 0) {
      return text + "   fovea frames " + stream.name +
             " --index 0 -o . --store " + store;
    }
  }
  return text + "   fovea verify --deep --store " + store;
}

}  // namespace fovea::cli
