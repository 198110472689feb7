// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/window_coding.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sensitivity/window_energy.h"
#include "sensitivity/window_input.h"
#include "sensitivity/window_profiler.h"

namespace fovea {
namespace {

constexpr double kBlockSeconds = 10;
constexpr int kHopsInWindow = 8;  // of those that energies are measured on
// With a model in the loop windows begin so fine, and go 7.5 octaves coarser.
constexpr int kFinestStrength = 16, kMostStrength = 255;
constexpr double kLeastLikely = 1e-30;

absl::Status Wrong(const std::string& what) {
  return absl::InvalidArgumentError("coding for a model: " + what);
}

absl::Status CheckOptions(const WindowCodingOptions& options) {
  if (options.model == nullptr && !options.sensitivity) {
    return Wrong("needs a model, or its sensitivity");
  }
  if (options.model != nullptr && options.model->card().window == 0) {
    return Wrong(absl::StrCat("model ", options.model->id().name,
                              " takes pictures, expected windows of a series"));
  }
  if (!(options.margin_left >= 0 && options.margin_left <= 1)) {
    return Wrong(absl::StrCat("a share of ", options.margin_left,
                              " of the margin is to be left, expected 0 to 1"));
  }
  if (!(options.margin_change > 0) || !std::isfinite(options.margin_change)) {
    return Wrong(absl::StrCat("the margin may change by ",
                              options.margin_change, ", expected above 0"));
  }
  return absl::OkStatus();
}

// What a model says of a window: its class, and by how much.
struct Opinion {
  size_t answer = 0;
  std::vector<double> logs;  // of each class' probability

  // Of a class over the likeliest other one.
  double MarginOf(size_t label) const {
    double other = std::log(kLeastLikely);
    for (size_t i = 0; i < logs.size(); ++i) {
      if (i != label) other = std::max(other, logs[i]);
    }
    return logs[label] - other;
  }
};

absl::StatusOr<Opinion> Ask(Model* model, std::span<const double> values) {
  const auto answer = model->InferWindow(values);
  if (!answer.ok()) return answer.status();
  if (answer->scores.empty()) {
    return absl::DataLossError(
        absl::StrCat("model ", model->id().name, ": told no class"));
  }
  Opinion opinion;
  for (const float score : answer->scores) {
    opinion.logs.push_back(
        std::log(std::max(static_cast<double>(score), kLeastLikely)));
  }
  opinion.answer = static_cast<size_t>(std::ranges::max_element(opinion.logs) -
                                       opinion.logs.begin());
  return opinion;
}

}  // namespace

std::string WindowCodingText(const WindowCodingOptions& options) {
  if (options.model != nullptr) {
    return absl::StrCat(" model=", options.model->id().name,
                        " margin-left=", options.margin_left);
  }
  if (!options.sensitivity) return "";
  const auto& models = options.sensitivity->models;
  return absl::StrCat(
      " sensitivity=", models.empty() ? std::string("?") : models[0].name,
      " margin-change=", options.margin_change);
}

// What is known of the model's window that is asked about, as it was given.
struct Before {
  Opinion opinion;
  std::vector<double> values;
  std::vector<double> energy;  // of the margin's gradient, by coefficient
};

struct WindowCoding::State {
  WindowCodingOptions options;
  SeriesInfo series;
  std::vector<size_t> columns;  // of the series, by the model's channels
  double model_rows = 0;        // of the model's window, in rows of the series
  std::optional<SeriesWindowPlan> plan;
  std::vector<uint8_t> plan_bytes;
  int strength = 0;

  std::optional<WindowInput> input;  // of the model
  // Of the block at hand, by where the coded window begins.
  std::map<size_t, Before> before;

