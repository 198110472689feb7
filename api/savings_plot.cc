// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows are policies, panels clips; a judge has the same colour and the same
// place within a row everywhere.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/plot.h"
#include "api/plot_axis.h"
#include "api/report_fields.h"
#include "api/svg_writer.h"
#include "api/whole_file.h"
#include "nlohmann/json.hpp"

namespace fovea {
namespace {

using nlohmann::json;

constexpr char kSchema[] = "fovea.accuracy/1";
constexpr char kPreferredTable[] = "policies-best";
constexpr size_t kMaxReportBytes = 64U << 20;
constexpr size_t kMaxRows = 1024;
constexpr size_t kMaxPanels = 64;
constexpr double kMostPercent = 1e6;

// Per cent of bytes, negative is fewer.
struct Saving {
  double value = 0;
  std::optional<double> low, high;
};

struct Row {
  std::string policy;
  std::vector<std::vector<std::optional<Saving>>> clips;  // by clip and judge
  std::optional<Saving> all;
};

struct Table {
  std::string title;
  std::vector<std::string> clips;
  std::vector<std::string> judges;
  std::vector<Row> rows;
};

std::optional<double> PercentOf(const json& object, const char* key) {
  const auto share = NumberOf(object, key);
  if (!share) return std::nullopt;
  return std::clamp(100 * *share, -kMostPercent, kMostPercent);
}

std::optional<Saving> SavingOf(const json* figure) {
  if (figure == nullptr) return std::nullopt;
  const auto value = PercentOf(*figure, "value");
  if (!value) return std::nullopt;
  return Saving{*value, PercentOf(*figure, "low"), PercentOf(*figure, "high")};
}

class SavingsParser {
 public:
  SavingsParser(const std::string& name, const std::string& table,
                const RatePlotOptions& options)
      : name_(name), wanted_(table), options_(options) {}

  absl::StatusOr<Table> Parse(const std::string& text) {
    const json document = json::parse(text, nullptr, false);
    if (TextOf(document, "schema") != kSchema) {
      return Fail(absl::StrCat("expected schema ", kSchema));
    }
    const json* source = FindTable(document);
    if (source == nullptr) {
      return absl::NotFoundError(absl::StrCat(name_, ": has no table '",
                                              wanted_, "'; it holds ", names_));
    }
    if (absl::Status s = TakeNames(document); !s.ok()) return s;
    table_.title = TextOf(*source, "title");
    const json* rows = ArrayOf(*source, "rows");
    if (rows == nullptr || rows->size() > kMaxRows) {
      return Fail(
          absl::StrCat("expected a table of up to ", kMaxRows, " rows"));
    }
    for (const json& row : *rows) TakeRow(row);
    if (table_.rows.empty()) {
      return absl::NotFoundError(name_ + ": no row of those policies");
    }
    return std::move(table_);
  }

 private:
  absl::Status Fail(const std::string& what) const {
    return absl::InvalidArgumentError(name_ + ": " + what);
  }

  const json* FindTable(const json& document) {
    const json* tables = ArrayOf(document, "tables");
    const json* first = nullptr;
    const json* preferred = nullptr;
    for (size_t i = 0; tables != nullptr && i < tables->size(); ++i) {
      const json& table = (*tables)[i];
      const std::string name = TextOf(table, "name");
      absl::StrAppend(&names_, names_.empty() ? "" : ", ", name);
      if (!wanted_.empty() && name == wanted_) return &table;
      if (first == nullptr) first = &table;
      const json* rows = ArrayOf(table, "rows");
      // One row is the reference alone.
      if (name == kPreferredTable && rows != nullptr && rows->size() > 1) {
        preferred = &table;
      }
    }
    if (!wanted_.empty()) return nullptr;
    return preferred != nullptr ? preferred : first;
  }

