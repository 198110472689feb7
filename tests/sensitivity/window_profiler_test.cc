// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/window_profiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/sensitivity/linear_network.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::LinearNetwork;

constexpr size_t kWindow = 64, kChannels = 2;

// Of two classes: the margin's gradient is the difference of the rows, or
// that with the other sign.
std::vector<std::vector<float>> RandomWeights() {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 1);
  std::vector<std::vector<float>> rows(2);
  for (auto& weights : rows) {
    for (size_t i = 0; i < kWindow * kChannels; ++i) {
      weights.push_back(normal(random));
    }
  }
  return rows;
}

class WindowProfilerTest : public ::testing::Test {
 protected:
  WindowProfilerTest() {
    card_.name = "linear";
    card_.decoder = DecoderKind::kImuClassifier;
    card_.window = kWindow;
    card_.rate_hz = 100;
    card_.channels = {"gyro_x", "accel_x"};
    card_.channel_mean = {0, 9.81};
    card_.channel_deviation = {0.5, 4};
    series_.channels = {{"accel_x", "m/s2"}, {"gyro_x", "rad/s"}};
    series_.rate_hz = 100;
    std::mt19937 random(2);
    std::normal_distribution<double> normal(0, 1);
    for (int i = 0; i < 300; ++i) {
      batch_.time_ns.push_back(i * 10'000'000LL);
      batch_.values.push_back(9.81 + 4 * normal(random));
      batch_.values.push_back(0.5 * normal(random));
    }
    MakeModel();
  }

  void MakeModel() {
    auto network = std::make_unique<LinearNetwork>(RandomWeights());
    network_ = network.get();
    model_ = std::make_unique<Model>(
        ModelDescription{{"linear", {1}}, card_, {}}, std::move(network));
  }

  absl::StatusOr<SeriesSensitivity> Measure() {
    auto profiler = WindowProfiler::Create(model_.get(), series_, hop_);
    if (!profiler.ok()) return profiler.status();
    if (absl::Status s = (*profiler)->Add(batch_); !s.ok()) return s;
    counts_ = (*profiler)->counts();
    return (*profiler)->Result();
  }

  // What the weights say, channel by channel in units of the series.
  std::vector<double> Wanted() const {
    WindowEnergy energy(kChannels, kWindow);
    std::vector<double> gradient;
    for (size_t c = 0; c < kChannels; ++c) {
      for (size_t i = 0; i < kWindow; ++i) {
        const size_t at =
            card_.channels_last ? i * kChannels + c : c * kWindow + i;
        gradient.push_back(network_->Difference(at) /
                           card_.channel_deviation[c]);
      }
    }
    energy.Add(gradient);
    return energy.PerBand();
  }

  ModelCard card_;
  SeriesInfo series_;
  SeriesBatch batch_;
  int hop_ = 0;
  LinearNetwork* network_ = nullptr;
  std::unique_ptr<Model> model_;
  WindowCounts counts_;
};

TEST_F(WindowProfilerTest, ALinearModelsEnergiesAreTheDctOfItsWeights) {
  for (const bool channels_last : {false, true}) {
    card_.channels_last = channels_last;
    MakeModel();
    const auto found = Measure();
    ASSERT_TRUE(found.ok()) << found.status();
    const std::vector<double> wanted = Wanted();
    ASSERT_EQ(found->energy.size(), kChannels * 16);
    for (size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_NEAR(found->energy[i] / wanted[i], 1, 1e-5) << i;
    }
  }
}

TEST_F(WindowProfilerTest, SaysWhatItMeasured) {
  const auto found = Measure();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->channels, ElementsAre(Channel{"gyro_x", "rad/s"},
                                           Channel{"accel_x", "m/s2"}));
  EXPECT_EQ(found->rate_hz, 100);
  EXPECT_EQ(found->window, 64);
  EXPECT_EQ(found->windows, 8);
  EXPECT_EQ(found->edges_hz.front(), 0);
  EXPECT_EQ(found->edges_hz.back(), 50);
  EXPECT_THAT(found->models, ElementsAre(ModelId{"linear", {1}}));
  EXPECT_TRUE(SeriesSensitivityText(*found).ok());
}

TEST_F(WindowProfilerTest, EachWindowIsOneBackwardPass) {
  hop_ = 10;
  ASSERT_TRUE(Measure().ok());
  EXPECT_EQ(network_->backward_passes, counts_.windows);
  EXPECT_EQ(counts_.windows, 24);
}

// Parseval: what the bands hold is what the samples do.
TEST_F(WindowProfilerTest, BandsHoldTheEnergyOfTheGradient) {
  const auto found = Measure();
  ASSERT_TRUE(found.ok()) << found.status();
  for (size_t c = 0; c < kChannels; ++c) {
    double in_bands = 0, in_samples = 0;
    for (size_t b = 0; b < 16; ++b) {
      in_bands += found->energy[c * 16 + b] * kWindow / 16;
    }
    for (size_t i = 0; i < kWindow; ++i) {
      const double by_unit =
          network_->Difference(c * kWindow + i) / card_.channel_deviation[c];
      in_samples += by_unit * by_unit;
    }
    EXPECT_NEAR(in_bands / in_samples, 1, 1e-5);
  }
}

// In units a thousand times smaller a thousandth of the slope is left.
TEST_F(WindowProfilerTest, EnergiesAreInTheUnitsOfTheSeries) {
  const auto in_metres = Measure();
  card_.channel_mean[1] *= 1000;
  card_.channel_deviation[1] *= 1000;
  for (size_t i = 0; i < batch_.values.size(); i += 2) {
    batch_.values[i] *= 1000;
  }
  MakeModel();
  const auto in_millimetres = Measure();
  ASSERT_TRUE(in_metres.ok() && in_millimetres.ok());
  for (size_t b = 0; b < 16; ++b) {
    EXPECT_NEAR(in_millimetres->energy[16 + b] / in_metres->energy[16 + b],
                1e-6, 1e-10);
    EXPECT_EQ(in_millimetres->energy[b], in_metres->energy[b]);
  }
}

TEST_F(WindowProfilerTest, NoWindowIsNoEnergy) {
  batch_ = {};
  const auto found = Measure();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->windows, 0);
  EXPECT_FALSE(SeriesSensitivityText(*found).ok());
}

TEST_F(WindowProfilerTest, ValuesThatAreNotFiniteAreAnError) {
  network_->spoilt_gradient = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Measure().status().code(), absl::StatusCode::kDataLoss);
  network_->spoilt_gradient = 0;
  network_->spoilt_output = std::numeric_limits<float>::quiet_NaN();
  const absl::Status status = Measure().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("linear"));
}

TEST_F(WindowProfilerTest, PictureModelsAndOtherSeriesAreRefused) {
  series_.channels[0].name = "lat";
  EXPECT_THAT(std::string(Measure().status().message()),
              HasSubstr("'accel_x'"));
  card_.window = 0;
  card_.decoder = DecoderKind::kClassifier;
  MakeModel();
  EXPECT_THAT(std::string(Measure().status().message()),
              HasSubstr("takes pictures"));
}

}  // namespace
}  // namespace fovea
