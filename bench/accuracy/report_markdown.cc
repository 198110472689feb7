// SPDX-License-Identifier: GPL-2.0-or-later
//
// A report to read. Figures are per cent of bytes: -20 needs a fifth fewer.

#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/accuracy/report.h"

namespace fovea::bench {
namespace {

std::string Percent(const std::optional<double>& share) {
  if (!share.has_value()) return "-";
  return absl::StrCat(std::lround(*share * 100));
}

std::string Percent(const Figure& figure) { return Percent(figure.value); }

std::string WithInterval(const Figure& figure) {
  const auto interval = NinetyPercent(figure.draws);
  if (!interval.has_value()) return Percent(figure);
  return absl::StrCat(Percent(figure), " [", Percent(interval->low), ", ",
                      Percent(interval->high), "]");
}

std::string Cells(const std::vector<Cell>& cells) {
  return absl::StrJoin(cells, "/", [](std::string* out, const Cell& cell) {
    absl::StrAppend(out, Percent(cell.f1), "/", Percent(cell.soft));
  });
}

std::string Line(const std::vector<std::string>& cells) {
  return absl::StrCat("| ", absl::StrJoin(cells, " | "), " |\n");
}

std::string Head(const std::vector<std::string>& cells) {
  return Line(cells) + Line(std::vector<std::string>(cells.size(), "---"));
}

std::string Legend(const Results& results) {
  std::vector<std::string> parts;
  for (const JudgeInfo& judge : results.judges()) {
    parts.push_back(
        absl::StrFormat("%s F1 (above %.1f)", judge.name, judge.f1_floor));
    parts.push_back(judge.name + " soft");
  }
  return absl::StrJoin(parts, "/");
}

// The columns of a row without those of its policy.
void AppendCells(const Row& row, std::vector<std::string>* line) {
  for (const auto& cells : row.cells) line->push_back(Cells(cells));
  line->push_back(Cells(row.means));
  line->push_back(WithInterval(row.soft));
  line->push_back(WithInterval(row.all));
}

std::string TableText(const Table& table, const Results& results) {
  if (table.rows.empty()) return "";
  std::vector<std::string> head = {"policy"};
  head.insert(head.end(), results.clips().begin(), results.clips().end());
  head.insert(head.end(), {"mean", "soft [90 %]", "all [90 %]"});
  std::string text = absl::StrCat("\n## ", table.title, "\n\n", Head(head));
  std::vector<std::string> references = {"*reference*"};
  for (const std::string& reference : table.references) {
    references.push_back(reference.empty() ? "-" : "*" + reference + "*");
  }
  references.insert(references.end(), {"", "", ""});
  text += Line(references);
  for (const Row& row : table.rows) {
    std::vector<std::string> line = {row.policy};
    AppendCells(row, &line);
    text += Line(line);
  }
  return text;
}

std::string IntervalText(const Table& table, const Results& results) {
  if (table.rows.empty()) return "";
  std::vector<std::string> head = {"policy"};
  for (const JudgeInfo& judge : results.judges()) {
    head.push_back(judge.name + " F1");
    head.push_back(judge.name + " soft");
  }
  std::string text =
      absl::StrCat("\nMeans over clips with 90 % intervals:\n\n", Head(head));
  for (const Row& row : table.rows) {
    std::vector<std::string> line = {row.policy};
    for (const Cell& mean : row.means) {
      line.push_back(WithInterval(mean.f1));
      line.push_back(WithInterval(mean.soft));
    }
    text += Line(line);
  }
  return text;
}

std::string ScatterText(const std::optional<Scatter>& scatter) {
  if (!scatter.has_value()) return "-";
  return absl::StrFormat("%.3f = %s %%", scatter->quality,
                         Percent(scatter->bytes));
}

std::string NoiseText(const Results& results) {
  std::string text = absl::StrCat(
      "\n## Noise floor\n\nThe default setting at every rate and one CRF step "
      "above. Half: BD-rate of the one half of these points against the "
      "other, truly 0.\n\n",
      Head({"clip", "judge", "F1 step", "soft step", "F1 scatter",
            "soft scatter", "half F1 %", "half soft %"}));
  for (const std::string& clip : results.clips()) {
    for (const JudgeInfo& judge : results.judges()) {
      const auto noise = results.NoiseOf(clip, judge);
      if (!noise.has_value()) continue;
      text += Line({clip, judge.name, absl::StrFormat("%.3f", noise->f1_step),
                    absl::StrFormat("%.3f", noise->soft_step),
                    ScatterText(noise->f1), ScatterText(noise->soft),
                    Percent(noise->f1_half), Percent(noise->soft_half)});
    }
  }
  return text;
}

std::string TunedText(const Report& report) {
  std::string text = "\n## Tuned values\n\n";
  if (report.tuned.empty()) return text + "None: all settings are global.\n";
  absl::StrAppend(
      &text,
      "The tables above use global settings. Here strength and "
      "reference were chosen on the first half of each clip by "
      "the soft measure; figures are of the second half.\n\n",
      Head({"family", "clip", "chosen", "reference", Legend(report.results)}));
  for (const TunedRow& row : report.tuned) {
    text += Line(
        {row.family, row.clip, row.chosen, row.reference, Cells(row.cells)});
  }
  return text;
}

std::string CostText(const Report& report) {
  std::string text = absl::StrCat(
      "\n## Cost\n\nCPU milliseconds a frame on one thread, mean over clips "
      "and rates; judging is per scored frame of the first judge.\n\n",
      Head({"policy", "map", "encode", "decode", "judge",
            "CPU s per stream hour"}));
  for (const CostRow& row : report.costs) {
    text += Line({row.policy, absl::StrFormat("%.2f", row.cost.map_ms),
                  absl::StrFormat("%.1f", row.cost.encode_ms),
                  absl::StrFormat("%.1f", row.cost.decode_ms),
                  absl::StrFormat("%.1f", row.cost.judge_ms),
                  absl::StrFormat("%.0f", row.cpu_seconds_per_stream_hour)});
  }
  return text;
}

std::string TruthText(const Results& results) {
  std::string text = absl::StrCat(
      "\n## Truth\n\nBoxes each judge sees on the scored "
      "originals.\n\n",
      Head({"clip", "judge", "scored frames", "boxes"}));
  for (const std::string& clip : results.clips()) {
    for (const JudgeInfo& judge : results.judges()) {
      const auto curve = results.Curve(clip, kDefaultPlain, judge.name);
      if (curve.empty()) continue;
      const Agreement sums = Sum(curve.front()->agreement);
      text +=
          Line({clip, judge.name, absl::StrCat(curve.front()->agreement.size()),
                absl::StrCat(sums.found + sums.missed)});
    }
  }
  return text;
}

}  // namespace

std::string Markdown(const Report& report) {
  const Results& results = report.results;
  std::string text = absl::StrCat(
      "# Bytes against agreement\n\nFigures are per cent of bytes at equal "
      "agreement (BD-rate on monotone curves), negative is fewer. Columns: ",
      Legend(results), ". CRF ", absl::StrJoin(results.crfs(), ", "),
      ". Intervals redraw scored frames in blocks of up to ten (seed ",
      results.seed(), "); bytes are as measured.\n");
  text += TruthText(results);
  for (const Table& table : report.tables) {
    text += TableText(table, results);
    if (table.name.rfind("policies-best", 0) == 0)
      text += IntervalText(table, results);
  }
  return text + NoiseText(results) + TunedText(report) + CostText(report);
}

}  // namespace fovea::bench
