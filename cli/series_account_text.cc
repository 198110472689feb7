// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/series_account_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/clock_text.h"
#include "cli/stream_text.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

bool IsSeries(const StreamDescription& description) {
  return description.kind == StreamKind::kImu ||
         description.kind == StreamKind::kSeries;
}

// What its books say, without a look at blocks.
SeriesAccount Booked(const StreamSummary& stream) {
  SeriesAccount account;
  if (!IsSeries(stream.description)) return account;
  account.channels = stream.description.series.channels.size();
  account.rows = stream.counts.stored;
  account.bytes = static_cast<uint64_t>(stream.counts.stored_bytes);
  return account;
}

std::string SizeText(const SeriesAccount& account) {
  if (account.rows == 0 || account.channels == 0) return "";
  return absl::StrFormat("%.2f bytes a row, %.2f bits a value, times included",
                         account.bytes_per_row(), account.bits_per_value());
}

}  // namespace

std::string TableIdText(uint32_t id) {
  return absl::StrCat(absl::Hex(id, absl::kZeroPad8));
}

std::string SeriesLevelText(const StreamDescription& description,
                            const std::vector<NamedTable>& tables) {
  if (!IsSeries(description) || description.level.empty()) return "";
  std::string text = absl::StrCat("level ", description.level);
  for (const NamedTable& table : tables) {
    if (table.kind != CodingTableKind::kSeriesProfile) continue;
    absl::StrAppend(&text, ", profile ", TableIdText(table.id));
  }
  return text;
}

std::string SeriesSizeText(const StreamSummary& stream) {
  return SizeText(Booked(stream));
}

Json SeriesCodingJson(const StreamSummary& stream,
                      const std::vector<NamedTable>& tables) {
  const StreamDescription& description = stream.description;
  const SeriesAccount account = Booked(stream);
  Json profiles = Json::array();
  for (const NamedTable& table : tables) {
    if (table.kind != CodingTableKind::kSeriesProfile) continue;
    profiles.push_back(TableIdText(table.id));
  }
  return {{"level", description.level},
          {"bounds", description.coding},
          {"profiles", profiles},
          {"bytes_per_row", account.bytes_per_row()},
          {"bits_per_value", account.bits_per_value()}};
}

std::string CodedWindowsText(const CodedWindows& coded) {
  if (coded.windows == 0) return "";
  std::string text = absl::StrCat(FormatCount(coded.windows, "window"), " in ",
                                  FormatCount(coded.blocks_by_windows), " of ",
                                  FormatCount(coded.blocks, "block"));
  if (coded.judged > 0) {
    absl::StrAppend(&text, ", ", FormatCount(coded.agreeing), " of ",
                    FormatCount(coded.judged), " answers the same");
  }
  absl::StrAppend(&text, "; margins expected to change by ",
                  absl::StrFormat("%.2g", coded.margin_change()));
  return text;
}

Json CodedWindowsJson(const CodedWindows& coded) {
  return {{"blocks", coded.blocks},
          {"blocks_by_windows", coded.blocks_by_windows},
          {"windows", coded.windows},
          {"judged", coded.judged},
          {"agreeing", coded.agreeing},
          {"margin_change", coded.margin_change()}};
}

std::string SeriesAccountText(const StreamSummary& stream,
                              const SeriesAccount& account) {
  FactList facts;
  facts.Add("stream", stream.name);
  facts.Add("what", StreamWhat(stream.description));
  facts.Add("device", stream.description.series.device);
  facts.Add("level", stream.description.level);
  facts.Add("blocks", FormatCount(account.blocks));
  facts.Add("rows", FormatCount(account.rows));
  facts.Add("bytes", FormatBytes(account.bytes));
  facts.Add("size", SizeText(account));
  facts.Add("for a model", CodedWindowsText(account.coded));
  for (const auto& [id, blocks] : account.by_profile) {
    facts.Add("by profile", absl::StrCat(TableIdText(id), ": ",
                                         FormatCount(blocks, "block")));
  }
  for (const auto& [rules, blocks] : account.by_text) {
    facts.Add("text", absl::StrCat(rules, ": ", FormatCount(blocks, "block")));
  }
  facts.Add("within bounds",
            account.bounded == 0
                ? std::string("none: every bit is kept")
                : absl::StrCat(FormatCount(account.bounded, "block"), "; ",
                               stream.description.coding));
  if (account.clock) facts.Add("clock", ClockText(*account.clock));
  if (account.first_version > 0) {
    facts.Add("of version 1", FormatCount(account.first_version, "block"));
  }
  return facts.Render();
}

Json SeriesAccountJson(const StreamSummary& stream,
                       const SeriesAccount& account) {
  Json document = Document("inspect");
  document["name"] = stream.name;
  document["container"] = "store";
  document["series"] = SeriesJson(stream.description.series);
  document["level"] = stream.description.level;
  document["blocks"] = account.blocks;
  document["rows"] = account.rows;
  document["bytes"] = account.bytes;
  document["bytes_per_row"] = account.bytes_per_row();
  document["bits_per_value"] = account.bits_per_value();
  document["by_profile"] = Json::object();
  for (const auto& [id, blocks] : account.by_profile) {
    document["by_profile"][TableIdText(id)] = blocks;
  }
  document["by_text"] = Json::object();
  for (const auto& [rules, blocks] : account.by_text) {
    document["by_text"][rules] = blocks;
  }
  document["bounded"] = account.bounded;
  document["bounds"] = stream.description.coding;
  document["version_1"] = account.first_version;
  document["coded_windows"] = CodedWindowsJson(account.coded);
  document["clock"] = account.clock ? ClockJson(*account.clock) : Json();
  document["stopped"] = account.stopped;
  return document;
}

}  // namespace fovea::cli
