// SPDX-License-Identifier: GPL-2.0-or-later
//
// The network runtime against OpenCV's, on real networks.

#include "sensitivity/network.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

struct RealNetwork {
  const char* file;
  int height, width;
  float least, most;  // of what it was trained on
};

void PrintTo(const RealNetwork& network, std::ostream* out) {
  *out << network.file;
}

class RealNetworkTest : public ::testing::TestWithParam<RealNetwork> {};

// Smooth shapes with some noise, as pictures are.
Tensor Picture(const RealNetwork& network, int batch) {
  Tensor picture{{batch, 3, network.height, network.width}, {}};
  std::mt19937 random(11);
  std::normal_distribution<float> noise(0, 0.03F);
  for (int plane = 0; plane < 3 * batch; ++plane) {
    for (int y = 0; y < network.height; ++y) {
      for (int x = 0; x < network.width; ++x) {
        const float shape = std::sin(static_cast<float>(x * (plane + 1)) / 31) *
                            std::cos(static_cast<float>(y + 9 * plane) / 17);
        const float level =
            std::clamp(0.5F + 0.4F * shape + noise(random), 0.0F, 1.0F);
        picture.values.push_back(network.least +
                                 (network.most - network.least) * level);
      }
    }
  }
  return picture;
}

std::vector<int> Sides(const cv::Mat& mat) {
  return {mat.size.p, mat.size.p + mat.dims};
}

// OpenCV's answers, in the order of `names`.
std::vector<cv::Mat> Reference(const std::string& path, const Tensor& input,
                               const std::vector<std::string>& names) {
  std::vector<float> values = input.values;
  const std::vector<int> sides(input.shape.begin(), input.shape.end());
  cv::dnn::Net net = cv::dnn::readNet(path);
  net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  net.setInput(cv::Mat(4, sides.data(), CV_32F, values.data()));
  std::vector<cv::Mat> outputs;
  net.forward(outputs, names);
  return outputs;
}

TEST_P(RealNetworkTest, AnswersAsOpenCvDoes) {
  if (!FOVEA_TORCH) GTEST_SKIP() << "built without the network runtime";
  FOVEA_NEED_TEST_DATA(path, std::string("models/") + GetParam().file);
  auto network = OpenNetwork(path, {});
  ASSERT_TRUE(network.ok()) << network.status();
  const Tensor input = Picture(GetParam(), 1);
  const auto answers = (*network)->Forward(input);
  ASSERT_TRUE(answers.ok()) << answers.status();
  const auto expected = Reference(path, input, (*network)->info().outputs);
  ASSERT_EQ(answers->size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const Tensor& answer = (*answers)[i];
    const auto sides = Sides(expected[i]);
    EXPECT_EQ(answer.shape, std::vector<int64_t>(sides.begin(), sides.end()));
    ASSERT_EQ(answer.values.size(), expected[i].total());
    const auto* want = expected[i].ptr<float>();
    float largest = 0, worst = 0;
    for (size_t k = 0; k < answer.values.size(); ++k) {
      largest = std::max(largest, std::abs(want[k]));
      worst = std::max(worst, std::abs(want[k] - answer.values[k]));
    }
    EXPECT_GT(largest, 0);
    EXPECT_LE(worst, 1e-4F * largest);
    RecordProperty("worst_share_" + std::to_string(i),
                   std::to_string(worst / largest));
  }
}

TEST_P(RealNetworkTest, AnswersABatchAsItDoesSingly) {
  if (!FOVEA_TORCH) GTEST_SKIP() << "built without the network runtime";
  FOVEA_NEED_TEST_DATA(path, std::string("models/") + GetParam().file);
  auto network = OpenNetwork(path, {});
  ASSERT_TRUE(network.ok()) << network.status();
  const Tensor batch = Picture(GetParam(), 2);
  const auto both = (*network)->Forward(batch);
  ASSERT_TRUE(both.ok()) << both.status();
  const size_t size = batch.values.size() / 2;
  for (size_t i = 0; i < 2; ++i) {
    const auto* first = batch.values.data() + i * size;
    Tensor single{batch.shape, {first, first + size}};
    single.shape[0] = 1;
    const auto answers = (*network)->Forward(single);
    ASSERT_TRUE(answers.ok()) << answers.status();
    for (size_t o = 0; o < answers->size(); ++o) {
      const auto& alone = (*answers)[o].values;
      EXPECT_EQ((*both)[o].shape[0], 2);
      EXPECT_TRUE(std::equal(
          alone.begin(), alone.end(),
          (*both)[o].values.begin() + static_cast<int64_t>(i * alone.size())));
    }
  }
}

// A step along the gradient changes the sum of squares by the gradient's
// length times the step's.
TEST_P(RealNetworkTest, GradientPointsUphill) {
  if (!FOVEA_TORCH) GTEST_SKIP() << "built without the network runtime";
  FOVEA_NEED_TEST_DATA(path, std::string("models/") + GetParam().file);
  auto network = OpenNetwork(path, {});
  ASSERT_TRUE(network.ok()) << network.status();
  Tensor input = Picture(GetParam(), 1);
  const auto energy = [&](const std::vector<Tensor>& answers) {
    double sum = 0;
    for (const Tensor& answer : answers) {
      for (const float v : answer.values) sum += 0.5 * v * v;
    }
    return sum;
  };
  const auto answers = (*network)->Forward(input);
  ASSERT_TRUE(answers.ok()) << answers.status();
  const auto gradient = (*network)->InputGradient(*answers);
  ASSERT_TRUE(gradient.ok()) << gradient.status();
  ASSERT_EQ(gradient->shape, input.shape);
  double square = 0;
  for (const float g : gradient->values) square += double{g} * g;
  ASSERT_GT(square, 0);
  // So small that what bends within it is little, and rounding less.
  const double step = 3e-4 * energy(*answers) / square;
  const auto moved = [&](double by) {
    Tensor there = input;
    for (size_t i = 0; i < there.values.size(); ++i) {
      there.values[i] += static_cast<float>(by * gradient->values[i]);
    }
    return energy(*(*network)->Forward(there));
  };
  const double found = moved(step) - moved(-step);
  EXPECT_NEAR(found / (2 * step * square), 1, 0.025);
}

INSTANTIATE_TEST_SUITE_P(
    Shared, RealNetworkTest,
    ::testing::Values(RealNetwork{"FastestDet.onnx", 352, 352, 0, 1},
                      RealNetwork{"yolox_nano.onnx", 416, 416, 0, 255},
                      RealNetwork{"face_RFB-320.onnx", 240, 320, -1, 1},
                      RealNetwork{"osnet_x0_25_msmt17.onnx", 256, 128, -2, 2}),
    [](const auto& info) {
      const std::string file = info.param.file;
      return file.substr(0, file.find_first_of("._-"));
    });

}  // namespace
}  // namespace fovea
