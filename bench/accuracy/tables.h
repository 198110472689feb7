// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tables of a report, as data: what is compared with what. Writers turn
// them into text.

#ifndef FOVEA_BENCH_ACCURACY_TABLES_H_
#define FOVEA_BENCH_ACCURACY_TABLES_H_

#include <optional>
#include <string>
#include <vector>

#include "bench/accuracy/results.h"

namespace fovea::bench {

struct Row {
  std::string policy;
  std::vector<std::vector<Cell>> cells;  // by clip, then judge
  std::vector<Cell> means;               // over clips, by judge
  Figure soft;                           // over clips and judges, soft alone
  Figure all;                            // over clips, judges and measures
};

// Rows of policies against one reference per clip.
struct Table {
  std::string name;                     // "policies-best"
  std::string title;                    // one sentence
  std::vector<std::string> references;  // by clip
  std::vector<Row> rows;                // complete on at least one clip
};

std::vector<Table> ComparisonTables(const Results& results);

// A family of policies that differ in strength only, its strength chosen on
// the first half of each clip and measured on the second, against the plain
// setting chosen the same way.
struct TunedRow {
  std::string family;  // "boxes/fastestdet"
  std::string clip;
  std::string chosen;
  std::string reference;
  std::vector<Cell> cells;  // by judge, second half
};
std::vector<TunedRow> TunedRows(const Results& results);

// Mean costs of a policy over clips and rates.
struct CostRow {
  std::string policy;
  Cost cost;
  double cpu_seconds_per_stream_hour = 0;
};
std::vector<CostRow> CostRows(const Results& results);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_ACCURACY_TABLES_H_
