// SPDX-License-Identifier: GPL-2.0-or-later
//
// Outputs made up for decoders, and their gradients against differences.

#ifndef FOVEA_TESTS_SENSITIVITY_DECODER_FIXTURE_H_
#define FOVEA_TESTS_SENSITIVITY_DECODER_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sensitivity/decoder.h"

namespace fovea::testing {

using Outputs = std::vector<Tensor>;

// What differences are taken over; values are multiples of it, so that
// stepping up and down is exact in float.
inline constexpr float kStep = 1.0F / 1024;

inline ModelCard CardOf(DecoderKind kind) {
  ModelCard card;
  card.name = "m";
  card.decoder = kind;
  card.width = card.height = 32;
  return card;
}

// Values of `low` to `high`.
inline Tensor RandomTensor(std::vector<int64_t> shape, float low, float high,
                           unsigned seed) {
  Tensor tensor{std::move(shape), {}};
  size_t count = 1;
  for (const int64_t side : tensor.shape) count *= static_cast<size_t>(side);
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(low, high);
  for (size_t i = 0; i < count; ++i) {
    tensor.values.push_back(std::round(value(random) / kStep) * kStep);
  }
  return tensor;
}

inline ScalarGradient Differentiated(const Decoder& decoder,
                                     const Outputs& outputs,
                                     const Outputs& reference, Probe probe,
                                     uint64_t seed = 1) {
  auto scalar = decoder.Differentiate(outputs, reference, probe, seed);
  EXPECT_TRUE(scalar.ok()) << scalar.status();
  return scalar.ok() ? *std::move(scalar) : ScalarGradient();
}

// Every value's slope against the central difference of the scalar.
inline void ExpectTrueGradient(const Decoder& decoder, Outputs outputs,
                               const Outputs& reference, Probe probe,
                               double tolerance) {
  const ScalarGradient scalar =
      Differentiated(decoder, outputs, reference, probe);
  ASSERT_EQ(scalar.by_output.size(), outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    ASSERT_EQ(scalar.by_output[i].shape, outputs[i].shape);
    ASSERT_EQ(scalar.by_output[i].values.size(), outputs[i].values.size());
    for (size_t j = 0; j < outputs[i].values.size(); ++j) {
      float& value = outputs[i].values[j];
      const float middle = value;
      value = middle + kStep;
      const double above =
          Differentiated(decoder, outputs, reference, probe).value;
      value = middle - kStep;
      const double below =
          Differentiated(decoder, outputs, reference, probe).value;
      value = middle;
      const double slope = (above - below) / (2 * static_cast<double>(kStep));
      ASSERT_NEAR(scalar.by_output[i].values[j], slope, tolerance)
          << "output " << i << " value " << j;
    }
  }
}

inline double SquaredSize(const ScalarGradient& scalar) {
  double sum = 0;
  for (const Tensor& output : scalar.by_output) {
    for (const float value : output.values) {
      sum += static_cast<double>(value) * static_cast<double>(value);
    }
  }
  return sum;
}

inline bool AllFinite(const ScalarGradient& scalar) {
  bool finite = std::isfinite(scalar.value);
  for (const Tensor& output : scalar.by_output) {
    for (const float value : output.values) {
      finite = finite && std::isfinite(value);
    }
  }
  return finite;
}

// Neither function gives anything but finite numbers, whatever finite
// values the outputs have.
inline void ExpectFiniteAnswers(const Decoder& decoder, Outputs outputs,
                                const Placement& placement) {
  constexpr float kMost = std::numeric_limits<float>::max();
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  const float extremes[] = {0,     1,     -1,     kMost, -kMost,
                            1e-8F, 40.0F, -40.0F, kTiny, -kTiny};
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    for (Tensor& output : outputs) {
      for (float& value : output.values) {
        value = extremes[random() % std::size(extremes)];
      }
    }
    for (const Probe probe : {Probe::kSum, Probe::kRandom}) {
      const auto scalar = decoder.Differentiate(outputs, outputs, probe, 1);
      ASSERT_TRUE(!scalar.ok() || AllFinite(*scalar)) << round;
    }
    const auto answer = decoder.Read(outputs, placement);
    if (!answer.ok()) continue;
    for (const Detection& box : answer->detections) {
      const double sum = static_cast<double>(box.left) + box.top + box.right +
                         box.bottom + box.score;
      ASSERT_TRUE(std::isfinite(sum)) << round;
    }
    for (const float score : answer->scores) ASSERT_TRUE(std::isfinite(score));
    for (const float value : answer->embedding) {
      ASSERT_TRUE(std::isfinite(value));
    }
  }
}

// NaN and infinity anywhere are kDataLoss in both functions, never a crash.
inline void ExpectDamageFound(const Decoder& decoder, const Outputs& good,
                              const Placement& placement) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity()}) {
    for (size_t i = 0; i < good.size(); ++i) {
      Outputs outputs = good;
      outputs[i].values.back() = bad;
      const auto answer = decoder.Read(outputs, placement);
      EXPECT_EQ(answer.status().code(), absl::StatusCode::kDataLoss);
      EXPECT_THAT(std::string(answer.status().message()),
                  ::testing::HasSubstr("model m: output " + std::to_string(i) +
                                       ": expected finite values"));
      EXPECT_EQ(
          decoder.Differentiate(outputs, good, Probe::kSum, 1).status().code(),
          absl::StatusCode::kDataLoss);
      if (decoder.uses_reference()) {
        EXPECT_EQ(decoder.Differentiate(good, outputs, Probe::kSum, 1)
                      .status()
                      .code(),
                  absl::StatusCode::kDataLoss);
      }
    }
  }
}

// What Check() says about outputs of these shapes.
inline std::string CheckRefusal(
    const Decoder& decoder, const std::vector<std::vector<int64_t>>& shapes) {
  Outputs outputs;
  for (const auto& shape : shapes) {
    outputs.push_back(RandomTensor(shape, 0, 1, 1));
  }
  const absl::Status status = decoder.Check(outputs);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(decoder.Differentiate(outputs, outputs, Probe::kSum, 1).ok());
  EXPECT_FALSE(decoder.Read(outputs, Placement()).ok());
  return std::string(status.message());
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SENSITIVITY_DECODER_FIXTURE_H_