  absl::Status TakeNames(const json& document) {
    const json* clips = ArrayOf(document, "clips");
    const json* judges = ArrayOf(document, "judges");
    if (clips == nullptr || judges == nullptr || judges->empty() ||
        clips->size() > kMaxPanels || judges->size() > kMaxPanels) {
      return Fail(
          absl::StrCat("expected up to ", kMaxPanels, " clips and judges"));
    }
    for (const json& clip : *clips) {
      if (clip.is_string()) table_.clips.push_back(clip.get<std::string>());
    }
    for (const json& judge : *judges) {
      const std::string name = TextOf(judge, "name");
      if (options_.judge.empty() || options_.judge == name) {
        table_.judges.push_back(name);
      }
    }
    return absl::OkStatus();
  }

  void TakeRow(const json& source) {
    Row row;
    row.policy = TextOf(source, "policy");
    const auto& wanted = options_.policies;
    if (!wanted.empty() &&
        std::find(wanted.begin(), wanted.end(), row.policy) == wanted.end()) {
      return;
    }
    const json* clips = FieldOf(source, "clips");
    for (const std::string& clip : table_.clips) {
      row.clips.emplace_back();
      const json* cell = clips == nullptr ? nullptr : FieldOf(*clips, clip);
      for (const std::string& judge : table_.judges) {
        const json* by_measure =
            cell == nullptr ? nullptr : FieldOf(*cell, judge);
        row.clips.back().push_back(SavingOf(
            by_measure == nullptr ? nullptr
                                  : FieldOf(*by_measure, options_.measure)));
      }
    }
    row.all = SavingOf(FieldOf(source, "all"));
    table_.rows.push_back(std::move(row));
  }

  const std::string& name_;
  const std::string& wanted_;
  const RatePlotOptions& options_;
  std::string names_;
  Table table_;
};

constexpr double kLabel = 230;
constexpr double kPanelWidth = 210;
constexpr double kGap = 18;
constexpr double kTop = 70;
constexpr double kRowHeight = 22;
constexpr double kBottom = 60;
constexpr double kDotRadius = 3;

PlotRange RangeOf(const Table& table) {
  PlotRange range;
  const auto add = [&range](const std::optional<Saving>& saving) {
    if (!saving) return;
    range.Add(saving->value);
    range.Add(saving->low.value_or(saving->value));
    range.Add(saving->high.value_or(saving->value));
  };
  range.Add(0);
  for (const Row& row : table.rows) {
    for (const auto& clip : row.clips) {
      for (const auto& saving : clip) add(saving);
    }
    add(row.all);
  }
  const double margin = std::max((range.high - range.low) * 0.04, 1.0);
  return {range.low - margin, range.high + margin};
}

class SavingsDrawing {
 public:
  explicit SavingsDrawing(const Table& table)
      : table_(table),
        range_(RangeOf(table)),
        height_(kRowHeight * static_cast<double>(table.rows.size())),
        svg_(kLabel + (kPanelWidth + kGap) *
                          static_cast<double>(table.clips.size() + 1),
             kTop + height_ + kBottom) {}

  std::string Draw(const std::string& measure) && {
    svg_.Text(12, 22, table_.title,
              {15, SvgAnchor::kStart, true, false, "#222"});
    svg_.Text(12, 42,
              absl::StrCat("Bytes at equal agreement (",
                           measure == "f1" ? "F1" : "soft score",
                           "), negative is fewer; bars are 90 % intervals"),
              SvgText());
    DrawLabels();
    for (size_t i = 0; i < table_.clips.size(); ++i) {
      DrawPanel(i, table_.clips[i]);
      for (size_t row = 0; row < table_.rows.size(); ++row) {
        const auto& savings = table_.rows[row].clips[i];
        for (size_t judge = 0; judge < savings.size(); ++judge) {
          const double share = (static_cast<double>(judge) + 1) /
                               (static_cast<double>(savings.size()) + 1);
          DrawSaving(i, RowTop(row) + kRowHeight * share,
                     PlotStroke(judge).color, savings[judge]);
        }
      }
    }
    // The report's own mean over judges, clips and measures.
    DrawPanel(table_.clips.size(), "all clips, judges, measures");
    for (size_t row = 0; row < table_.rows.size(); ++row) {
      DrawSaving(table_.clips.size(), RowTop(row) + kRowHeight / 2, "#222",
                 table_.rows[row].all);
    }
    DrawLegend();
    return std::move(svg_).Finish();
  }

