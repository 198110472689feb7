// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/tables.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace fovea::bench {
namespace {

constexpr size_t kSplittable = 80;  // frames

std::vector<std::string> Select(const Results& results,
                                const PolicyFilter& filter) {
  std::vector<std::string> selected;
  for (const std::string& text : results.policies()) {
    const auto policy = Policy::Parse(text);
    if (policy.ok() && filter(*policy)) selected.push_back(text);
  }
  return selected;
}

// Which part of each clip a table is about.
using Parts = std::vector<Part>;

std::vector<std::string> BestOfEachClip(const Results& results,
                                        const PolicyFilter& filter,
                                        const Parts& parts) {
  std::vector<std::string> best;
  for (size_t i = 0; i < results.clips().size(); ++i) {
    best.push_back(results.Best(results.clips()[i], filter, parts[i]));
  }
  return best;
}

bool IsSplittable(const Results& results, const std::string& clip) {
  const auto curve =
      results.Curve(clip, kDefaultPlain, results.judges().front().name);
  return !curve.empty() && curve.front()->frame_bytes.size() >= kSplittable;
}

// Second halves, but all of a clip too short to be split.
Parts SecondHalves(const Results& results) {
  Parts parts;
  for (const std::string& clip : results.clips()) {
    parts.push_back(IsSplittable(results, clip) ? Part::kSecondHalf
                                                : Part::kWhole);
  }
  return parts;
}

bool HasValue(const Row& row) { return row.all.value.has_value(); }

// Means of a row that has its cells.
void SumUp(size_t judges, Row* row) {
  std::vector<Figure> all, all_soft;
  for (size_t judge = 0; judge < judges; ++judge) {
    std::vector<Figure> f1, soft;
    for (const std::vector<Cell>& of_clip : row->cells) {
      f1.push_back(of_clip[judge].f1);
      soft.push_back(of_clip[judge].soft);
    }
    row->means.push_back({MeanOf(f1), MeanOf(soft)});
    all.insert(all.end(), f1.begin(), f1.end());
    all.insert(all.end(), soft.begin(), soft.end());
    all_soft.insert(all_soft.end(), soft.begin(), soft.end());
  }
  row->soft = MeanOf(all_soft);
  row->all = MeanOf(all);
}

Row MakeRow(const Results& results, const std::string& policy,
            const std::vector<std::string>& references, const Parts& parts) {
  Row row;
  row.policy = policy;
  for (size_t i = 0; i < results.clips().size(); ++i) {
    std::vector<Cell> cells;
    for (const JudgeInfo& judge : results.judges()) {
      cells.push_back(results.Compare(results.clips()[i], references[i], policy,
                                      judge, parts[i]));
    }
    row.cells.push_back(std::move(cells));
  }
  SumUp(results.judges().size(), &row);
  return row;
}

Table MakeTable(const Results& results, std::string name, std::string title,
                std::vector<std::string> references,
                const std::vector<std::string>& policies, const Parts& parts) {
  Table table{std::move(name), std::move(title), std::move(references), {}};
  for (const std::string& policy : policies) {
    Row row = MakeRow(results, policy, table.references, parts);
    if (HasValue(row)) table.rows.push_back(std::move(row));
  }
  return table;
}

// What settings may be chosen on: nothing of a clip too short to be split.
Table FirstHalves(const Results& results,
                  const std::vector<std::string>& policies) {
  const Parts first(results.clips().size(), Part::kFirstHalf);
  auto references = BestOfEachClip(results, IsPlain, first);
  for (size_t i = 0; i < references.size(); ++i) {
    if (!IsSplittable(results, results.clips()[i])) references[i].clear();
  }
  return MakeTable(results, "policies-best-first",
                   "Policies against the best plain setting, first halves",
                   std::move(references), policies, first);
}

// Policies of one family differ in offset and kappa only.
std::string FamilyOf(Policy policy) {
  const Policy defaults;
  policy.plus = defaults.plus;
  policy.kappa = defaults.kappa;
  return absl::StrReplaceAll(policy.Text(),
                             {{absl::StrCat("/+", defaults.plus), ""}});
}

}  // namespace

