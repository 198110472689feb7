// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/clip_margins.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace fovea::bench::reuse {
namespace {

constexpr double kPoint = 0.01;
constexpr double kSlack = 1e-9;  // shares are quotients
constexpr double kMarginTargets[] = {0.90, 0.95};
constexpr const char* kOurs[] = {"ours", "ours, gate chosen"};
constexpr char kEveryK[] = "every k";

// Of one method on recording `clip`.
double AvoidedBy(const MethodRow& row, size_t clip, bool hindsight) {
  if (hindsight) return row.hindsight[clip].avoided;
  const Score& score = row.tuned[clip];
  return score.agreed + kSlack >= row.target ? score.avoided : 0;
}

ClipMargin MarginOf(const std::vector<ClipResult>& results,
                    const std::vector<MethodRow>& rows, const MethodRow& ours,
                    size_t clip, bool hindsight) {
  const Score& score = hindsight ? ours.hindsight[clip] : ours.tuned[clip];
  ClipMargin margin;
  margin.clip = results[clip].clip;
  margin.avoided = score.avoided;
  margin.kept = score.agreed + kSlack >= ours.target;
  double most = 0, every_k = 0;
  for (size_t method = 0; method < rows.size(); ++method) {
    const double avoided = AvoidedBy(rows[method], clip, hindsight);
    if (rows[method].method == kEveryK) every_k = avoided;
    if (!results[clip].sweeps[method].published || avoided <= most) continue;
    most = avoided;
    margin.rival = rows[method].method;
  }
  margin.over_rival = score.avoided - most;
  margin.over_every_k = score.avoided - every_k;
  return margin;
}

// "+3.4", and a star where the target was missed.
std::string Text(const ClipMargin& margin, double over) {
  return absl::StrFormat("%+.1f%s", 100 * over, margin.kept ? "" : "*");
}

std::string Counted(const MarginCount& count) {
  return absl::StrFormat(
      "%d, ahead of every k (or level, where that avoids nothing) on %d, of %d",
      count.near_rival, count.ahead_of_every_k, count.clips);
}

std::string MarginTable(const std::vector<ClipResult>& results, double target,
                        bool hindsight) {
  std::vector<std::vector<ClipMargin>> all;
  for (const char* ours : kOurs) {
    auto margins = MarginsOf(results, ours, target, hindsight);
    if (margins.empty()) return "";
    all.push_back(std::move(margins));
  }
  std::string text = absl::StrFormat(
      "| per clip, %.0f %%, %s | best rival | ours | gate chosen | over every "
      "k: ours | gate chosen |\n|---|---|---|---|---|---|\n",
      100 * target, hindsight ? "hindsight" : "chosen on the first part");
  for (size_t clip = 0; clip < results.size(); ++clip) {
    const ClipMargin& first = all[0][clip];
    const ClipMargin& second = all[1][clip];
    absl::StrAppend(&text, "| ", first.clip, " | ", first.rival, " | ",
                    Text(first, first.over_rival), " | ",
                    Text(second, second.over_rival), " | ",
                    Text(first, first.over_every_k), " | ",
                    Text(second, second.over_every_k), " |\n");
  }
  for (size_t i = 0; i < all.size(); ++i) {
    absl::StrAppend(
        &text, "\n", kOurs[i],
        ": target kept and at most 1 point behind the best rival on ",
        Counted(CountMargins(all[i])), " clips.\n");
  }
  return text + "\n";
}

}  // namespace

std::vector<ClipMargin> MarginsOf(const std::vector<ClipResult>& results,
                                  const std::string& ours, double target,
                                  bool hindsight) {
  std::vector<ClipMargin> margins;
  const std::vector<MethodRow> rows = RowsOf(results, target);
  const auto row = std::ranges::find(rows, ours, &MethodRow::method);
  if (row == rows.end()) return margins;
  for (size_t clip = 0; clip < results.size(); ++clip) {
    margins.push_back(MarginOf(results, rows, *row, clip, hindsight));
  }
  return margins;
}

MarginCount CountMargins(const std::vector<ClipMargin>& margins) {
  MarginCount count;
  for (const ClipMargin& margin : margins) {
    const double every_k = margin.avoided - margin.over_every_k;
    ++count.clips;
    if (!margin.kept) continue;
    count.near_rival += margin.over_rival >= -kPoint - kSlack;
    count.ahead_of_every_k += margin.over_every_k > 0 || every_k <= 0;
  }
  return count;
}

std::string MarginTables(const std::vector<ClipResult>& results) {
  std::string text;
  for (const double target : kMarginTargets) {
    for (const bool hindsight : {true, false}) {
      text += MarginTable(results, target, hindsight);
    }
  }
  return text;
}

}  // namespace fovea::bench::reuse
