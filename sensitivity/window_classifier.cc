// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/window_classifier.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sensitivity/internal/onnx_writer.h"
#include "sensitivity/internal/random_turn.h"

namespace fovea {
namespace {

constexpr double kLeastDeviation = 1e-6;  // of a model card
constexpr size_t kConvolutions = 3;
constexpr size_t kStride = 2;
constexpr std::array<size_t, kConvolutions> kFilters = {16, 24, 32};
constexpr std::array<size_t, kConvolutions> kTaps = {7, 5, 3};
constexpr size_t kLast = kFilters[kConvolutions - 1];
constexpr size_t kBatch = 32;
constexpr float kRate = 3e-3F;
constexpr float kDecay = 1e-4F;
constexpr double kKeep = 0.75;  // of what the dense layer sees
constexpr size_t kMostChannels = 64, kMostClasses = 256;
constexpr size_t kLeastWindow = 32, kMostWindow = 4096;

absl::Status CheckTraining(const WindowTraining& training) {
  const bool fits = training.channels >= 1 &&
                    training.channels <= kMostChannels &&
                    training.window >= kLeastWindow &&
                    training.window <= kMostWindow && training.classes >= 2 &&
                    training.classes <= kMostClasses && training.epochs >= 1 &&
                    std::isfinite(training.noise) && training.noise >= 0;
  for (const size_t first : training.turned) {
    if (first < training.channels && training.channels - first >= 3) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("classifier: channels ", first, " to ", first + 2,
                     " to turn, there are ", training.channels));
  }
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "classifier: ", training.channels, " channels, windows of ",
      training.window, ", ", training.classes, " classes, ", training.epochs,
      " epochs, noise ", training.noise, "; expected 1 to ", kMostChannels,
      " channels, windows of ", kLeastWindow, " to ", kMostWindow, ", 2 to ",
      kMostClasses, " classes, an epoch or more and noise of 0 or more"));
}

absl::Status CheckLessons(std::span<const WindowLesson> lessons,
                          const WindowTraining& training) {
  if (lessons.size() < kBatch) {
    return absl::InvalidArgumentError(
        absl::StrCat("classifier: ", lessons.size(), " windows, expected ",
                     kBatch, " or more to learn from"));
  }
  for (size_t i = 0; i < lessons.size(); ++i) {
    const WindowLesson& lesson = lessons[i];
    const bool fits =
        lesson.values.size() == training.channels * training.window &&
        lesson.label < training.classes &&
        std::ranges::all_of(lesson.values,
                            [](double value) { return std::isfinite(value); });
    if (fits) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("classifier: window ", i, " has ", lesson.values.size(),
                     " values and label ", lesson.label, ", expected ",
                     training.channels * training.window,
                     " finite values and a label below ", training.classes));
  }
  return absl::OkStatus();
}

// Of the cross-entropy by the scores.
std::vector<float> LossSlopes(std::span<const float> scores, size_t label) {
  const float top = *std::ranges::max_element(scores);
  std::vector<float> slopes;
  float sum = 0;
  for (const float score : scores) {
    slopes.push_back(std::exp(score - top));
    sum += slopes.back();
  }
  for (float& slope : slopes) slope /= sum;
  slopes[label] -= 1;
  return slopes;
}

}  // namespace

struct WindowClassifier::Activations {
  // [0] the input, then what each convolution gives, sample by sample.
  std::array<std::vector<float>, kConvolutions + 1> values, slopes;
  std::vector<float> pooled, pooled_slopes;  // mean, then maximum
  std::vector<float> keep;                   // factors of pooled
  std::vector<size_t> highest;               // sample of each maximum
  std::vector<float> scores;
};

WindowClassifier::WindowClassifier(const WindowTraining& training)
    : training_(training) {
  std::mt19937_64 dice(training.seed);
  size_t inputs = training.channels;
  const auto add = [&](size_t outputs, size_t taps) {
    Layer layer{inputs, outputs, taps, {}, {}, {}, {}};
    const size_t fan_in = inputs * taps;
    std::normal_distribution<float> draw(
        0, std::sqrt(2.0F / static_cast<float>(fan_in)));
    layer.weights.resize((fan_in + 1) * outputs, 0.0F);
    for (size_t i = 0; i < fan_in * outputs; ++i) {
      layer.weights[i] = draw(dice);
    }
    layer.gradient.resize(layer.weights.size(), 0.0F);
    layer.moment = layer.square = layer.gradient;
    layers_.push_back(std::move(layer));
    inputs = outputs;
  };
  for (size_t i = 0; i < kConvolutions; ++i) add(kFilters[i], kTaps[i]);
  inputs = 2 * kLast;
  add(training.classes, 1);
}

