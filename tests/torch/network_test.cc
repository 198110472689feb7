// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every network promises, whatever it computes.

#include "sensitivity/network.h"

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/torch/network_fixture.h"
#include "tests/torch/small_classifier.h"

namespace fovea {
namespace {

using testing::Counted;
using testing::Fails;
using testing::Ints;
using testing::Is;
using testing::NetworkTest;
using testing::OnnxBuilder;
using testing::OnnxFloats;
using testing::OnnxIntegers;
using testing::OnnxSettings;
using testing::Random;
using testing::RandomWeights;
using testing::SmallClassifier;
using Text = std::string;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kResources = absl::StatusCode::kResourceExhausted;
constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;

double Weighted(const std::vector<Tensor>& answers,
                const std::vector<Tensor>& weights) {
  double sum = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    for (size_t k = 0; k < answers[i].values.size(); ++k) {
      sum += double{answers[i].values[k]} * weights[i].values[k];
    }
  }
  return sum;
}

// Every component of the gradient against the change that a step makes.
void CheckGradient(Network* network, const Tensor& x) {
  const auto answers = network->Forward(x);
  ASSERT_TRUE(answers.ok()) << answers.status();
  std::vector<Tensor> weights;
  for (const Tensor& answer : *answers) {
    weights.push_back(Random(answer.shape, 5));
  }
  const auto gradient = network->InputGradient(weights);
  ASSERT_TRUE(gradient.ok()) << gradient.status();
  ASSERT_EQ(gradient->shape, x.shape);
  constexpr float kStep = 1.0F / 128;
  for (size_t i = 0; i < x.values.size(); ++i) {
    Tensor above = x, below = x;
    above.values[i] += kStep;
    below.values[i] -= kStep;
    const double change = Weighted(*network->Forward(above), weights) -
                          Weighted(*network->Forward(below), weights);
    EXPECT_NEAR(gradient->values[i], change / (2 * kStep), 2e-3) << i;
  }
}

class GradientTest : public NetworkTest {};

TEST_F(GradientTest, EqualsFiniteDifferences) {
  auto network = Open(SmallClassifier({1, 2, 5, 6}));
  ASSERT_TRUE(network.ok()) << network.status();
  CheckGradient(network->get(), Random({1, 2, 5, 6}, 6));
}

TEST_F(GradientTest, EqualsFiniteDifferencesThroughEachKindOfOperator) {
  const struct {
    const char* op;
    std::vector<std::string> constants;
    OnnxSettings settings;
    int outputs = 1;
  } cases[] = {
      {"Sigmoid", {}, {}},
      {"Exp", {}, {}},
      {"Erf", {}, {}},
      {"Softplus", {}, {}},
      {"HardSwish", {}, {}},
      {"Pow", {OnnxFloats({}, {2})}, {}},
      {"Div", {OnnxFloats({4}, {1, 2, 4, 8})}, {}},
      {"MatMul", {RandomWeights({4, 2}, 8)}, {}},
      {"ReduceL2", {}, {{"axes", Ints{2}}}},
      {"ReduceMean", {}, {}},
      {"ReduceMax", {}, {{"axes", Ints{3}}}},
      {"LogSoftmax", {}, {}},
      {"InstanceNormalization",
       {OnnxFloats({2}, {1, 2}), OnnxFloats({2}, {0, 1})},
       {}},
      {"Transpose", {}, {}},
      {"Pad",
       {OnnxIntegers({8}, {0, 0, 1, 2, 0, 0, 0, 1})},
       {{"mode", Text("reflect")}}},
      {"Gather", {OnnxIntegers({3}, {1, 1, 0})}, {{"axis", int64_t{1}}}},
      {"Slice",
       {OnnxIntegers({4}, {1, 1, 2, 3}), OnnxIntegers({4}, {-9, -9, -9, -9}),
        OnnxIntegers({4}, {0, 1, 2, 3}), OnnxIntegers({4}, {-1, -1, -1, -2})},
       {}},
      {"Split", {}, {{"axis", int64_t{3}}}, 2},
      {"Expand", {OnnxIntegers({5}, {3, 1, 1, 1, 1})}, {}},
      {"DepthToSpace", {}, {{"blocksize", int64_t{1}}}},
      {"AveragePool",
       {},
       {{"kernel_shape", Ints{2, 2}}, {"pads", Ints{0, 0, 1, 1}}}},
      {"MaxPool",
       {},
       {{"kernel_shape", Ints{2, 2}}, {"pads", Ints{0, 0, 1, 1}}}},
      {"ConvTranspose",
       {RandomWeights({2, 1, 2, 2}, 9)},
       {{"strides", Ints{2, 2}}, {"pads", Ints{1, 0, 0, 1}}}},
      {"Resize",
       {"", OnnxFloats({4}, {1, 1, 1.5F, 2})},
       {{"mode", Text("linear")}}},
      {"Resize", {"", OnnxFloats({4}, {1, 1, 0.5F, 2})}, {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.op);
    const Ints shape = {1, 2, 3, 4};
    auto network =
        Open(OneNode(c.op, 12, shape, c.constants, c.settings, c.outputs));
    ASSERT_TRUE(network.ok()) << network.status();
    CheckGradient(network->get(), Random(shape, 10));
  }
}

TEST_F(GradientTest, MayBeAskedForAgain) {
  auto network = Open(SmallClassifier({1, 2, 5, 6}));
  ASSERT_TRUE(network.ok()) << network.status();
  const auto answers = (*network)->Forward(Random({1, 2, 5, 6}, 6));
  ASSERT_TRUE(answers.ok());
  std::vector<Tensor> weights = *answers;
  const auto first = (*network)->InputGradient(weights);
  for (Tensor& weight : weights) {
    for (float& value : weight.values) value *= 2;
  }
  const auto doubled = (*network)->InputGradient(weights);
  ASSERT_TRUE(first.ok() && doubled.ok());
  for (size_t i = 0; i < first->values.size(); ++i) {
    EXPECT_FLOAT_EQ(doubled->values[i], 2 * first->values[i]);
  }
  EXPECT_THAT(*(*network)->InputGradient(*answers), Is(*first));
}

TEST_F(GradientTest, IsZeroWhereTheInputDoesNotMatter) {
  OnnxBuilder builder(13);
  builder.Input("x", {2, 2})
      .Node("Shape", {"x"}, {"shape"})
      .Constant("fixed", OnnxFloats({1}, {5}))
      .Node("Identity", {"fixed"}, {"y"})
      .Output("shape")
      .Output("y");
  auto network = Open(builder);
  ASSERT_TRUE(network.ok()) << network.status();
  const auto answers = (*network)->Forward(Counted({2, 2}));
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_THAT(*answers,
              ElementsAre(Is(Tensor{{2}, {2, 2}}), Is(Tensor{{1}, {5}})));
  EXPECT_THAT(*(*network)->InputGradient(*answers),
              Is(Tensor{{2, 2}, {0, 0, 0, 0}}));
}

TEST_F(GradientTest, NeedsAForwardPassAndWeightsForIt) {
  auto network = Open(OneNode("Relu", 13, {-1, 2}, {}));
  ASSERT_TRUE(network.ok()) << network.status();
  const std::vector<Tensor> weights = {Counted({3, 2})};
  EXPECT_THAT((*network)->InputGradient(weights).status(),
              Fails(absl::StatusCode::kFailedPrecondition, "before a forward"));
  ASSERT_TRUE((*network)->Forward(Counted({3, 2})).ok());
  EXPECT_TRUE((*network)->InputGradient(weights).ok());
  EXPECT_THAT((*network)->InputGradient({}).status(),
              Fails(kInvalid, "0 weights for 1 outputs"));
  const std::vector<Tensor> flat = {Counted({6})};
  EXPECT_THAT((*network)->InputGradient(flat).status(),
              Fails(kInvalid,
                    "weights of shape [6] with 6 values for an "
                    "output of shape [3, 2]"));
  const std::vector<Tensor> short_of = {{{3, 2}, {1, 2}}};
  EXPECT_THAT((*network)->InputGradient(short_of).status(),
              Fails(kInvalid, "with 2 values"));
  EXPECT_FALSE((*network)->Forward(Counted({3, 2, 1})).ok());
  EXPECT_THAT((*network)->InputGradient(weights).status(),
              Fails(absl::StatusCode::kFailedPrecondition, ""));
}

TEST_F(GradientTest, CanBeLeftOut) {
  NetworkOptions options;
  options.gradients = false;
  auto network = Open(OneNode("Relu", 13, {2}, {}), options);
  ASSERT_TRUE(network.ok()) << network.status();
  const auto answers = (*network)->Forward({{2}, {-1, 1}});
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_THAT(*answers, ElementsAre(Is(Tensor{{2}, {0, 1}})));
  EXPECT_THAT(
      (*network)->InputGradient(*answers).status(),
      Fails(absl::StatusCode::kFailedPrecondition, "opened without gradients"));
}

class ForwardTest : public NetworkTest {};

TEST_F(ForwardTest, TakesOtherSizesWhereTheGraphDoes) {
  auto network = Open(SmallClassifier({1, 2, 5, 6}));
  ASSERT_TRUE(network.ok()) << network.status();
  const auto answers = (*network)->Forward(Random({1, 2, 9, 12}, 1));
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_EQ((*answers)[1].shape, (Ints{1, 4, 5, 6}));
}

TEST_F(ForwardTest, RunsABatchOneByOneWhereItIsFixedAtOne) {
  // Adds what lies above each picture of its batch: alone, there is nothing.
  const auto builder = [&](int64_t batch) {
    return OneNode("ReduceSum", 11, {batch, 2}, {}, {{"axes", Ints{0}}});
  };
  const Tensor x{{3, 2}, {1, 2, 3, 4, 5, 6}};
  EXPECT_THAT(Answer(builder(1), x), ElementsAre(Is(x)));
  EXPECT_THAT(Answer(builder(-1), x), ElementsAre(Is(Tensor{{1, 2}, {9, 12}})));
}

TEST_F(ForwardTest, DifferentiatesABatch) {
  auto network = Open(SmallClassifier({1, 2, 3, 3}));
  ASSERT_TRUE(network.ok()) << network.status();
  CheckGradient(network->get(), Random({2, 2, 3, 3}, 3));
}

TEST_F(ForwardTest, RefusesInputsOfAnotherKind) {
  auto network = Open(SmallClassifier({1, 2, 5, 6}));
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_THAT(
      (*network)->Forward(Counted({2, 5, 6})).status(),
      Fails(kInvalid, "shape [2, 5, 6]; the network takes [1, 2, 5, 6]"));
  EXPECT_THAT(
      (*network)->Forward(Counted({1, 3, 5, 6})).status(),
      AllOf(Fails(kInvalid, "Conv #0: "),
            Fails(kInvalid, "input [1, 3, 5, 6], declared [1, 2, 5, 6]")));
  EXPECT_THAT((*network)->Forward(Counted({1, 0, 5, 6})).status(),
              Fails(kInvalid, "[1, 0, 5, 6]"));
  EXPECT_THAT((*network)->Forward({{1, 2, 5, 6}, {1, 2}}).status(),
              Fails(kInvalid, "with 2 values"));
  EXPECT_THAT((*network)->Forward({{-1, -2, 1, 1}, {1, 2}}).status(),
              Fails(kInvalid, "with 2 values"));
  EXPECT_THAT((*network)->Forward({{1LL << 40, 1LL << 40, 1, 0}, {}}).status(),
              Fails(kInvalid, ""));
}

TEST_F(ForwardTest, ANetworkThatCannotTakeItsOwnShapeIsDamaged) {
  auto network = Open(OneNode("Reshape", 13, {2, 2}, {OnnxIntegers({1}, {5})}));
  ASSERT_TRUE(network.ok()) << network.status();
  const auto status = (*network)->Forward(Counted({2, 2})).status();
  EXPECT_THAT(status, Fails(kDataLoss, "Reshape 'the_node': "));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\n")));
}

TEST_F(ForwardTest, ShapesOutOfTheFileDoNotTakeTheMemory) {
  const int64_t huge = int64_t{1} << 40;
  const struct {
    const char* op;
    std::vector<std::string> constants;
  } cases[] = {
      {"Expand", {OnnxIntegers({2}, {huge, 1})}},
      {"Expand", {OnnxIntegers({3}, {huge, huge, huge})}},
      {"Tile", {OnnxIntegers({2}, {huge, 1})}},
      {"Pad", {OnnxIntegers({4}, {1 << 28, 0, 0, 1 << 28})}},
      {"Resize", {"", OnnxFloats({2}, {60000, 60000})}},
      {"Resize", {"", "", OnnxIntegers({2}, {huge, huge})}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.op);
    auto network = Open(OneNode(c.op, 13, {2, 2}, c.constants));
    ASSERT_TRUE(network.ok()) << network.status();
    EXPECT_THAT((*network)->Forward(Counted({2, 2})).status(),
                AllOf(Fails(kResources, "'the_node'"),
                      Fails(kResources, "beyond the limit of memory")));
  }
}

TEST_F(ForwardTest, NoTensorIsBeyondTheLimit) {
  OnnxBuilder builder(13);
  builder.Input("x", {1})
      .Constant("many", OnnxIntegers({1}, {(1 << 28) + 1}))
      .Node("Expand", {"x", "many"}, {"wide"})
      .Node("Cast", {"wide"}, {"y"}, {{"to", int64_t{7}}}, "to_integers")
      .Output("y");
  auto network = Open(builder);
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_THAT((*network)->Forward({{1}, {1}}).status(),
              AllOf(Fails(kResources, "Cast 'to_integers'"),
                    Fails(kResources, "2147483656 bytes")));
}

TEST_F(ForwardTest, DataThatDoNotFitAreStatuses) {
  const struct {
    const char* op;
    int opset;
    std::vector<std::string> constants;
    OnnxSettings settings;
  } cases[] = {
      {"Gather", 13, {OnnxIntegers({1}, {2})}, {}},
      {"Gather", 13, {OnnxIntegers({}, {-3})}, {}},
      {"Gather", 13, {OnnxIntegers({1}, {0})}, {{"axis", int64_t{4}}}},
      {"Reshape", 13, {OnnxIntegers({3}, {0, 0, 0})}, {}},
      {"Reshape", 13, {OnnxIntegers({2}, {-1, -1})}, {}},
      {"Reshape", 13, {OnnxIntegers({1}, {INT64_MIN})}, {}},
      {"Pad", 13, {OnnxIntegers({2}, {1, 1})}, {}},
      {"Pad", 13, {OnnxIntegers({4}, {INT64_MIN, 0, 0, 0})}, {}},
      {"Pad",
       13,
       {OnnxIntegers({4}, {2, 0, 0, 0})},
       {{"mode", Text("reflect")}}},
      {"Slice", 13, {OnnxIntegers({1}, {0}), OnnxIntegers({2}, {1, 1})}, {}},
      {"Slice",
       13,
       {OnnxIntegers({1}, {0}), OnnxIntegers({1}, {1}), OnnxIntegers({1}, {0}),
        OnnxIntegers({1}, {0})},
       {}},
      {"Squeeze", 13, {OnnxIntegers({1}, {0})}, {}},
      {"Unsqueeze", 13, {OnnxIntegers({2}, {0, 0})}, {}},
      {"Unsqueeze", 13, {OnnxIntegers({1}, {INT64_MAX})}, {}},
      {"Split", 13, {OnnxIntegers({1}, {-1})}, {}},
      {"Transpose", 13, {}, {{"perm", Ints{0, 0}}}},
      {"Expand", 13, {OnnxIntegers({1}, {-5})}, {}},
      {"Tile", 13, {OnnxIntegers({2}, {-1, 1})}, {}},
      {"MatMul", 13, {OnnxFloats({3}, {1, 2, 3})}, {}},
      {"Add", 13, {OnnxFloats({3}, {1, 2, 3})}, {}},
      {"Conv", 13, {OnnxFloats({1, 1, 1, 1}, {1})}, {}},
      {"Conv", 13, {OnnxFloats({}, {1})}, {}},
      {"MaxPool", 13, {}, {{"kernel_shape", Ints{1, 1}}}},
      {"GlobalAveragePool", 13, {}, {}},
      {"DepthToSpace", 13, {}, {{"blocksize", int64_t{2}}}},
      {"Resize", 13, {"", OnnxFloats({2}, {0, 1})}, {}},
      {"Resize", 13, {"", OnnxFloats({1}, {1})}, {}},
      {"Resize", 13, {}, {}},
      {"Range", 13, {OnnxFloats({}, {1}), OnnxFloats({}, {0})}, {}},
      {"ReduceMean", 13, {}, {{"axes", Ints{5}}}},
      {"ReduceMean", 13, {}, {{"axes", Ints{0, 0}}}},
      {"Softmax", 13, {}, {{"axis", int64_t{2}}}},
      {"Flatten", 13, {}, {{"axis", int64_t{-9}}}},
      {"Dropout",
       13,
       {OnnxFloats({}, {0.5F}), testing::OnnxBooleans({}, {true})},
       {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.op);
    auto network =
        Open(OneNode(c.op, c.opset, {2, 2}, c.constants, c.settings));
    ASSERT_TRUE(network.ok()) << network.status();
    const auto status = (*network)->Forward(Counted({2, 2})).status();
    EXPECT_THAT(status, Fails(kDataLoss, "'the_node': "));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\n")));
  }
}

TEST_F(ForwardTest, IsRepeatableBitByBit) {
  const Tensor x = Random({1, 2, 64, 64}, 2);
  std::vector<std::vector<float>> values;
  for (int opened = 0; opened < 2; ++opened) {
    auto network = Open(SmallClassifier({1, 2, 64, 64}));
    ASSERT_TRUE(network.ok()) << network.status();
    for (int run = 0; run < 2; ++run) {
      const auto answers = (*network)->Forward(x);
      ASSERT_TRUE(answers.ok());
      const auto gradient = (*network)->InputGradient(*answers);
      ASSERT_TRUE(gradient.ok());
      values.push_back(gradient->values);
    }
  }
  for (const auto& again : values) EXPECT_EQ(again, values[0]);
}

}  // namespace
}  // namespace fovea
