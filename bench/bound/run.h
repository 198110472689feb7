// SPDX-License-Identifier: GPL-2.0-or-later
//
// A hold gate over a source: under an auditor, and under thresholds that were
// fixed on the first part, as others do it.

#ifndef FOVEA_BENCH_BOUND_RUN_H_
#define FOVEA_BENCH_BOUND_RUN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/bound/source.h"
#include "filter/auditor.h"

namespace fovea::bench::bound {

// No answer is held for more inputs than these.
inline constexpr size_t kBlindInputs = 60;
// The first part, on which rivals tune: this share of the inputs.
inline constexpr double kTuned = 0.2;

// Where a run stood after so many inputs.
struct Standing {
  size_t inputs = 0;
  int64_t given = 0, wrong = 0;
  double bound = 0;  // stated
  double tax = 0;    // checks of inputs
  double realised() const;
  double saved() const;
};

struct AuditedRun {
  std::vector<Standing> standings;  // the last one at the end
  bool ever_violated = false;       // at any input, the bound was too small
  int64_t alarms = 0;
};

AuditedRun RunAudited(const Source& source, const AuditOptions& options,
                      const std::vector<size_t>& lengths);

struct FixedRun {
  bool runs = false;  // a threshold met the target on the first part
  Standing rest;      // behind the first part
};

// The largest threshold whose rate of errors on the first part is at most
// `max_error` (NoScope's and Reducto's rule), or whose Clopper-Pearson limit
// is (calibration as if frames were independent).
FixedRun RunFixed(const Source& source, double max_error, double confidence,
                  bool calibrated);

}  // namespace fovea::bench::bound

#endif  // FOVEA_BENCH_BOUND_RUN_H_
