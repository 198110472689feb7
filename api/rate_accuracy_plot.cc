// SPDX-License-Identifier: GPL-2.0-or-later
//
// A row of panels per clip, a column per judge, one legend for all. A policy
// has the same colour and dash everywhere.

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
#include "nlohmann/json.hpp"

namespace fovea {
namespace {

using nlohmann::json;

constexpr char kSchema[] = "fovea.rate-accuracy/1";
constexpr size_t kMaxCurves = 4096;
constexpr size_t kMaxPoints = 1024;
constexpr size_t kMaxPanels = 256;

struct Point {
  double bytes = 0;
  double value = 0;
  std::optional<double> low, high;
  std::string crf;
};

struct Curve {
  std::string clip, judge, policy;
  std::vector<Point> points;
};

struct Report {
  std::vector<Curve> curves;
  std::vector<std::string> clips, judges, policies;  // in order of appearance
};

void AddOnce(const std::string& name, std::vector<std::string>* names) {
  if (std::find(names->begin(), names->end(), name) == names->end()) {
    names->push_back(name);
  }
}

class ReportParser {
 public:
  ReportParser(const std::string& name, const RatePlotOptions& options)
      : name_(name), options_(options) {}

  absl::StatusOr<Report> Parse(const std::string& text) {
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded() || !document.is_object()) {
      return Fail("expected a JSON object");
    }
    const std::string schema = TextOf(document, "schema");
    if (schema != kSchema) {
      return Fail(absl::StrCat("expected schema ", kSchema, ", found '",
                               schema.substr(0, 40),
                               "'; the bench writes curves.json beside its "
                               "report"));
    }
    const json* curves = ArrayOf(document, "curves");
    if (curves == nullptr || curves->size() > kMaxCurves) {
      return Fail(absl::StrCat("expected up to ", kMaxCurves, " curves"));
    }
    for (size_t i = 0; i < curves->size(); ++i) {
      if (absl::Status s = Take((*curves)[i], i); !s.ok()) return s;
    }
    return Ordered();
  }

 private:
  absl::Status Fail(const std::string& what) const {
    return absl::InvalidArgumentError(name_ + ": " + what);
  }

  bool Wanted(const Curve& curve) const {
    const auto& policies = options_.policies;
    return (options_.judge.empty() || options_.judge == curve.judge) &&
           (policies.empty() || std::find(policies.begin(), policies.end(),
                                          curve.policy) != policies.end());
  }

  absl::Status Take(const json& object, size_t number) {
    const json* points = ArrayOf(object, "points");
    if (points == nullptr || points->size() > kMaxPoints) {
      return Fail(absl::StrCat("curve ", number, ": expected up to ",
                               kMaxPoints, " points"));
    }
    Curve curve{TextOf(object, "clip"),
                TextOf(object, "judge"),
                TextOf(object, "policy"),
                {}};
    if (!Wanted(curve)) return absl::OkStatus();
    for (const json& entry : *points) {
      auto point = TakePoint(entry);
      if (!point) {
        return Fail(absl::StrCat("curve ", number,
                                 ": expected points with bytes from 1 and ",
                                 options_.measure));
      }
      curve.points.push_back(*std::move(point));
    }
    std::stable_sort(
        curve.points.begin(), curve.points.end(),
        [](const Point& a, const Point& b) { return a.bytes < b.bytes; });
    if (!curve.points.empty()) report_.curves.push_back(std::move(curve));
    return absl::OkStatus();
  }

  std::optional<Point> TakePoint(const json& entry) const {
    if (!entry.is_object()) return std::nullopt;
    const auto bytes = NumberOf(entry, "bytes");
    const auto value = NumberOf(entry, options_.measure);
    if (!bytes || *bytes < 1 || !value) return std::nullopt;
    Point point{*bytes, *value, NumberOf(entry, options_.measure + "_low"),
                NumberOf(entry, options_.measure + "_high"), ""};
    if (const auto crf = NumberOf(entry, "crf")) point.crf = PlotNumber(*crf);
    return point;
  }