std::vector<Table> ComparisonTables(const Results& results) {
  const Parts whole(results.clips().size(), Part::kWhole);
  const auto best = BestOfEachClip(results, IsPlain, whole);
  const auto unshifted = BestOfEachClip(results, IsPlainUnshifted, whole);
  const std::vector<std::string> standard(results.clips().size(),
                                          kDefaultPlain);
  const auto plain = Select(results, IsPlain);
  auto policies =
      Select(results, [](const Policy& policy) { return !IsPlain(policy); });
  std::vector<Table> tables;
  tables.push_back(MakeTable(results, "plain-default",
                             "Plain settings against the default one", standard,
                             plain, whole));
  tables.push_back(
      MakeTable(results, "plain-unshifted",
                "Plain settings against the best one with chroma offset 0",
                unshifted, plain, whole));
  tables.push_back(MakeTable(results, "plain-best",
                             "Plain settings against the best one of the clip",
                             best, plain, whole));
  policies.insert(policies.begin(), kDefaultPlain);
  tables.push_back(MakeTable(results, "policies-best",
                             "Policies against the best plain setting", best,
                             policies, whole));
  tables.push_back(FirstHalves(results, policies));
  const Parts second = SecondHalves(results);
  tables.push_back(
      MakeTable(results, "policies-best-second",
                "Policies against the best plain setting, second halves",
                BestOfEachClip(results, IsPlain, second), policies, second));
  tables.push_back(
      MakeTable(results, "policies-unshifted",
                "Policies against the best plain setting with chroma offset 0",
                unshifted, policies, whole));
  tables.push_back(MakeTable(results, "policies-default",
                             "Policies against the default setting", standard,
                             policies, whole));
  return tables;
}

std::vector<TunedRow> TunedRows(const Results& results) {
  std::map<std::string, int> sizes;
  for (const std::string& text : results.policies()) {
    const auto policy = Policy::Parse(text);
    if (policy.ok() && !IsPlain(*policy)) ++sizes[FamilyOf(*policy)];
  }
  std::vector<TunedRow> rows;
  for (const auto& [family, size] : sizes) {
    if (size < 2) continue;
    const std::string& name = family;
    const auto member = [&](const Policy& policy) {
      return !IsPlain(policy) && FamilyOf(policy) == name;
    };
    for (const std::string& clip : results.clips()) {
      TunedRow row{family,
                   clip,
                   results.Best(clip, member, Part::kFirstHalf),
                   results.Best(clip, IsPlain, Part::kFirstHalf),
                   {}};
      if (row.chosen.empty() || row.reference.empty()) continue;
      for (const JudgeInfo& judge : results.judges()) {
        row.cells.push_back(results.Compare(clip, row.reference, row.chosen,
                                            judge, Part::kSecondHalf));
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<CostRow> CostRows(const Results& results) {
  std::vector<CostRow> rows;
  const std::string& judge = results.judges().front().name;
  for (const std::string& policy : results.policies()) {
    CostRow row;
    row.policy = policy;
    int count = 0;
    for (const std::string& clip : results.clips()) {
      for (const Point* point : results.Curve(clip, policy, judge)) {
        ++count;
        row.cost.map_ms += point->cost.map_ms;
        row.cost.encode_ms += point->cost.encode_ms;
        row.cost.decode_ms += point->cost.decode_ms;
        row.cost.judge_ms += point->cost.judge_ms;
        row.cpu_seconds_per_stream_hour += point->cpu_seconds_per_stream_hour();
      }
    }
    if (count == 0) continue;
    for (double* sum :
         {&row.cost.map_ms, &row.cost.encode_ms, &row.cost.decode_ms,
          &row.cost.judge_ms, &row.cpu_seconds_per_stream_hour}) {
      *sum /= count;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace fovea::bench
