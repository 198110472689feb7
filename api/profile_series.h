// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sensitivities of an inertial or other series by the gradients of one or
// more models of sensor windows, in one pass, as a file for each.

#ifndef FOVEA_API_PROFILE_SERIES_H_
#define FOVEA_API_PROFILE_SERIES_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/store.h"
#include "codec/formats/source.h"
#include "codec/model_id.h"
#include "codec/sample.h"
#include "codec/series_sensitivity.h"
#include "sensitivity/model.h"
#include "sensitivity/window_cutter.h"

namespace fovea {

struct ProfileSeriesOptions {
  // What OpenSource() takes, or a stream of `store`. Of several tracks the
  // first that has every model's channels, inertial ones before others; of
  // a camera stream, the one called NAME.imu.
  std::string input;
  SourceOptions source;
  Store* store = nullptr;  // null: `input` is a file

  // Samples, at a model's rate, between the beginnings of two windows; 0:
  // half a window.
  int hop = 0;
};

struct ProfileSeriesReport {
  std::string track;  // "imu (csv)", or the stream's name
  SeriesInfo series;
  int64_t rows = 0;      // samples read
  int64_t rejected = 0;  // rows the source could not read
  struct PerModel {
    ModelId model;
    std::string output;
    uint64_t bytes = 0;
    WindowCounts counts;
    SeriesSensitivity sensitivity;
  };
  std::vector<PerModel> models;
  bool stopped = false;
  std::vector<std::string> notes;
  absl::Status source_error;  // not OK: the source ended badly after this
};

// Writes outputs[i] for models[i]; none appears unless each model had a
// window. Errors: those of OpenSource(), Store and WindowProfiler;
// kInvalidArgument: no model, no track with its channels, no window.
absl::StatusOr<ProfileSeriesReport> ProfileSeries(
    const ProfileSeriesOptions& options, const std::vector<Model*>& models,
    const std::vector<std::string>& outputs,
    const std::function<void(int64_t done, int64_t total)>& progress,
    const std::atomic<bool>* stop);

// Whether all the models take windows of a series. kInvalidArgument: some
// do and some take pictures.
absl::StatusOr<bool> TakeWindows(const std::vector<Model*>& models);

}  // namespace fovea

#endif  // FOVEA_API_PROFILE_SERIES_H_
