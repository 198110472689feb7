// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sweeps of all methods over all recordings, put into tables.

#ifndef FOVEA_BENCH_REUSE_REPORT_H_
#define FOVEA_BENCH_REUSE_REPORT_H_

#include <string>
#include <vector>

#include "bench/reuse/protocol.h"

namespace fovea::bench::reuse {

// What all methods did over one recording by one model under one loss. The
// methods are in the same order in each.
struct ClipResult {
  std::string clip, model;
  Loss loss = Loss::kLabels;
  size_t judged_frames = 0;
  double infer_us = 0;  // median of the model
  std::vector<Sweep> sweeps;
};

// A method at a target over the recordings of one model and loss.
struct MethodRow {
  std::string method;
  double target = 0;
  std::vector<Score> tuned;        // by recording; settings of the first part
  std::vector<Score> hindsight;    // the best settings of the judged part
  std::vector<std::string> knobs;  // chosen on the first part
  // Of tuned scores' means, from redrawn frames.
  Interval avoided_interval, agreed_interval;

  Score mean_tuned() const;
  Score mean_hindsight() const;
  int kept() const;  // recordings on which the target was kept
};

// `results` are of one model and loss.
std::vector<MethodRow> RowsOf(const std::vector<ClipResult>& results,
                              double target);

// Sections of a page, for all models and losses among `results`.
std::string Markdown(const std::vector<ClipResult>& results);
std::string JsonText(const std::vector<ClipResult>& results);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_REPORT_H_
