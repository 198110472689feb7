// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/window_profiler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {

absl::StatusOr<std::vector<double>> MarginGradient(
    Model* model, const WindowInput& input, const std::vector<double>& window) {
  const auto outputs = model->network()->Forward(input.Prepare(window));
  if (!outputs.ok()) return outputs.status();
  // Checks shapes too.
  const auto margin =
      model->decoder().Differentiate(*outputs, *outputs, Probe::kSum, 0);
  if (!margin.ok()) return margin.status();
  const auto by_input = model->network()->InputGradient(margin->by_output);
  if (!by_input.ok()) return by_input.status();
  std::vector<double> gradient = input.Adjoint(*by_input);
  if (!std::all_of(gradient.begin(), gradient.end(),
                   [](double value) { return std::isfinite(value); })) {
    return absl::DataLossError(
        absl::StrCat("model ", model->id().name,
                     ": gradient is not finite; check its weights"));
  }
  return gradient;
}

WindowProfiler::WindowProfiler(Model* model, WindowInput input,
                               WindowCutter cutter)
    : model_(model),
      input_(std::move(input)),
      cutter_(std::move(cutter)),
      energy_(input_.channels(), input_.window()) {}

absl::StatusOr<std::unique_ptr<WindowProfiler>> WindowProfiler::Create(
    Model* model, const SeriesInfo& series, int hop) {
  const auto columns = FindChannels(model->card(), series);
  if (!columns.ok()) return columns.status();
  auto input = WindowInput::Create(model->card());
  if (!input.ok()) return input.status();
  auto cutter = WindowCutter::Create(model->card(), series, hop);
  if (!cutter.ok()) return cutter.status();
  std::unique_ptr<WindowProfiler> profiler(
      new WindowProfiler(model, *std::move(input), *std::move(cutter)));
  for (const size_t column : *columns) {
    profiler->channels_.push_back(series.channels[column]);
  }
  return profiler;
}

absl::Status WindowProfiler::Add(const SeriesBatch& batch) {
  return cutter_.Add(batch, [this](const std::vector<double>& window) {
    return Measure(window);
  });
}

absl::Status WindowProfiler::Measure(const std::vector<double>& window) {
  const auto gradient = MarginGradient(model_, input_, window);
  if (!gradient.ok()) return gradient.status();
  energy_.Add(*gradient);
  return absl::OkStatus();
}

SeriesSensitivity WindowProfiler::Result() const {
  SeriesSensitivity result;
  result.channels = channels_;
  result.rate_hz = model_->card().rate_hz;
  result.window = model_->card().window;
  result.windows = energy_.windows();
  result.edges_hz = energy_.EdgesHz(result.rate_hz);
  result.energy = energy_.PerBand();
  result.models = {model_->id()};
  return result;
}

}  // namespace fovea
