// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/har_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>

namespace fovea::bench {
namespace {

constexpr size_t kConvolutions = 3;
constexpr size_t kStride = 2;
constexpr std::array<size_t, kConvolutions> kFilters = {16, 24, 32};
constexpr std::array<size_t, kConvolutions> kTaps = {7, 5, 3};
constexpr size_t kBatch = 32;
constexpr float kRate = 3e-3F;
constexpr float kDecay = 1e-4F;
constexpr double kKeep = 0.75;   // of what the dense layer sees
constexpr double kLean = 0.15;   // radians, deviation of the small turns
constexpr double kNoise = 0.02;  // of the scaled input

using Matrix = std::array<std::array<double, 3>, 3>;

Matrix Product(const Matrix& a, const Matrix& b) {
  Matrix product = {};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      for (size_t k = 0; k < 3; ++k) product[i][j] += a[i][k] * b[k][j];
    }
  }
  return product;
}

Matrix Turn(size_t axis, double angle) {
  const size_t p = (axis + 1) % 3, q = (axis + 2) % 3;
  Matrix turn = {};
  turn[axis][axis] = 1;
  turn[p][p] = turn[q][q] = std::cos(angle);
  turn[p][q] = -std::sin(angle);
  turn[q][p] = std::sin(angle);
  return turn;
}

// A half turn about x, y, z or none, and a small one about each.
Matrix RandomTurn(std::mt19937_64* dice) {
  std::normal_distribution<double> lean(0, kLean);
  const size_t axis = std::uniform_int_distribution<size_t>(0, 3)(*dice);
  Matrix turn = axis == 3 ? Turn(0, 0) : Turn(axis, std::numbers::pi);
  for (size_t i = 0; i < 3; ++i) turn = Product(turn, Turn(i, lean(*dice)));
  return turn;
}

// Sample by sample, about one in size: g, and rad/s.
std::vector<float> Scaled(std::span<const double> values, size_t length) {
  std::vector<float> scaled(values.size());
  for (size_t channel = 0; channel < kHarChannels; ++channel) {
    const double scale = channel < 3 ? 1 / 9.81 : 0.7;
    for (size_t i = 0; i < length; ++i) {
      scaled[i * kHarChannels + channel] =
          static_cast<float>(values[channel * length + i] * scale);
    }
  }
  return scaled;
}

void Apply(const Matrix& turn, std::mt19937_64* dice,
           std::vector<float>* scaled) {
  std::normal_distribution<double> noise(0, kNoise);
  for (size_t first = 0; first < scaled->size(); first += 3) {
    const std::array<double, 3> from = {(*scaled)[first], (*scaled)[first + 1],
                                        (*scaled)[first + 2]};
    for (size_t i = 0; i < 3; ++i) {
      (*scaled)[first + i] =
          static_cast<float>(turn[i][0] * from[0] + turn[i][1] * from[1] +
                             turn[i][2] * from[2] + noise(*dice));
    }
  }
}

}  // namespace

struct HarModel::Activations {
  // [0] the input, then what each convolution gives, sample by sample.
  std::array<std::vector<float>, kConvolutions + 1> values;
  std::array<std::vector<float>, kConvolutions + 1> slopes;
  std::vector<float> pooled, pooled_slopes, keep;  // mean, then maximum
  std::vector<size_t> highest;
  std::array<float, kHarClasses> scores = {};
};

struct HarModel::Example {
  const LabelledSamples* samples;
  size_t begin;
  uint8_t label;
};

HarModel::HarModel(size_t length, uint64_t seed) : length_(length) {
  std::mt19937_64 dice(seed);
  size_t inputs = kHarChannels;
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
  inputs = 2 * kFilters.back();
  add(kHarClasses, 1);
}

size_t HarModel::SamplesAfter(size_t layer) const {
  size_t samples = length_;
  for (size_t i = 0; i < layer; ++i) {
    samples = (samples - kTaps[i]) / kStride + 1;
  }
  return samples;
}

size_t HarModel::multiplications() const {
  size_t sum = 2 * kFilters.back() * kHarClasses;
  for (size_t i = 0; i < kConvolutions; ++i) {
    sum += SamplesAfter(i + 1) * layers_[i].inputs * layers_[i].taps *
           layers_[i].outputs;
  }
  return sum;
}