  absl::Status MakePlan(const SeriesBatch& batch);
  int StrengthFor(double change) const;
  // The model's window that ends with `end` rows of `batch`, of which `coded`
  // are from `first_row` on.
  std::vector<double> ValuesOf(const SeriesBatch& batch, double begin,
                               size_t first_row,
                               std::span<const double> coded) const;
  absl::StatusOr<Before> LookAt(std::vector<double> values);
  // What errors of the size of those of `coded`, of any sign, do to the margin.
  double ExpectedChange(const Before& given, std::vector<double> coded) const;
  absl::StatusOr<WindowOpinion> Judge(const SeriesBatch& batch,
                                      size_t first_row,
                                      std::span<const double> coded);
};

absl::Status WindowCoding::State::MakePlan(const SeriesBatch& batch) {
  SeriesSensitivity measured;
  if (options.sensitivity) {
    measured = *options.sensitivity;
  } else {
    const int hop = std::max(1, options.model->card().window / kHopsInWindow);
    auto profiler = WindowProfiler::Create(options.model, series, hop);
    if (!profiler.ok()) return profiler.status();
    absl::Status added = (*profiler)->Add(batch);
    if (!added.ok()) return added;
    if ((*profiler)->counts().windows == 0) {
      return absl::FailedPreconditionError(absl::StrCat(
          "coding for a model: the first ", batch.time_ns.size(),
          " samples hold no window of model ", options.model->id().name,
          " to measure on; give a sensitivity file, too"));
    }
    measured = (*profiler)->Result();
  }
  auto bytes = MakeSeriesWindowPlan(measured, series, batch.values);
  if (!bytes.ok()) return bytes.status();
  auto parsed = SeriesWindowPlan::Parse(*bytes);
  if (!parsed.ok()) return parsed.status();
  plan_bytes = *std::move(bytes);
  plan = *std::move(parsed);
  strength = options.model != nullptr ? kFinestStrength
                                      : StrengthFor(options.margin_change);
  return absl::OkStatus();
}

// By errors that are spread evenly over steps.
int WindowCoding::State::StrengthFor(double change) const {
  const double coefficients =
      model_rows * static_cast<double>(series.channels.size());
  const double step =
      change / kFinestMarginChange / std::sqrt(coefficients / 12);
  return std::clamp(static_cast<int>(std::floor(8 * std::log2(step))), 0,
                    kMostStrength);
}

std::vector<double> WindowCoding::State::ValuesOf(
    const SeriesBatch& batch, double begin, size_t first_row,
    std::span<const double> coded) const {
  const size_t channels = series.channels.size();
  const size_t rows = batch.time_ns.size();
  const size_t coded_end = first_row + coded.size() / channels;
  const auto at = [&](size_t row, size_t column) {
    if (row >= first_row && row < coded_end) {
      return coded[(row - first_row) * channels + column];
    }
    return batch.values[row * channels + column];
  };
  const auto window = static_cast<size_t>(options.model->card().window);
  std::vector<double> values(columns.size() * window);
  for (size_t i = 0; i < window; ++i) {
    const double place = begin + model_rows * static_cast<double>(i) /
                                     static_cast<double>(window);
    const size_t row = std::min(static_cast<size_t>(place), rows - 1);
    const size_t next = std::min(row + 1, rows - 1);
    const double part = place - static_cast<double>(row);
    for (size_t c = 0; c < columns.size(); ++c) {
      const double from = at(row, columns[c]);
      values[c * window + i] = from + part * (at(next, columns[c]) - from);
    }
  }
  return values;
}

// The DCT of each channel.
void ToFrequencies(size_t window, std::vector<double>* values) {
  for (size_t at = 0; at < values->size(); at += window) {
    ForwardDct(std::span(*values).subspan(at, window));
  }
}

absl::StatusOr<Before> WindowCoding::State::LookAt(std::vector<double> values) {
  auto opinion = Ask(options.model, values);
  if (!opinion.ok()) return opinion.status();
  auto gradient = MarginGradient(options.model, *input, values);
  if (!gradient.ok()) return gradient.status();
  ToFrequencies(input->window(), &*gradient);
  for (double& slope : *gradient) slope *= slope;
  return Before{*std::move(opinion), std::move(values), *std::move(gradient)};
}

double WindowCoding::State::ExpectedChange(const Before& given,
                                           std::vector<double> coded) const {
  for (size_t i = 0; i < coded.size(); ++i) coded[i] -= given.values[i];
  ToFrequencies(input->window(), &coded);
  double square = 0;
  for (size_t i = 0; i < coded.size(); ++i) {
    square += given.energy[i] * coded[i] * coded[i];
  }
  return std::sqrt(square);
}

absl::StatusOr<WindowOpinion> WindowCoding::State::Judge(
    const SeriesBatch& batch, size_t first_row, std::span<const double> coded) {
  const auto rows = static_cast<double>(batch.time_ns.size());
  const size_t channels = series.channels.size();
  const auto end =
      std::min(rows, static_cast<double>(first_row + coded.size() / channels));
  // Of a block shorter than the model's window nothing is known.
  if (rows < model_rows) return WindowOpinion{false, false};
  const double begin = std::max(0.0, end - model_rows);
  auto known = before.find(first_row);
  if (known == before.end()) {
    auto given = LookAt(ValuesOf(batch, begin, 0, {}));
    if (!given.ok()) return given.status();
    known = before.emplace(first_row, *std::move(given)).first;
  }
  const Opinion& given = known->second.opinion;
  std::vector<double> values = ValuesOf(batch, begin, first_row, coded);
  const auto now = Ask(options.model, values);
  if (!now.ok()) return now.status();
  const double margin = given.MarginOf(given.answer);
  const double change =
      std::max(std::abs(now->MarginOf(given.answer) - margin),
               ExpectedChange(known->second, std::move(values)));
  return WindowOpinion{now->answer == given.answer,
                       change <= (1 - options.margin_left) * margin};
}

WindowCoding::WindowCoding(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
WindowCoding::~WindowCoding() = default;

absl::StatusOr<std::unique_ptr<WindowCoding>> WindowCoding::Create(
    const WindowCodingOptions& options, const SeriesInfo& series) {
  if (absl::Status s = CheckOptions(options); !s.ok()) return s;
  auto state = std::make_unique<State>();
  state->options = options;
  state->series = series;
  SeriesSensitivity span;  // of what a window lasts
  if (options.sensitivity) {
    span = *options.sensitivity;
  } else {
    span.rate_hz = options.model->card().rate_hz;
    span.window = options.model->card().window;
    for (const Channel& channel : series.channels) {
      span.channels.push_back(channel);
    }
    span.edges_hz = {0, span.rate_hz / 2};
    span.energy.assign(span.channels.size(), 1.0);
  }
  // Whether there can be a plan is told before anything is coded.
  const auto trial = MakeSeriesWindowPlan(span, series, {});
  if (!trial.ok()) return trial.status();
  const auto plan = SeriesWindowPlan::Parse(*trial);
  if (!plan.ok()) return plan.status();
  state->plan = *plan;
  if (options.model != nullptr) {
    const ModelCard& card = options.model->card();
    auto columns = FindChannels(card, series);
    if (!columns.ok()) return columns.status();
    for (size_t c = 0; c < series.channels.size(); ++c) {
      if (std::ranges::find(*columns, c) != columns->end()) continue;
      return Wrong(absl::StrCat("channel ", series.channels[c].name,
                                " is none of model ", options.model->id().name,
                                "'s, nothing would be left of it"));
    }
    state->columns = *std::move(columns);
    auto input = WindowInput::Create(card);
    if (!input.ok()) return input.status();
    state->input = *std::move(input);
    span.rate_hz = card.rate_hz;
    span.window = card.window;
  }
  state->model_rows = span.window / span.rate_hz * series.rate_hz;
  return std::unique_ptr<WindowCoding>(new WindowCoding(std::move(state)));
}

size_t WindowCoding::rows() const {
  const size_t window = state_->plan->window();
  const double least =
      std::max(state_->model_rows, kBlockSeconds * state_->series.rate_hz);
  const auto windows = static_cast<size_t>(std::ceil(
      std::min(least, double{kMaxImuRows}) / static_cast<double>(window)));
  return std::min(windows, kMaxImuRows / window) * window;
}

absl::Status WindowCoding::MakePlan(const SeriesBatch& batch) {
  if (!state_->plan_bytes.empty()) return absl::OkStatus();
  return state_->MakePlan(batch);
}

absl::StatusOr<std::vector<uint8_t>> WindowCoding::Encode(
    const SeriesBatch& batch, SeriesCoding coding) {
  const size_t channels = state_->series.channels.size();
  const absl::Status planned = MakePlan(batch);
  if (absl::IsFailedPrecondition(planned)) {
    return EncodeSeriesBlock(batch, channels, coding);
  }
  if (!planned.ok()) return planned;
  state_->before.clear();
  coding.windows.plan = &*state_->plan;
  coding.windows.strength = state_->strength;
  absl::Status asked;  // the model's first error
  if (state_->options.model != nullptr) {
    coding.windows.judge = [&](size_t first_row, std::span<const double> rows) {
      auto opinion = state_->Judge(batch, first_row, rows);
      if (opinion.ok()) return *opinion;
      asked.Update(opinion.status());
      return WindowOpinion{false, false};
    };
  }
  auto block = EncodeSeriesBlock(batch, channels, coding);
  if (!asked.ok()) return asked;
  return block;
}

const std::vector<uint8_t>& WindowCoding::plan_bytes() const {
  return state_->plan_bytes;
}

const SeriesWindowPlan* WindowCoding::plan() const {
  return state_->plan_bytes.empty() ? nullptr : &*state_->plan;
}

}  // namespace fovea
