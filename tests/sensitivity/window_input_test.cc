// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/window_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ModelCard Card() {
  ModelCard card;
  card.name = "har";
  card.decoder = DecoderKind::kImuClassifier;
  card.window = 3;
  card.channels = {"accel.x", "gyro.z"};
  card.rate_hz = 50;
  card.channel_mean = {9.81, 0};
  card.channel_deviation = {2, 0.5};
  return card;
}

SeriesInfo Series(const std::vector<std::string>& names) {
  SeriesInfo series;
  for (const std::string& name : names) series.channels.push_back({name, "g"});
  return series;
}

std::string Fault(const ModelCard& card,
                  const std::vector<std::string>& names) {
  const auto found = FindChannels(card, Series(names));
  EXPECT_EQ(found.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(found.status().message());
}

TEST(FindChannelsTest, NamesMayBeSpeltAnotherWay) {
  for (const char* name : {"accel.x", "accel_x", "Accel-X", "ACCEL X"}) {
    EXPECT_THAT(*FindChannels(Card(), Series({"gyro_z", "temp", name})),
                ElementsAre(2, 0));
  }
  // The very name goes first.
  EXPECT_THAT(*FindChannels(Card(), Series({"accel_x", "gyro.z", "accel.x"})),
              ElementsAre(2, 1));
}

TEST(FindChannelsTest, NamesWhatIsMissingAndWhatThereIs) {
  EXPECT_THAT(Fault(Card(), {"gyro_z", "accel_y", "lat"}),
              AllOf(HasSubstr("model har"), HasSubstr("'accel.x'"),
                    HasSubstr("did you mean 'accel_y'?"),
                    HasSubstr("gyro_z, accel_y, lat")));
  EXPECT_THAT(
      Fault(Card(), {"lat", "lon"}),
      AllOf(HasSubstr("there are lat, lon"), Not(HasSubstr("did you mean"))));
  Fault(Card(), {});
}

TEST(FindChannelsTest, PictureModelsTakeNone) {
  ModelCard card;
  card.name = "yolo";
  card.decoder = DecoderKind::kYolox;
  EXPECT_THAT(Fault(card, {"accel_x"}), HasSubstr("model yolo: takes picture"));
  EXPECT_FALSE(WindowInput::Create(card).ok());
}

TEST(WindowInputTest, NormalisesAndLaysOut) {
  ModelCard card = Card();
  const std::vector<double> values = {9.81, 11.81, 7.81, 0, 1, -1};
  Tensor tensor = WindowInput::Create(card)->Prepare(values);
  EXPECT_THAT(tensor.shape, ElementsAre(1, 2, 3));
  EXPECT_THAT(tensor.values, ElementsAre(0, 1, -1, 0, 2, -2));
  card.channels_last = true;
  tensor = WindowInput::Create(card)->Prepare(values);
  EXPECT_THAT(tensor.shape, ElementsAre(1, 3, 2));
  EXPECT_THAT(tensor.values, ElementsAre(0, 0, 1, 2, -1, -2));
}

// <Prepare(x) - Prepare(0), g> = <x, Adjoint(g)>.
TEST(WindowInputTest, TheAdjointIsExact) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 1);
  for (const bool channels_last : {false, true}) {
    ModelCard card = Card();
    card.window = 50;
    card.channels_last = channels_last;
    const auto input = WindowInput::Create(card);
    std::vector<double> x(100);
    for (double& value : x) value = static_cast<double>(normal(random));
    Tensor gradient = input->Prepare(x);
    for (float& value : gradient.values) value = normal(random);
    const Tensor at_x = input->Prepare(x);
    const Tensor at_zero = input->Prepare(std::vector<double>(100));
    const std::vector<double> back = input->Adjoint(gradient);
    double ahead = 0, behind = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      ahead += static_cast<double>(at_x.values[i] - at_zero.values[i]) *
               static_cast<double>(gradient.values[i]);
      behind += x[i] * back[i];
    }
    EXPECT_NEAR(ahead, behind, 1e-4);
    EXPECT_GT(std::abs(ahead), 0.01);
  }
}

}  // namespace
}  // namespace fovea