  absl::StatusOr<Report> Ordered() {
    if (report_.curves.empty()) {
      return absl::NotFoundError(
          name_ + ": holds no curve of that judge and those policies");
    }
    report_.policies = options_.policies;
    for (const Curve& curve : report_.curves) {
      AddOnce(curve.clip, &report_.clips);
      AddOnce(curve.judge, &report_.judges);
      AddOnce(curve.policy, &report_.policies);
    }
    if (report_.clips.size() * report_.judges.size() > kMaxPanels) {
      return Fail(
          absl::StrCat("more than ", kMaxPanels, " pairs of clip and judge"));
    }
    return std::move(report_);
  }

  const std::string& name_;
  const RatePlotOptions& options_;
  Report report_;
};

std::string ByteText(double bytes) {
  for (const auto& [unit, name] :
       {std::pair{1e9, " GB"}, {1e6, " MB"}, {1e3, " kB"}}) {
    if (bytes >= unit) return PlotNumber(bytes / unit) + name;
  }
  return PlotNumber(bytes) + " B";
}

constexpr double kPanelWidth = 400;
constexpr double kPanelHeight = 270;
constexpr double kLeft = 78;
constexpr double kRight = 22;
constexpr double kTop = 34;
constexpr double kBottom = 52;
constexpr double kTitle = 34;
constexpr double kLegendLine = 20;
constexpr double kLegendColumn = 240;

class Panel {
 public:
  Panel(double x, double y, const std::vector<const Curve*>& curves)
      : x_(x + kLeft), y_(y + kTop) {
    for (const Curve* curve : curves) {
      for (const Point& point : curve->points) {
        bytes_.Add(point.bytes);
        value_.Add(point.value);
        if (point.low) value_.Add(*point.low);
        if (point.high) value_.Add(*point.high);
      }
    }
    bytes_.low /= 1.1;
    bytes_.high *= 1.1;
    const double size = std::max(std::fabs(value_.low), std::fabs(value_.high));
    const double margin =
        std::max({(value_.high - value_.low) * 0.06, size * 1e-3, 1e-6});
    value_.low -= margin;
    value_.high += margin;
  }

  void DrawFrame(const std::string& title, const std::string& value_label,
                 SvgWriter* svg) const {
    SvgText text;
    text.anchor = SvgAnchor::kMiddle;
    text.size = 11;
    for (const double tick : LogTicks(bytes_)) {
      const double x = X(tick);
      svg->Line(x, y_, x, y_ + kPanelHeight, {"#e4e4e4", 1, ""});
      svg->Text(x, y_ + kPanelHeight + 16, ByteText(tick), text);
    }
    text.anchor = SvgAnchor::kEnd;
    for (const double tick : LinearTicks(value_, 6)) {
      const double y = Y(tick);
      svg->Line(x_, y, x_ + kPanelWidth, y, {"#e4e4e4", 1, ""});
      svg->Text(x_ - 6, y + 4, PlotNumber(tick), text);
    }
    svg->Rectangle(x_, y_, kPanelWidth, kPanelHeight, {"#777", 1, ""});
    text = {12, SvgAnchor::kMiddle, true, false, "#222"};
    svg->Text(x_ + kPanelWidth / 2, y_ - 8, title, text);
    text.bold = false;
    svg->Text(x_ + kPanelWidth / 2, y_ + kPanelHeight + 36,
              "bytes of the clip (logarithmic)", text);
    text.upward = true;
    svg->Text(x_ - 54, y_ + kPanelHeight / 2, value_label, text);
  }

  void DrawCurve(const Curve& curve, size_t policy, SvgWriter* svg) const {
    const SvgStroke style = PlotStroke(policy);
    SvgWriter::Points line;
    for (const Point& point : curve.points) {
      line.emplace_back(X(point.bytes), Y(point.value));
    }
    svg->Polyline(line, style);
    for (const Point& point : curve.points) {
      const double x = X(point.bytes);
      if (point.low && point.high) {
        svg->Line(x, Y(*point.low), x, Y(*point.high), {style.color, 1, ""});
        for (const double end : {*point.low, *point.high}) {
          svg->Line(x - 3, Y(end), x + 3, Y(end), {style.color, 1, ""});
        }
      }
      svg->Dot(x, Y(point.value), 2.6, style.color,
               absl::StrCat(
                   curve.policy, point.crf.empty() ? "" : ", crf " + point.crf,
                   ": ", ByteText(point.bytes), ", ", PlotNumber(point.value)));
    }
  }

