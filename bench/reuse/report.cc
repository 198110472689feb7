// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/report.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/reuse/clip_margins.h"
#include "nlohmann/json.hpp"

namespace fovea::bench::reuse {
namespace {

using Json = nlohmann::json;
using Key = std::pair<std::string, Loss>;

constexpr size_t kDraws = 200;
constexpr uint64_t kSeed = 1;

Score MeanOfScores(const std::vector<Score>& scores) {
  Score mean{0, 0};
  for (const Score& score : scores) {
    mean.avoided += score.avoided / static_cast<double>(scores.size());
    mean.agreed += score.agreed / static_cast<double>(scores.size());
  }
  return mean;
}

Interval IntervalOf(const std::vector<Draws>& parts) {
  return NinetyPercent(MeanOf(parts)).value_or(Interval());
}

MethodRow RowOf(const std::vector<ClipResult>& results, size_t method,
                double target) {
  const Sweep& first = results[0].sweeps[method];
  MethodRow row{first.method, target, {}, {}, {}, {}, {}};
  std::vector<const Sweep*> sweeps;
  for (const ClipResult& r : results) sweeps.push_back(&r.sweeps[method]);
  const auto pooled =
      first.pooled ? ChoosePooled(sweeps, target) : std::nullopt;
  std::vector<Draws> avoided, agreed;
  for (const Sweep* sweep : sweeps) {
    const auto knob = first.pooled ? pooled : ChooseKnob(sweep->tuned, target);
    row.tuned.push_back(ScoreOf(sweep->judged, knob));
    row.knobs.push_back(knob.has_value() ? sweep->knobs[*knob] : "run all");
    row.hindsight.push_back(Hindsight(*sweep, target));
    Redrawn redrawn = Redraw(sweep->judged, knob, kDraws, kSeed);
    avoided.push_back(std::move(redrawn.avoided));
    agreed.push_back(std::move(redrawn.agreed));
  }
  row.avoided_interval = IntervalOf(avoided);
  row.agreed_interval = IntervalOf(agreed);
  return row;
}

std::map<Key, std::vector<ClipResult>> ByTask(
    const std::vector<ClipResult>& results) {
  std::map<Key, std::vector<ClipResult>> tasks;
  for (const ClipResult& r : results) tasks[{r.model, r.loss}].push_back(r);
  return tasks;
}

// "34.1 / 96.2": avoided and agreed in percent.
std::string Pair(const Score& score) {
  return absl::StrFormat("%.1f / %.1f", 100 * score.avoided,
                         100 * score.agreed);
}

std::string Rule(size_t columns) {
  std::string rule = "|";
  for (size_t i = 0; i < columns; ++i) rule += "---|";
  return rule + "\n";
}

// Rows: methods; columns: recordings at a target, and means.
std::string TargetTable(const std::vector<ClipResult>& results, double target) {
  std::string text = absl::StrFormat("| %.0f %% |", 100 * target);
  for (const ClipResult& r : results) absl::StrAppend(&text, " ", r.clip, " |");
  absl::StrAppend(&text, " mean | kept | hindsight |\n",
                  Rule(results.size() + 4));
  for (const MethodRow& row : RowsOf(results, target)) {
    absl::StrAppend(&text, "| ", row.method, " |");
    for (const Score& score : row.tuned) {
      absl::StrAppend(&text, " ", Pair(score), " |");
    }
    absl::StrAppendFormat(&text, " %s | %d | %.1f |\n", Pair(row.mean_tuned()),
                          row.kept(), 100 * row.mean_hindsight().avoided);
  }
  return text + "\n";
}

std::string SummaryCell(const MethodRow& row) {
  return absl::StrFormat(
      " %.1f (%.1f-%.1f) / %.1f (%.1f-%.1f), %d | %.1f |",
      100 * row.mean_tuned().avoided, 100 * row.avoided_interval.low,
      100 * row.avoided_interval.high, 100 * row.mean_tuned().agreed,
      100 * row.agreed_interval.low, 100 * row.agreed_interval.high, row.kept(),
      100 * row.mean_hindsight().avoided);
}

// Rows: methods; columns: targets.
std::string SummaryTable(const std::vector<ClipResult>& results) {
  std::string text = "| mean of recordings |";
  std::vector<std::vector<MethodRow>> rows;
  for (const double target : kTargets) {
    absl::StrAppendFormat(&text, " %.0f %% | hindsight |", 100 * target);
    rows.push_back(RowsOf(results, target));
  }
  absl::StrAppend(&text, "\n", Rule(1 + 2 * rows.size()));
  for (size_t method = 0; method < rows[0].size(); ++method) {
    absl::StrAppend(&text, "| ", rows[0][method].method, " |");
    for (const auto& at_target : rows) text += SummaryCell(at_target[method]);
    text += "\n";
  }
  return text + "\n";
}

// Of each method the median over recordings of what a decision took.
std::map<std::string, double> GateTimes(
    const std::vector<ClipResult>& results) {
  std::map<std::string, std::vector<double>> all;
  for (const ClipResult& r : results) {
    for (const Sweep& sweep : r.sweeps) {
      if (sweep.gate_us > 0) all[sweep.method].push_back(sweep.gate_us);
    }
  }
  std::map<std::string, double> medians;
  for (auto& [method, times] : all) {
    std::ranges::sort(times);
    medians[method] = times[times.size() / 2];
  }
  return medians;
}

// What of the model's time is saved at a target, gate included:
// 1 - [C_gate + (1 - r) C_dnn] / C_dnn = r - C_gate / C_dnn.
std::string SavedTable(const std::vector<ClipResult>& results) {
  const auto times = GateTimes(results);
  if (times.empty()) return "";
  double infer_us = 0;
  for (const ClipResult& r : results) {
    infer_us += r.infer_us / static_cast<double>(results.size());
  }
  std::string text =
      absl::StrFormat("| model %.1f ms a frame | gate us | saved at 95 %% |\n",
                      infer_us / 1e3) +
      Rule(3);
  for (const MethodRow& row : RowsOf(results, 0.95)) {
    const auto time = times.find(row.method);
    if (time == times.end()) continue;
    absl::StrAppendFormat(
        &text, "| %s | %.1f | %.1f %% |\n", row.method, time->second,
        100 * (row.mean_tuned().avoided - time->second / infer_us));
  }
  return text + "\n";
}

Json JsonOf(const Score& score) {
  return {{"avoided", score.avoided}, {"agreed", score.agreed}};
}

Json JsonOf(const MethodRow& row, bool published,
            const std::vector<ClipResult>& results) {
  Json clips = Json::object();
  for (size_t i = 0; i < results.size(); ++i) {
    clips[results[i].clip] = {{"tuned", JsonOf(row.tuned[i])},
                              {"hindsight", JsonOf(row.hindsight[i])},
                              {"knob", row.knobs[i]}};
  }
  return {{"method", row.method},
          {"target", row.target},
          {"published", published},
          {"clips", clips},
          {"mean", JsonOf(row.mean_tuned())},
          {"mean_hindsight", JsonOf(row.mean_hindsight())},
          {"kept", row.kept()}};
}

}  // namespace

Score MethodRow::mean_tuned() const { return MeanOfScores(tuned); }
Score MethodRow::mean_hindsight() const { return MeanOfScores(hindsight); }

int MethodRow::kept() const {
  return static_cast<int>(std::ranges::count_if(
      tuned,
      [this](const Score& score) { return score.agreed + 1e-9 >= target; }));
}

std::vector<MethodRow> RowsOf(const std::vector<ClipResult>& results,
                              double target) {
  std::vector<MethodRow> rows;
  if (results.empty()) return rows;
  for (size_t method = 0; method < results[0].sweeps.size(); ++method) {
    rows.push_back(RowOf(results, method, target));
  }
  return rows;
}

std::string Markdown(const std::vector<ClipResult>& results) {
  std::string text =
      "Cells: avoided % / agreement %, settings chosen on the first 40 % of "
      "each recording, judged on the rest. Intervals: 90 %, frames redrawn in "
      "blocks. Behind the comma: recordings on which the target was kept. "
      "Hindsight: avoided % at the setting best on the judged part. Per clip: "
      "points more than others avoid; a star where the target was missed, and "
      "rivals that missed theirs are left out.\n\n";
  for (const auto& [key, of_task] : ByTask(results)) {
    absl::StrAppend(&text, "## ", key.first, ", ", LossName(key.second), " (",
                    of_task.size(), " recordings)\n\n", SummaryTable(of_task),
                    SavedTable(of_task));
    text += MarginTables(of_task);
    for (const double target : kTargets) text += TargetTable(of_task, target);
  }
  return text;
}

std::string JsonText(const std::vector<ClipResult>& results) {
  Json tasks = Json::array();
  for (const auto& [key, of_task] : ByTask(results)) {
    Json rows = Json::array();
    for (const double target : kTargets) {
      const auto of_target = RowsOf(of_task, target);
      for (size_t i = 0; i < of_target.size(); ++i) {
        const bool published = of_task[0].sweeps[i].published;
        rows.push_back(JsonOf(of_target[i], published, of_task));
      }
    }
    tasks.push_back({{"model", key.first},
                     {"loss", LossName(key.second)},
                     {"gate_us", GateTimes(of_task)},
                     {"rows", rows}});
  }
  return tasks.dump(1);
}

}  // namespace fovea::bench::reuse