void WindowClassifier::LearnScale(std::span<const WindowLesson> lessons) {
  const size_t window = training_.window;
  const auto count = static_cast<double>(lessons.size() * window);
  for (size_t c = 0; c < training_.channels; ++c) {
    double sum = 0, square = 0;
    for (const WindowLesson& lesson : lessons) {
      for (size_t t = 0; t < window; ++t) sum += lesson.values[c * window + t];
    }
    const double mean = sum / count;
    for (const WindowLesson& lesson : lessons) {
      for (size_t t = 0; t < window; ++t) {
        square += std::pow(lesson.values[c * window + t] - mean, 2);
      }
    }
    mean_.push_back(mean);
    // A channel that moves by no more than roundings, or by less than a card
    // can hold, says nothing, at any scale.
    const double deviation = std::sqrt(square / count);
    const double least = std::max(kLeastDeviation, 1e-9 * std::fabs(mean));
    deviation_.push_back(deviation > least ? deviation : 1);
  }
  for (const size_t first : training_.turned) ShareScale(first);
}

// Of three axes that are turned into each other: about 0, as large as all.
void WindowClassifier::ShareScale(size_t first) {
  double square = 0;
  for (size_t c = first; c < first + 3; ++c) {
    square += mean_[c] * mean_[c] + deviation_[c] * deviation_[c];
  }
  for (size_t c = first; c < first + 3; ++c) {
    mean_[c] = 0;
    deviation_[c] = std::sqrt(square / 3);
  }
}

std::vector<float> WindowClassifier::Scaled(
    std::span<const double> values) const {
  std::vector<float> scaled(values.size());
  for (size_t c = 0; c < training_.channels; ++c) {
    for (size_t t = 0; t < training_.window; ++t) {
      scaled[t * training_.channels + c] = static_cast<float>(
          (values[c * training_.window + t] - mean_[c]) / deviation_[c]);
    }
  }
  return scaled;
}

// A lesson as it may have been, too.
std::vector<float> WindowClassifier::Disturbed(std::vector<double> values,
                                               std::mt19937_64* dice) const {
  if (!training_.turned.empty()) {
    const internal::RandomTurn turn(dice);
    for (const size_t first : training_.turned) {
      turn.Apply(std::span(values).subspan(first * training_.window,
                                           3 * training_.window));
    }
  }
  std::vector<float> scaled = Scaled(values);
  std::normal_distribution<float> draw(0, 1);
  for (float& value : scaled) {
    value += static_cast<float>(training_.noise) * draw(*dice);
  }
  return scaled;
}

size_t WindowClassifier::SamplesAfter(size_t layer) const {
  size_t samples = training_.window;
  for (size_t i = 0; i < layer; ++i) {
    samples = (samples - kTaps[i]) / kStride + 1;
  }
  return samples;
}

void WindowClassifier::ForwardLayer(size_t l, Activations* at) const {
  const Layer& layer = layers_[l];
  const size_t samples = SamplesAfter(l + 1), n = layer.outputs;
  const size_t reach = layer.taps * layer.inputs;
  at->values[l + 1].resize(samples * n);
  for (size_t t = 0; t < samples; ++t) {
    const float* in = &at->values[l][t * kStride * layer.inputs];
    float* out = &at->values[l + 1][t * n];
    std::copy_n(&layer.weights[reach * n], n, out);
    for (size_t j = 0; j < reach; ++j) {
      const float* w = &layer.weights[j * n];
      for (size_t o = 0; o < n; ++o) out[o] += in[j] * w[o];
    }
    for (size_t o = 0; o < n; ++o) out[o] = std::max(out[o], 0.0F);
  }
}

void WindowClassifier::Pool(Activations* at) const {
  const size_t samples = SamplesAfter(kConvolutions);
  const std::vector<float>& last = at->values[kConvolutions];
  at->pooled.assign(2 * kLast, 0.0F);
  at->highest.assign(kLast, 0);
  for (size_t o = 0; o < kLast; ++o) {
    size_t& highest = at->highest[o];
    for (size_t t = 0; t < samples; ++t) {
      at->pooled[o] += last[t * kLast + o] / static_cast<float>(samples);
      if (last[t * kLast + o] > last[highest * kLast + o]) highest = t;
    }
    at->pooled[kLast + o] = last[highest * kLast + o];
  }
  for (size_t i = 0; i < at->keep.size(); ++i) at->pooled[i] *= at->keep[i];
}

