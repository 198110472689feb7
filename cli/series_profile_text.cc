// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/series_profile_text.h"

#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/model_text.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

using PerModel = ProfileSeriesReport::PerModel;

std::string NumberText(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

Json PerModelJson(const PerModel& of_model) {
  const SeriesSensitivity& found = of_model.sensitivity;
  Json json = {{"name", of_model.model.name},
               {"digest", DigestText(of_model.model.digest)},
               {"output", of_model.output},
               {"bytes", of_model.bytes},
               {"rate_hz", found.rate_hz},
               {"window", found.window},
               {"windows", of_model.counts.windows},
               {"stretches", of_model.counts.stretches},
               {"passed_over", of_model.counts.passed_over},
               {"edges_hz", found.edges_hz},
               {"channels", Json::array()}};
  for (size_t c = 0; c < found.channels.size(); ++c) {
    const auto begin =
        found.energy.begin() + static_cast<std::ptrdiff_t>(c * found.bands());
    json["channels"].push_back(
        {{"name", found.channels[c].name},
         {"unit", found.channels[c].unit},
         {"energy",
          std::vector<double>(
              begin, begin + static_cast<std::ptrdiff_t>(found.bands()))}});
  }
  return json;
}

std::string EnergyTable(const SeriesSensitivity& found, bool color) {
  std::vector<Column> columns = {{"HZ", Align::kRight}};
  for (const Channel& channel : found.channels) {
    columns.push_back(
        {Printable(channel.unit.empty()
                       ? channel.name
                       : absl::StrCat(channel.name, " [", channel.unit, "]")),
         Align::kRight});
  }
  Table table(std::move(columns));
  for (size_t b = 0; b < found.bands(); ++b) {
    std::vector<std::string> row = {
        absl::StrCat(NumberText("%.4g", found.edges_hz[b]), " - ",
                     NumberText("%.4g", found.edges_hz[b + 1]))};
    for (size_t c = 0; c < found.channels.size(); ++c) {
      row.push_back(NumberText("%.3g", found.energy[c * found.bands() + b]));
    }
    table.Add(std::move(row));
  }
  return table.Render(color);
}

std::string PerModelText(const PerModel& of_model, bool color) {
  const SeriesSensitivity& found = of_model.sensitivity;
  const WindowCounts& counts = of_model.counts;
  FactList facts;
  facts.Add("model",
            absl::StrCat(Printable(of_model.model.name), ", ",
                         DigestText(of_model.model.digest).substr(0, 12)));
  facts.Add("windows",
            absl::StrCat(FormatCount(counts.windows), " of ", found.window,
                         " samples at ", NumberText("%.6g", found.rate_hz),
                         " Hz, from ", FormatCount(counts.stretches),
                         counts.stretches == 1 ? " stretch" : " stretches",
                         " without a gap"));
  if (counts.passed_over > 0) {
    facts.Add("passed over",
              FormatCount(counts.passed_over, "sample") +
                  ": not later than the one before, or no number");
  }
  facts.Add("wrote", of_model.output);
  return absl::StrCat(facts.Render(), "\nloss^2 / unit^2 per DCT coefficient\n",
                      EnergyTable(found, color));
}

}  // namespace

Json SeriesProfileJson(const std::string& input,
                       const ProfileSeriesReport& report) {
  Json document = Document("profile");
  document["input"] = input;
  document["track"] = report.track;
  document["series"] = SeriesJson(report.series);
  document["samples"] = report.rows;
  document["rejected"] = report.rejected;
  document["stopped"] = report.stopped;
  document["notes"] = report.notes;
  document["models"] = Json::array();
  for (const PerModel& of_model : report.models) {
    document["models"].push_back(PerModelJson(of_model));
  }
  if (!report.source_error.ok()) {
    document["error"] = std::string(report.source_error.message());
  }
  return document;
}

std::string SeriesProfileText(const ProfileSeriesReport& report, bool color) {
  FactList facts;
  facts.Add("series", Printable(report.track));
  facts.Add("samples",
            absl::StrCat(FormatCount(report.rows),
                         report.series.rate_hz > 0
                             ? NumberText(" at %.6g Hz", report.series.rate_hz)
                             : ""));
  if (report.rejected > 0) {
    facts.Add("rejected", FormatCount(report.rejected, "row"));
  }
  for (const auto& note : report.notes) facts.Add("note", Printable(note));
  std::string text = facts.Render();
  for (const PerModel& of_model : report.models) {
    absl::StrAppend(&text, "\n", PerModelText(of_model, color));
  }
  return text;
}

}  // namespace fovea::cli
