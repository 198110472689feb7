// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/aligned_text.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "api/time_text.h"
#include "cli/csv_text.h"
#include "cli/report_json.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

const SeriesInfo& InfoOf(const StreamSummary& stream) {
  return stream.description.series;
}

std::string SummaryLine(const StreamAlignment& stream, int64_t rows,
                        const char* unit) {
  std::string line =
      absl::StrCat(FormatCount(stream.rows), " of ", FormatCount(rows, unit),
                   stream.rows == 1 ? " has a sample" : " have a sample");
  if (stream.rows < rows) {
    absl::StrAppend(&line, " within ", FormatDuration(stream.max_gap_ns));
  }
  if (stream.rows == 0) return line;
  absl::StrAppend(&line, "; residual median ", FormatDuration(stream.median_ns),
                  ", 95 % ", FormatDuration(stream.p95_ns), ", most ",
                  FormatDuration(stream.most_ns));
  if (stream.clock_uncertainty_ns) {
    absl::StrAppend(&line, "; clocks mapped within ",
                    FormatDuration(*stream.clock_uncertainty_ns));
  }
  return line;
}

}  // namespace

const char* AlignMethodName(AlignMethod method) {
  switch (method) {
    case AlignMethod::kNearest:
      return "nearest";
    case AlignMethod::kPrevious:
      return "previous";
    case AlignMethod::kLinear:
      return "linear";
  }
  return "";
}

std::string AlignedCsvHeader(std::span<const StreamSummary> streams) {
  std::string line = "index,time_ns";
  for (const StreamSummary& stream : streams) {
    const std::string owner = streams.size() > 1 ? stream.name + ":" : "";
    line += "," + CsvField(owner + "residual_ns");
    for (const Channel& channel : InfoOf(stream).channels) {
      line += "," + CsvField(owner + ColumnTitle(channel));
    }
  }
  return line + "\n";
}

void AppendAlignedCsv(const AlignedRow& row,
                      std::span<const StreamSummary> streams,
                      std::string* text) {
  absl::StrAppend(text, row.index, ",", row.time_ns);
  for (size_t i = 0; i < streams.size(); ++i) {
    if (!row.samples[i].has_value()) {
      text->append(1 + InfoOf(streams[i]).channels.size(), ',');
      continue;
    }
    absl::StrAppend(text, ",", row.samples[i]->residual_ns);
    for (const double value : row.samples[i]->values) {
      *text += ',';
      AppendDouble(value, text);
    }
  }
  *text += '\n';
}

std::string AlignedJsonHead(const std::string& reference, AlignMethod method,
                            std::span<const StreamSummary> streams) {
  Json head = Document("series");
  head["at_frames"] = reference;
  head["method"] = AlignMethodName(method);
  head["streams"] = Json::array();
  for (const StreamSummary& stream : streams) {
    head["streams"].push_back(
        {{"stream", stream.name}, {"series", SeriesJson(InfoOf(stream))}});
  }
  return OpenJson(head) + ",\"rows\":[";
}

void AppendAlignedJson(const AlignedRow& row, std::string* text) {
  absl::StrAppend(text, "[", row.index, ",\"", row.time_ns, "\"");
  for (const auto& sample : row.samples) {
    if (!sample.has_value()) {
      *text += ",null";
      continue;
    }
    absl::StrAppend(text, ",[\"", sample->residual_ns, "\"");
    for (const double value : sample->values) {
      *text += ',';
      AppendJsonDouble(value, text);
    }
    *text += ']';
  }
  *text += ']';
}

std::string AlignedJsonTail(const AlignReport& report) {
  Json summary = {{"rows", report.rows}, {"streams", Json::array()}};
  for (const StreamAlignment& stream : report.streams) {
    summary["streams"].push_back(
        {{"stream", stream.stream},
         {"rows", stream.rows},
         {"max_gap_ns", NanosecondsJson(stream.max_gap_ns)},
         {"residual_median_ns", NanosecondsJson(stream.median_ns)},
         {"residual_p95_ns", NanosecondsJson(stream.p95_ns)},
         {"residual_most_ns", NanosecondsJson(stream.most_ns)},
         {"clock_uncertainty_ns",
          stream.clock_uncertainty_ns
              ? NanosecondsJson(*stream.clock_uncertainty_ns)
              : Json()}});
  }
  return "\n],\"summary\":" + OpenJson(summary) + "}}\n";
}

std::vector<std::string> AlignedSummary(const AlignReport& report,
                                        const StreamSummary& reference) {
  const bool camera = reference.description.kind == StreamKind::kCamera;
  const char* unit = camera ? "frame" : "sample";
  if (report.rows == 0) {
    return {absl::StrCat("no ", unit, " of '", reference.name,
                         "' is in that range; it goes from ",
                         FormatStreamTime(reference.start_ns), " to ",
                         FormatStreamTime(reference.end_ns))};
  }
  std::vector<std::string> lines;
  for (const StreamAlignment& stream : report.streams) {
    const std::string owner =
        report.streams.size() > 1 ? stream.stream + ": " : "";
    lines.push_back(owner + SummaryLine(stream, report.rows, unit));
  }
  return lines;
}

}  // namespace fovea::cli