void WindowClassifier::Forward(Activations* at) const {
  for (size_t l = 0; l < kConvolutions; ++l) ForwardLayer(l, at);
  Pool(at);
  const std::vector<float>& dense = layers_.back().weights;
  const size_t classes = training_.classes;
  at->scores.assign(dense.end() - static_cast<std::ptrdiff_t>(classes),
                    dense.end());
  for (size_t i = 0; i < 2 * kLast; ++i) {
    for (size_t o = 0; o < classes; ++o) {
      at->scores[o] += at->pooled[i] * dense[i * classes + o];
    }
  }
}

void WindowClassifier::BackwardPool(Activations* at,
                                    std::span<const float> slopes) {
  Layer& dense = layers_.back();
  const size_t classes = training_.classes;
  const size_t samples = SamplesAfter(kConvolutions);
  at->pooled_slopes.assign(2 * kLast, 0.0F);
  for (size_t i = 0; i < 2 * kLast; ++i) {
    for (size_t o = 0; o < classes; ++o) {
      const size_t w = i * classes + o;
      dense.gradient[w] += slopes[o] * at->pooled[i];
      at->pooled_slopes[i] += slopes[o] * dense.weights[w] * at->keep[i];
    }
  }
  for (size_t o = 0; o < classes; ++o) {
    dense.gradient[2 * kLast * classes + o] += slopes[o];
  }
  std::vector<float>& last = at->slopes[kConvolutions];
  last.assign(samples * kLast, 0.0F);
  for (size_t o = 0; o < kLast; ++o) {
    for (size_t t = 0; t < samples; ++t) {
      last[t * kLast + o] = at->pooled_slopes[o] / static_cast<float>(samples);
    }
    last[at->highest[o] * kLast + o] += at->pooled_slopes[kLast + o];
  }
}

void WindowClassifier::BackwardLayer(size_t l, Activations* at) {
  Layer& layer = layers_[l];
  const size_t outputs = layer.outputs, reach = layer.taps * layer.inputs;
  at->slopes[l].assign(at->values[l].size(), 0.0F);
  for (size_t t = 0; t < SamplesAfter(l + 1); ++t) {
    float* out = &at->slopes[l + 1][t * outputs];
    for (size_t o = 0; o < outputs; ++o) {
      if (at->values[l + 1][t * outputs + o] <= 0) out[o] = 0;
      layer.gradient[reach * outputs + o] += out[o];
    }
    const size_t from = t * kStride * layer.inputs;
    for (size_t j = 0; j < reach; ++j) {
      const float value = at->values[l][from + j];
      float* gradient = &layer.gradient[j * outputs];
      const float* weights = &layer.weights[j * outputs];
      float back = 0;
      for (size_t o = 0; o < outputs; ++o) {
        gradient[o] += value * out[o];
        back += weights[o] * out[o];
      }
      at->slopes[l][from + j] += back;
    }
  }
}

void WindowClassifier::Backward(Activations* at,
                                std::span<const float> slopes) {
  BackwardPool(at, slopes);
  for (size_t l = kConvolutions; l-- > 0;) BackwardLayer(l, at);
}

void WindowClassifier::Step(float rate, int steps) {
  const float first = 1 - std::pow(0.9F, static_cast<float>(steps));
  const float second = 1 - std::pow(0.999F, static_cast<float>(steps));
  for (Layer& layer : layers_) {
    for (size_t i = 0; i < layer.weights.size(); ++i) {
      const float g = layer.gradient[i] / static_cast<float>(kBatch);
      layer.gradient[i] = 0;
      layer.moment[i] += 0.1F * (g - layer.moment[i]);
      layer.square[i] += 0.001F * (g * g - layer.square[i]);
      layer.weights[i] -=
          rate * (layer.moment[i] / first /
                      (std::sqrt(layer.square[i] / second) + 1e-8F) +
                  kDecay * layer.weights[i]);
    }
  }
}

