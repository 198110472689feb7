// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/report.h"

#include <fstream>

namespace fovea::bench {
namespace {

absl::Status Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) return absl::InternalError("cannot write " + path);
  return absl::OkStatus();
}

}  // namespace

Report MakeReport(const Results& results) {
  return {results, ComparisonTables(results), TunedRows(results),
          CostRows(results)};
}

absl::Status WriteReport(const Report& report, const std::string& folder) {
  absl::Status status = Write(folder + "/report.md", Markdown(report));
  status.Update(Write(folder + "/report.json", ReportJson(report)));
  status.Update(Write(folder + "/curves.json", CurvesJson(report.results)));
  return status;
}

}  // namespace fovea::bench
