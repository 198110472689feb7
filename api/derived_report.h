// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a store knows of a stream besides its samples: what was observed in
// it and what models learned about its pictures.

#ifndef FOVEA_API_DERIVED_REPORT_H_
#define FOVEA_API_DERIVED_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "index/observation_reader.h"
#include "store/chunk_store.h"

namespace fovea {

struct PriorSummary {
  std::string model;   // its name, for people
  std::string digest;  // 64 hexadecimal digits
  int columns = 0;     // macroblocks
  int rows = 0;
  uint64_t frames = 0;
  double reference = 0;  // 0: unknown
};

struct DerivedReport {
  std::vector<LabelCount> observations;  // by label
  std::vector<PriorSummary> priors;      // by digest
};

// Reads the first bytes of every row of observations. kDataLoss names what
// cannot be read.
absl::StatusOr<DerivedReport> ReportDerived(ChunkStore* store, StreamId stream);

}  // namespace fovea

#endif  // FOVEA_API_DERIVED_REPORT_H_