absl::StatusOr<WindowClassifier> WindowClassifier::Train(
    std::span<const WindowLesson> lessons, const WindowTraining& training,
    const std::function<bool(int epochs)>& going_on) {
  absl::Status checked = CheckTraining(training);
  if (checked.ok()) checked = CheckLessons(lessons, training);
  if (!checked.ok()) return checked;
  WindowClassifier model(training);
  model.LearnScale(lessons);
  std::mt19937_64 dice(training.seed + 1);
  std::bernoulli_distribution keep(kKeep);
  std::vector<size_t> order(lessons.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  Activations at;
  const size_t batches = lessons.size() / kBatch;
  const auto all =
      static_cast<float>(batches) * static_cast<float>(training.epochs);
  int steps = 0;
  for (int epoch = 0; epoch < training.epochs; ++epoch) {
    std::shuffle(order.begin(), order.end(), dice);
    for (size_t i = 0; i < batches * kBatch; ++i) {
      const WindowLesson& lesson = lessons[order[i]];
      at.values[0] = model.Disturbed(lesson.values, &dice);
      at.keep.resize(2 * kLast);
      for (float& k : at.keep) {
        k = keep(dice) ? static_cast<float>(1 / kKeep) : 0.0F;
      }
      model.Forward(&at);
      model.Backward(&at, LossSlopes(at.scores, lesson.label));
      if ((i + 1) % kBatch != 0) continue;
      const float done = static_cast<float>(steps) / all;
      model.Step(
          kRate * 0.5F * (1 + std::cos(std::numbers::pi_v<float> * done)),
          ++steps);
    }
    if (going_on && !going_on(epoch + 1)) {
      return absl::CancelledError("classifier: interrupted");
    }
  }
  return model;
}

std::vector<double> WindowClassifier::Scores(
    std::span<const double> values) const {
  Activations at;
  at.values[0] = Scaled(values);
  Forward(&at);
  return {at.scores.begin(), at.scores.end()};
}

std::vector<double> WindowClassifier::MarginGradient(
    std::span<const double> values) const {
  Activations at;
  at.values[0] = Scaled(values);
  at.keep.assign(2 * kLast, 1.0F);
  Forward(&at);
  std::vector<float> slopes(training_.classes);
  const auto first = std::ranges::max_element(at.scores) - at.scores.begin();
  slopes[static_cast<size_t>(first)] = 1;
  at.scores[static_cast<size_t>(first)] = -INFINITY;
  const auto second = std::ranges::max_element(at.scores) - at.scores.begin();
  slopes[static_cast<size_t>(second)] = -1;
  WindowClassifier copy = *this;  // whose gradients are overwritten
  copy.Backward(&at, slopes);
  std::vector<double> by_value(values.size());
  for (size_t i = 0; i < by_value.size(); ++i) {
    const size_t c = i / training_.window, t = i % training_.window;
    by_value[i] = at.slopes[0][t * training_.channels + c] / deviation_[c];
  }
  return by_value;
}

// The name of what it gives.
std::string WindowClassifier::WriteConvolution(size_t l,
                                               const std::string& input,
                                               OnnxWriter* file) const {
  const Layer& layer = layers_[l];
  std::vector<float> weights;  // [outputs][inputs][taps]
  for (size_t o = 0; o < layer.outputs; ++o) {
    for (size_t i = 0; i < layer.inputs; ++i) {
      for (size_t t = 0; t < layer.taps; ++t) {
        weights.push_back(
            layer.weights[(t * layer.inputs + i) * layer.outputs + o]);
      }
    }
  }
  const auto outputs = static_cast<int64_t>(layer.outputs);
  const auto taps = static_cast<int64_t>(layer.taps);
  const std::string name = absl::StrCat("layer", l);
  file->Weights(
      name + ".weights",
      std::array<int64_t, 3>{outputs, static_cast<int64_t>(layer.inputs), taps},
      weights);
  file->Weights(name + ".biases", std::array<int64_t, 1>{outputs},
                std::span(layer.weights).last(layer.outputs));
  file->Node("Conv", {input, name + ".weights", name + ".biases"},
             name + ".sums", {},
             {{"kernel_shape", {taps}}, {"strides", {int64_t{kStride}}}});
  file->Node("Relu", {name + ".sums"}, name);
  return name;
}

std::string WindowClassifier::Onnx() const {
  const auto classes = static_cast<int64_t>(training_.classes);
  OnnxWriter file;
  file.Input("window",
             std::array<int64_t, 3>{1, static_cast<int64_t>(training_.channels),
                                    static_cast<int64_t>(training_.window)});
  std::string last = "window";
  for (size_t l = 0; l < kConvolutions; ++l) {
    last = WriteConvolution(l, last, &file);
  }
  file.Node("GlobalAveragePool", {last}, "mean");
  file.Node("GlobalMaxPool", {last}, "maximum");
  file.Node("Concat", {"mean", "maximum"}, "both", {{"axis", 1}});
  file.Node("Flatten", {"both"}, "pooled", {{"axis", 1}});
  const std::span<const float> dense(layers_.back().weights);
  const size_t biases = dense.size() - training_.classes;
  file.Weights("dense.weights", std::array<int64_t, 2>{2 * kLast, classes},
               dense.first(biases));
  file.Weights("dense.biases", std::array<int64_t, 1>{classes},
               dense.subspan(biases));
  file.Node("Gemm", {"pooled", "dense.weights", "dense.biases"}, "scores");
  file.Output("scores", std::array<int64_t, 2>{1, classes});
  return file.Finish();
}

}  // namespace fovea