 private:
  static double RowTop(size_t row) {
    return kTop + kRowHeight * static_cast<double>(row);
  }
  static double Left(size_t panel) {
    return kLabel + (kPanelWidth + kGap) * static_cast<double>(panel);
  }
  double X(size_t panel, double percent) const {
    return Left(panel) +
           kPanelWidth * (percent - range_.low) / (range_.high - range_.low);
  }

  void DrawLabels() {
    for (size_t row = 0; row < table_.rows.size(); ++row) {
      svg_.Text(kLabel - 10, RowTop(row) + kRowHeight / 2 + 4,
                table_.rows[row].policy.substr(0, 34),
                {12, SvgAnchor::kEnd, false, false, "#222"});
    }
  }

  void DrawPanel(size_t panel, const std::string& title) {
    const double left = Left(panel);
    const double bottom = kTop + height_;
    SvgText text{12, SvgAnchor::kMiddle, true, false, "#222"};
    svg_.Text(left + kPanelWidth / 2, kTop - 8, title, text);
    text = {11, SvgAnchor::kMiddle, false, false, "#222"};
    for (const double tick : LinearTicks(range_, 5)) {
      const double x = X(panel, tick);
      svg_.Line(x, kTop, x, bottom,
                {tick == 0 ? "#555" : "#e4e4e4", tick == 0 ? 1.4 : 1, ""});
      svg_.Text(x, bottom + 15, PlotNumber(tick) + " %", text);
    }
    for (size_t row = 1; row < table_.rows.size(); ++row) {
      svg_.Line(left, RowTop(row), left + kPanelWidth, RowTop(row),
                {"#f0f0f0", 1, ""});
    }
    svg_.Rectangle(left, kTop, kPanelWidth, height_, {"#777", 1, ""});
  }

  void DrawSaving(size_t panel, double y, const std::string& color,
                  const std::optional<Saving>& saving) {
    if (!saving) return;
    if (saving->low && saving->high) {
      svg_.Line(X(panel, *saving->low), y, X(panel, *saving->high), y,
                {color, 1.4, ""});
    }
    svg_.Dot(X(panel, saving->value), y, kDotRadius, color,
             PlotNumber(saving->value) + " %");
  }

  void DrawLegend() {
    const double y = kTop + height_ + kBottom - 18;
    double x = kLabel;
    for (size_t judge = 0; judge < table_.judges.size(); ++judge) {
      svg_.Dot(x, y, kDotRadius + 1, PlotStroke(judge).color,
               table_.judges[judge]);
      svg_.Text(x + 10, y + 4, table_.judges[judge].substr(0, 24), SvgText());
      x += 180;
    }
  }

  const Table& table_;
  const PlotRange range_;
  const double height_;
  SvgWriter svg_;
};

}  // namespace

absl::StatusOr<std::string> SavingsSvg(const std::string& name,
                                       const std::string& json,
                                       const std::string& table,
                                       const RatePlotOptions& options) {
  const auto parsed = SavingsParser(name, table, options).Parse(json);
  if (!parsed.ok()) return parsed.status();
  return SavingsDrawing(*parsed).Draw(options.measure);
}

absl::Status PlotRateAccuracy(const std::string& report,
                              const std::string& table,
                              const RatePlotOptions& options,
                              const std::string& output) {
  const auto bytes = ReadWholeFile(report, kMaxReportBytes);
  if (!bytes.ok()) return bytes.status();
  const std::string text(bytes->begin(), bytes->end());
  const bool savings =
      TextOf(json::parse(text, nullptr, false), "schema") == kSchema;
  const auto svg = savings ? SavingsSvg(report, text, table, options)
                           : RateAccuracySvg(report, text, options);
  if (!svg.ok()) return svg.status();
  return WriteWholeFile(output, *svg);
}

}  // namespace fovea
