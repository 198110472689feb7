// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples as coarse as a model's answers allow: what a plan is made of, and
// the model that is asked about each window before it is stored.

#ifndef FOVEA_API_WINDOW_CODING_H_
#define FOVEA_API_WINDOW_CODING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/sample.h"
#include "codec/series_block.h"
#include "codec/series_sensitivity.h"
#include "codec/series_window_plan.h"
#include "sensitivity/model.h"

namespace fovea {

struct WindowCodingOptions {
  // A network that takes windows of the series; outlives all codings of it.
  // Null: there is a sensitivity, and windows are not asked about.
  Model* model = nullptr;
  // As `fovea profile` measured it, of that model or another. None: measured
  // on the first block.
  std::optional<SeriesSensitivity> sensitivity;

  // With a model: of each window the answer stays, and its margin (the
  // logarithm of how much likelier it is than the next one) changes by no more
  // than the rest: neither as it does, nor as errors of any sign of that size
  // would in the root mean square. 0 to 1.
  double margin_left = 0.5;
  // Without: how much errors are expected to change the margin, in the root
  // mean square. Above 0.
  double margin_change = 0.5;

  // Either is there.
  bool chosen() const { return model != nullptr || sensitivity.has_value(); }
};

// " model=NAME margin-left=0.5", " sensitivity=NAME margin-change=0.5"; empty
// where nothing is chosen.
std::string WindowCodingText(const WindowCodingOptions& options);

// Of one series, block after block. Not thread-safe.
class WindowCoding {
 public:
  // kInvalidArgument: neither model nor sensitivity, a model of pictures,
  // options out of range, or channels of the series that the model does not
  // look at.
  static absl::StatusOr<std::unique_ptr<WindowCoding>> Create(
      const WindowCodingOptions& options, const SeriesInfo& series);
  ~WindowCoding();

  // Rows that a block should have a whole multiple of, so that it has no part
  // of a window.
  size_t rows() const;

  // Makes the plan by `batch`, the first block, unless there is one.
  // kFailedPrecondition: it is too short to measure on.
  absl::Status MakePlan(const SeriesBatch& batch);

  // The next block: for the model, or by `coding` alone as long as none was
  // long enough for a plan. Errors of the model and of EncodeSeriesBlock().
  absl::StatusOr<std::vector<uint8_t>> Encode(const SeriesBatch& batch,
                                              SeriesCoding coding);

  // Once made: of MakeSeriesWindowPlan(), and that parsed.
  const std::vector<uint8_t>& plan_bytes() const;
  const SeriesWindowPlan* plan() const;

 private:
  struct State;
  explicit WindowCoding(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace fovea

#endif  // FOVEA_API_WINDOW_CODING_H_
