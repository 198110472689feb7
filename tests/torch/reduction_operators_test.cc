// SPDX-License-Identifier: GPL-2.0-or-later
//
// Against values worked out by hand.

#include <cmath>
#include <string>
#include <vector>

#include "tests/torch/network_fixture.h"

namespace fovea {
namespace {

using testing::Counted;
using testing::Is;
using testing::NetworkTest;
using testing::OnnxFloats;
using testing::OnnxIntegers;
using Axes = std::vector<int64_t>;
using ::testing::ElementsAre;

class ReductionOperatorsTest : public NetworkTest {};

TEST_F(ReductionOperatorsTest, OverNamedAxes) {
  const Tensor x{{2, 2, 2}, {1, -2, 3, 4, 0, 2, -2, 1}};
  const struct {
    const char* op;
    std::vector<float> expected;  // over axis 1
  } cases[] = {
      {"ReduceSum", {4, 2, -2, 3}},
      {"ReduceMean", {2, 1, -1, 1.5F}},
      {"ReduceMax", {3, 4, 0, 2}},
      {"ReduceMin", {1, -2, -2, 1}},
      {"ReduceProd", {3, -8, 0, 2}},
      {"ReduceL1", {4, 6, 2, 3}},
      {"ReduceL2", {std::sqrt(10.F), std::sqrt(20.F), 2, std::sqrt(5.F)}},
      {"ReduceSumSquare", {10, 20, 4, 5}},
      {"ReduceLogSumExp",
       {std::log(std::exp(1.F) + std::exp(3.F)),
        std::log(std::exp(-2.F) + std::exp(4.F)), std::log(1 + std::exp(-2.F)),
        std::log(std::exp(2.F) + std::exp(1.F))}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.op);
    EXPECT_THAT(Apply(c.op, 11, x, {}, {{"axes", Axes{1}}}),
                ElementsAre(Is(Tensor{{2, 1, 2}, c.expected})));
    EXPECT_THAT(
        Apply(c.op, 11, x, {}, {{"axes", Axes{-2}}, {"keepdims", int64_t{0}}}),
        ElementsAre(Is(Tensor{{2, 2}, c.expected})));
  }
}

TEST_F(ReductionOperatorsTest, OverSeveralAxesOrAll) {
  const Tensor x = Counted({2, 2, 2});
  EXPECT_THAT(Apply("ReduceMean", 11, x, {}, {{"axes", Axes{0, 2}}}),
              ElementsAre(Is(Tensor{{1, 2, 1}, {2.5F, 4.5F}})));
  EXPECT_THAT(Apply("ReduceMax", 11, x),
              ElementsAre(Is(Tensor{{1, 1, 1}, {7}})));
  EXPECT_THAT(Apply("ReduceProd", 11, {{2, 2}, {1, 2, 3, 4}}, {},
                    {{"keepdims", int64_t{0}}}),
              ElementsAre(Is(Tensor{{}, {24}})));
}

TEST_F(ReductionOperatorsTest, ReduceSumTakesAxesAsInputFromOpset13) {
  const Tensor x = Counted({2, 3});
  EXPECT_THAT(Apply("ReduceSum", 13, x, {OnnxIntegers({1}, {1})}),
              ElementsAre(Is(Tensor{{2, 1}, {3, 12}})));
  EXPECT_THAT(Apply("ReduceSum", 13, x), ElementsAre(Is(Tensor{{1, 1}, {15}})));
  EXPECT_THAT(
      Apply("ReduceSum", 13, x, {}, {{"noop_with_empty_axes", int64_t{1}}}),
      ElementsAre(Is(x)));
}

TEST_F(ReductionOperatorsTest, ArgMaxGivesPlaces) {
  const Tensor x{{2, 3}, {1, 5, 2, 9, 0, 3}};
  EXPECT_THAT(Apply("ArgMax", 13, x, {}, {{"axis", int64_t{1}}}),
              ElementsAre(Is(Tensor{{2, 1}, {1, 0}})));
  EXPECT_THAT(Apply("ArgMax", 13, x, {}, {{"keepdims", int64_t{0}}}),
              ElementsAre(Is(Tensor{{3}, {1, 0, 1}})));
}

TEST_F(ReductionOperatorsTest, SoftmaxFlattensBeforeOpset13) {
  const float log2 = std::log(2.0F);
  const Tensor x{{1, 2, 2}, {0, log2, 0, 2 * log2}};
  const auto whole =
      ElementsAre(Is(Tensor{{1, 2, 2}, {0.125F, 0.25F, 0.125F, 0.5F}}));
  const auto rows =
      ElementsAre(Is(Tensor{{1, 2, 2}, {1 / 3.F, 2 / 3.F, 0.2F, 0.8F}}));
  const auto columns =
      ElementsAre(Is(Tensor{{1, 2, 2}, {0.5F, 1 / 3.F, 0.5F, 2 / 3.F}}));
  EXPECT_THAT(Apply("Softmax", 11, x), whole);
  EXPECT_THAT(Apply("Softmax", 11, x, {}, {{"axis", int64_t{0}}}), whole);
  EXPECT_THAT(Apply("Softmax", 11, x, {}, {{"axis", int64_t{2}}}), rows);
  EXPECT_THAT(Apply("Softmax", 13, x), rows);
  EXPECT_THAT(Apply("Softmax", 13, x, {}, {{"axis", int64_t{1}}}), columns);
}

TEST_F(ReductionOperatorsTest, LogSoftmaxLikewise) {
  const float log2 = std::log(2.0F);
  const Tensor x{{1, 2, 2}, {0, log2, 0, 2 * log2}};
  EXPECT_THAT(Apply("LogSoftmax", 11, x),
              ElementsAre(Is(Tensor{
                  {1, 2, 2}, {-3 * log2, -2 * log2, -3 * log2, -log2}})));
  EXPECT_THAT(
      Apply("LogSoftmax", 13, x),
      ElementsAre(Is(Tensor{{1, 2, 2},
                            {-std::log(3.F), log2 - std::log(3.F),
                             -std::log(5.F), 2 * log2 - std::log(5.F)}})));
}

TEST_F(ReductionOperatorsTest, BatchNormalizationUsesStoredStatistics) {
  const std::vector<std::string> constants = {
      OnnxFloats({2}, {2, 3}),    // scale
      OnnxFloats({2}, {1, -1}),   // bias
      OnnxFloats({2}, {5, 0}),    // mean
      OnnxFloats({2}, {3, 0.5F})  // variance
  };
  const Tensor x{{1, 2, 2}, {5, 7, 0, 1}};
  const Tensor expected{{1, 2, 2}, {1, 3, -1, 3 / std::sqrt(1.5F) - 1}};
  for (const int opset : {9, 14, 15}) {
    EXPECT_THAT(Apply("BatchNormalization", opset, x, constants,
                      {{"epsilon", 1.0F}, {"momentum", 0.9F}}),
                ElementsAre(Is(expected)));
  }
}

TEST_F(ReductionOperatorsTest, InstanceNormalizationUsesThePicture) {
  const std::vector<std::string> constants = {OnnxFloats({2}, {1, 2}),
                                              OnnxFloats({2}, {0, 10})};
  const float root = std::sqrt(0.75F);  // variance 1/4 and epsilon 1/2
  EXPECT_THAT(Apply("InstanceNormalization", 11, {{1, 2, 1, 2}, {0, 1, 5, 4}},
                    constants, {{"epsilon", 0.5F}}),
              ElementsAre(Is(Tensor{
                  {1, 2, 1, 2},
                  {-0.5F / root, 0.5F / root, 10 + 1 / root, 10 - 1 / root}})));
}

TEST_F(ReductionOperatorsTest, LayerNormalizationUsesTheLastAxes) {
  const float root = std::sqrt(0.75F);
  const Tensor x{{2, 2}, {0, 1, 5, 4}};
  EXPECT_THAT(
      Apply("LayerNormalization", 17, x,
            {OnnxFloats({2}, {1, 2}), OnnxFloats({2}, {0, 10})},
            {{"epsilon", 0.5F}}),
      ElementsAre(Is(Tensor{
          {2, 2}, {-0.5F / root, 10 + 1 / root, 0.5F / root, 10 - 1 / root}})));
}

TEST_F(ReductionOperatorsTest, MatMulOverBatches) {
  EXPECT_THAT(
      Apply("MatMul", 13, Counted({2, 2, 2}), {OnnxFloats({2, 1}, {1, 10})}),
      ElementsAre(Is(Tensor{{2, 2, 1}, {10, 32, 54, 76}})));
}

TEST_F(ReductionOperatorsTest, GemmTurnsAndScales) {
  const Tensor x{{2, 3}, {1, 2, 3, 4, 5, 6}};
  const std::string three_by_one = OnnxFloats({3, 1}, {1, 0, 2});
  const std::string one_by_three = OnnxFloats({1, 3}, {1, 0, 2});
  EXPECT_THAT(Apply("Gemm", 11, x, {three_by_one}),
              ElementsAre(Is(Tensor{{2, 1}, {7, 16}})));
  EXPECT_THAT(Apply("Gemm", 11, x, {one_by_three, OnnxFloats({1}, {10})},
                    {{"transB", int64_t{1}}, {"alpha", 2.0F}, {"beta", 3.0F}}),
              ElementsAre(Is(Tensor{{2, 1}, {44, 62}})));
  EXPECT_THAT(Apply("Gemm", 11, x, {OnnxFloats({2, 1}, {1, 10})},
                    {{"transA", int64_t{1}}}),
              ElementsAre(Is(Tensor{{3, 1}, {41, 52, 63}})));
}

}  // namespace
}  // namespace fovea