void HarModel::Forward(Activations* at) const {
  for (size_t l = 0; l < kConvolutions; ++l) {
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
  const size_t n = kFilters.back(), samples = SamplesAfter(kConvolutions);
  at->pooled.assign(2 * n, 0.0F);
  at->highest.assign(n, 0);
  const std::vector<float>& last = at->values[kConvolutions];
  for (size_t o = 0; o < n; ++o) {
    for (size_t t = 0; t < samples; ++t) {
      at->pooled[o] += last[t * n + o] / static_cast<float>(samples);
      if (last[t * n + o] > last[at->highest[o] * n + o]) at->highest[o] = t;
    }
    at->pooled[n + o] = last[at->highest[o] * n + o];
  }
  for (size_t i = 0; i < at->keep.size(); ++i) at->pooled[i] *= at->keep[i];
  const std::vector<float>& dense = layers_.back().weights;
  for (size_t o = 0; o < kHarClasses; ++o) {
    at->scores[o] = dense[2 * n * kHarClasses + o];
    for (size_t i = 0; i < 2 * n; ++i) {
      at->scores[o] += at->pooled[i] * dense[i * kHarClasses + o];
    }
  }
}

void HarModel::Backward(Activations* at, uint8_t label) {
  const float top = *std::max_element(at->scores.begin(), at->scores.end());
  std::array<float, kHarClasses> slope;
  float sum = 0;
  for (size_t o = 0; o < kHarClasses; ++o) {
    sum += slope[o] = std::exp(at->scores[o] - top);
  }
  for (size_t o = 0; o < kHarClasses; ++o) {
    slope[o] = slope[o] / sum - (o == label ? 1.0F : 0.0F);
  }
  Layer& dense = layers_.back();
  const size_t n = kFilters.back(), samples = SamplesAfter(kConvolutions);
  at->pooled_slopes.assign(2 * n, 0.0F);
  for (size_t i = 0; i <= 2 * n; ++i) {
    for (size_t o = 0; o < kHarClasses; ++o) {
      const size_t w = i * kHarClasses + o;
      dense.gradient[w] += slope[o] * (i < 2 * n ? at->pooled[i] : 1.0F);
      if (i < 2 * n) {
        at->pooled_slopes[i] += slope[o] * dense.weights[w] * at->keep[i];
      }
    }
  }
  std::vector<float>& last = at->slopes[kConvolutions];
  last.assign(samples * n, 0.0F);
  for (size_t o = 0; o < n; ++o) {
    for (size_t t = 0; t < samples; ++t) {
      last[t * n + o] = at->pooled_slopes[o] / static_cast<float>(samples);
    }
    last[at->highest[o] * n + o] += at->pooled_slopes[n + o];
  }
  for (size_t l = kConvolutions; l-- > 0;) {
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
}

void HarModel::Step(float rate) {
  ++steps_;
  const float first = 1 - std::pow(0.9F, static_cast<float>(steps_));
  const float second = 1 - std::pow(0.999F, static_cast<float>(steps_));
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

HarModel HarModel::Train(std::span<const HarSubject* const> subjects,
                         size_t length, const HarModelOptions& options) {
  std::vector<Example> examples;
  for (const HarSubject* subject : subjects) {
    for (const LabelledSamples& execution : subject->executions) {
      for (size_t begin = 0; begin + length <= execution.size();
           begin += options.train_hop) {
        examples.push_back(
            {&execution, begin, MajorityLabel(execution, begin, length)});
      }
    }
  }
  HarModel model(length, options.seed);
  std::mt19937_64 dice(options.seed + 1);
  std::bernoulli_distribution keep(kKeep);
  Activations at;
  const size_t batches = examples.size() / kBatch;
  const auto all =
      static_cast<float>(batches) * static_cast<float>(options.epochs);
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    std::shuffle(examples.begin(), examples.end(), dice);
    for (size_t i = 0; i < batches * kBatch; ++i) {
      const Example& example = examples[i];
      at.values[0] =
          Scaled(WindowValues(*example.samples, example.begin, length), length);
      Apply(RandomTurn(&dice), &dice, &at.values[0]);
      at.keep.resize(2 * kFilters.back());
      for (float& k : at.keep) {
        k = keep(dice) ? static_cast<float>(1 / kKeep) : 0.0F;
      }
      model.Forward(&at);
      model.Backward(&at, example.label);
      if ((i + 1) % kBatch != 0) continue;
      const float done = static_cast<float>(model.steps_) / all;
      model.Step(kRate * 0.5F *
                 (1 + std::cos(std::numbers::pi_v<float> * done)));
    }
  }
  return model;
}

uint8_t HarModel::Answer(std::span<const double> values) const {
  Activations at;
  at.values[0] = Scaled(values, length_);
  Forward(&at);
  return static_cast<uint8_t>(
      std::max_element(at.scores.begin(), at.scores.end()) - at.scores.begin());
}

}  // namespace fovea::bench
