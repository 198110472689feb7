// SPDX-License-Identifier: GPL-2.0-or-later
//
// A report to compute with. Shares, not per cent; null where a figure does
// not exist.

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "bench/accuracy/report.h"
#include "nlohmann/json.hpp"

namespace fovea::bench {
namespace {

using nlohmann::json;

json ToJson(const std::optional<double>& value) {
  return value.has_value() ? json(*value) : json(nullptr);
}

json ToJson(const Figure& figure) {
  json out = {{"value", ToJson(figure.value)}};
  if (const auto interval = NinetyPercent(figure.draws)) {
    out["low"] = interval->low;
    out["high"] = interval->high;
  }
  return out;
}

// By judge.
json ToJson(const std::vector<Cell>& cells, const Results& results) {
  json out = json::object();
  for (size_t i = 0; i < cells.size(); ++i) {
    out[results.judges()[i].name] = {{"f1", ToJson(cells[i].f1)},
                                     {"soft", ToJson(cells[i].soft)}};
  }
  return out;
}

json ToJson(const Table& table, const Results& results) {
  json references = json::object();
  json rows = json::array();
  for (size_t i = 0; i < results.clips().size(); ++i) {
    references[results.clips()[i]] = table.references[i];
  }
  for (const Row& row : table.rows) {
    json clips = json::object();
    for (size_t i = 0; i < results.clips().size(); ++i) {
      clips[results.clips()[i]] = ToJson(row.cells[i], results);
    }
    rows.push_back({{"policy", row.policy},
                    {"clips", std::move(clips)},
                    {"mean", ToJson(row.means, results)},
                    {"soft", ToJson(row.soft)},
                    {"all", ToJson(row.all)}});
  }
  return {{"name", table.name},
          {"title", table.title},
          {"references", std::move(references)},
          {"rows", std::move(rows)}};
}

json ToJson(const std::optional<Scatter>& scatter) {
  if (!scatter.has_value()) return nullptr;
  return {{"quality", scatter->quality}, {"bytes", scatter->bytes}};
}

json NoiseJson(const Results& results) {
  json out = json::array();
  for (const std::string& clip : results.clips()) {
    for (const JudgeInfo& judge : results.judges()) {
      const auto noise = results.NoiseOf(clip, judge);
      if (!noise.has_value()) continue;
      out.push_back({{"clip", clip},
                     {"judge", judge.name},
                     {"f1_step", noise->f1_step},
                     {"soft_step", noise->soft_step},
                     {"f1_scatter", ToJson(noise->f1)},
                     {"soft_scatter", ToJson(noise->soft)},
                     {"f1_half", ToJson(noise->f1_half)},
                     {"soft_half", ToJson(noise->soft_half)}});
    }
  }
  return out;
}

json JudgesJson(const Results& results) {
  json out = json::array();
  for (const JudgeInfo& judge : results.judges()) {
    out.push_back({{"name", judge.name},
                   {"threshold", judge.threshold},
                   {"f1_floor", judge.f1_floor},
                   {"digest", judge.digest}});
  }
  return out;
}

json TunedJson(const Report& report) {
  json out = json::array();
  for (const TunedRow& row : report.tuned) {
    out.push_back({{"family", row.family},
                   {"clip", row.clip},
                   {"chosen", row.chosen},
                   {"reference", row.reference},
                   {"second_half", ToJson(row.cells, report.results)}});
  }
  return out;
}

json CostsJson(const Report& report) {
  json out = json::array();
  for (const CostRow& row : report.costs) {
    out.push_back({{"policy", row.policy},
                   {"map_ms", row.cost.map_ms},
                   {"encode_ms", row.cost.encode_ms},
                   {"decode_ms", row.cost.decode_ms},
                   {"judge_ms", row.cost.judge_ms},
                   {"cpu_s_per_stream_hour", row.cpu_seconds_per_stream_hour}});
  }
  return out;
}

// Points by rising bytes.
json CurveJson(const std::vector<const Point*>& curve) {
  json points = json::array();
  for (auto point = curve.rbegin(); point != curve.rend(); ++point) {
    const Agreement sums = Sum((*point)->agreement);
    points.push_back({{"crf", (*point)->crf},
                      {"bytes", (*point)->bytes()},
                      {"f1", sums.F1()},
                      {"soft", sums.Soft()}});
  }
  return points;
}

}  // namespace

std::string ReportJson(const Report& report) {
  const Results& results = report.results;
  json tables = json::array();
  for (const Table& table : report.tables) {
    tables.push_back(ToJson(table, results));
  }
  const json out = {
      {"schema", "fovea.accuracy/1"}, {"seed", results.seed()},
      {"clips", results.clips()},     {"judges", JudgesJson(results)},
      {"crfs", results.crfs()},       {"tables", std::move(tables)},
      {"noise", NoiseJson(results)},  {"tuned", TunedJson(report)},
      {"costs", CostsJson(report)}};
  return out.dump(1) + "\n";
}

std::string CurvesJson(const Results& results) {
  json curves = json::array();
  for (const std::string& clip : results.clips()) {
    for (const std::string& policy : results.policies()) {
      for (const JudgeInfo& judge : results.judges()) {
        const auto curve = results.Curve(clip, policy, judge.name);
        if (curve.empty()) continue;
        curves.push_back({{"clip", clip},
                          {"policy", policy},
                          {"judge", judge.name},
                          {"points", CurveJson(curve)}});
      }
    }
  }
  const json out = {{"schema", "fovea.rate-accuracy/1"},
                    {"curves", std::move(curves)}};
  return out.dump(1) + "\n";
}

}  // namespace fovea::bench