 private:
  double X(double bytes) const {
    return x_ + kPanelWidth * std::log(bytes / bytes_.low) /
                    std::log(bytes_.high / bytes_.low);
  }
  double Y(double value) const {
    return y_ +
           kPanelHeight * (value_.high - value) / (value_.high - value_.low);
  }

  const double x_;
  const double y_;
  PlotRange bytes_;
  PlotRange value_;
};

std::string ValueLabel(const std::string& measure) {
  return measure == "f1" ? "F1 against the original (higher is better)"
                         : "soft score distance (lower is better)";
}

void DrawLegend(const Report& report, double top, double width,
                SvgWriter* svg) {
  const auto columns = static_cast<size_t>(
      std::max(1.0, std::floor((width - kLeft) / kLegendColumn)));
  for (size_t i = 0; i < report.policies.size(); ++i) {
    const double x = kLeft + static_cast<double>(i % columns) * kLegendColumn;
    const double y = top + static_cast<double>(i / columns) * kLegendLine;
    SvgStroke style = PlotStroke(i);
    style.width = 2.4;
    svg->Line(x, y, x + 34, y, style);
    svg->Text(x + 40, y + 4, report.policies[i].substr(0, 32), SvgText());
  }
}

double LegendHeight(const Report& report, double width) {
  const double columns =
      std::max(1.0, std::floor((width - kLeft) / kLegendColumn));
  return std::ceil(static_cast<double>(report.policies.size()) / columns) *
             kLegendLine +
         kLegendLine;
}

std::vector<const Curve*> CurvesOf(const Report& report,
                                   const std::string& clip,
                                   const std::string& judge) {
  std::vector<const Curve*> curves;
  for (const Curve& curve : report.curves) {
    if (curve.clip == clip && curve.judge == judge) curves.push_back(&curve);
  }
  return curves;
}

std::string Draw(const Report& report, const std::string& measure) {
  const double cell_width = kLeft + kPanelWidth + kRight;
  const double cell_height = kTop + kPanelHeight + kBottom;
  const double width = cell_width * static_cast<double>(report.judges.size());
  const double panels =
      kTitle + cell_height * static_cast<double>(report.clips.size());
  SvgWriter svg(width, panels + LegendHeight(report, width));
  svg.Text(kLeft, kTitle - 12, "Bytes against agreement with the judge",
           {15, SvgAnchor::kStart, true, false, "#222"});
  for (size_t row = 0; row < report.clips.size(); ++row) {
    for (size_t column = 0; column < report.judges.size(); ++column) {
      const std::string& clip = report.clips[row];
      const std::string& judge = report.judges[column];
      const auto curves = CurvesOf(report, clip, judge);
      if (curves.empty()) continue;
      const Panel panel(static_cast<double>(column) * cell_width,
                        kTitle + static_cast<double>(row) * cell_height,
                        curves);
      panel.DrawFrame(absl::StrCat(clip, ", judged by ", judge),
                      ValueLabel(measure), &svg);
      for (const Curve* curve : curves) {
        const auto at = std::find(report.policies.begin(),
                                  report.policies.end(), curve->policy);
        panel.DrawCurve(
            *curve, static_cast<size_t>(at - report.policies.begin()), &svg);
      }
    }
  }
  DrawLegend(report, panels + kLegendLine / 2, width, &svg);
  return std::move(svg).Finish();
}

}  // namespace

absl::StatusOr<std::string> RateAccuracySvg(const std::string& name,
                                            const std::string& json,
                                            const RatePlotOptions& options) {
  const auto report = ReportParser(name, options).Parse(json);
  if (!report.ok()) return report.status();
  return Draw(*report, options.measure);
}

}  // namespace fovea
