// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes what a campaign found: report.md to read, report.json to compute
// with, curves.json to draw.

#ifndef FOVEA_BENCH_ACCURACY_REPORT_H_
#define FOVEA_BENCH_ACCURACY_REPORT_H_

#include <string>

#include "absl/status/status.h"
#include "bench/accuracy/results.h"
#include "bench/accuracy/tables.h"

namespace fovea::bench {

// Everything a report shows. The tables are computed once.
struct Report {
  const Results& results;
  std::vector<Table> tables;
  std::vector<TunedRow> tuned;
  std::vector<CostRow> costs;
};

Report MakeReport(const Results& results);

std::string Markdown(const Report& report);

// "schema": "fovea.accuracy/1".
std::string ReportJson(const Report& report);

// "schema": "fovea.rate-accuracy/1": {"curves": [{"clip", "policy", "judge",
// "points": [{"crf", "bytes", "f1", "soft"}]}]}, bytes rising.
std::string CurvesJson(const Results& results);

// The three files below `folder`.
absl::Status WriteReport(const Report& report, const std::string& folder);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_REPORT_H_
