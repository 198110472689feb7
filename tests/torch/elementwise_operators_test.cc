// SPDX-License-Identifier: GPL-2.0-or-later
//
// Against values worked out by hand or by the C library.

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "tests/torch/network_fixture.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using testing::Is;
using testing::NetworkTest;
using testing::OnnxBooleans;
using testing::OnnxBuilder;
using testing::OnnxFloats;
using testing::OnnxIntegers;
using testing::OnnxSettings;

class ElementwiseOperatorsTest : public NetworkTest {};

TEST_F(ElementwiseOperatorsTest, OfOneInput) {
  const struct {
    const char* op;
    OnnxSettings settings;
    std::function<double(double)> expected;
  } cases[] = {
      {"Abs", {}, [](double x) { return std::abs(x); }},
      {"Ceil", {}, [](double x) { return std::ceil(x); }},
      {"Cos", {}, [](double x) { return std::cos(x); }},
      {"Dropout", {}, [](double x) { return x; }},
      {"Elu", {}, [](double x) { return x < 0 ? std::expm1(x) : x; }},
      {"Elu",
       {{"alpha", 0.5F}},
       [](double x) { return x < 0 ? 0.5 * std::expm1(x) : x; }},
      {"Erf", {}, [](double x) { return std::erf(x); }},
      {"Exp", {}, [](double x) { return std::exp(x); }},
      {"Floor", {}, [](double x) { return std::floor(x); }},
      {"HardSigmoid",
       {},
       [](double x) { return std::clamp(0.2 * x + 0.5, 0.0, 1.0); }},
      {"HardSigmoid",
       {{"alpha", 0.5F}, {"beta", 0.25F}},
       [](double x) { return std::clamp(0.5 * x + 0.25, 0.0, 1.0); }},
      {"HardSwish",
       {},
       [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
      {"Identity", {}, [](double x) { return x; }},
      {"LeakyRelu", {}, [](double x) { return x < 0 ? 0.01 * x : x; }},
      {"LeakyRelu",
       {{"alpha", 0.25F}},
       [](double x) { return x < 0 ? 0.25 * x : x; }},
      {"Neg", {}, [](double x) { return -x; }},
      {"Relu", {}, [](double x) { return std::max(x, 0.0); }},
      {"Round", {}, [](double x) { return std::nearbyint(x); }},
      {"Selu",
       {},
       [](double x) {
         return 1.05070102 * (x < 0 ? 1.67326319 * std::expm1(x) : x);
       }},
      {"Sigmoid", {}, [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"Sign", {}, [](double x) { return x < 0   ? -1
                                         : x > 0 ? 1
                                                 : 0; }},
      {"Sin", {}, [](double x) { return std::sin(x); }},
      {"Softplus", {}, [](double x) { return std::log1p(std::exp(x)); }},
      {"Softsign", {}, [](double x) { return x / (1 + std::abs(x)); }},
      {"Tanh", {}, [](double x) { return std::tanh(x); }},
  };
  const Tensor x{{2, 5}, {-7, -2.5F, -1, -0.5F, 0, 0.5F, 1, 1.5F, 2.5F, 7}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.op);
    Tensor expected = x;
    for (float& value : expected.values) {
      value = static_cast<float>(c.expected(value));
    }
    EXPECT_THAT(Apply(c.op, 14, x, {}, c.settings), ElementsAre(Is(expected)));
  }
}

TEST_F(ElementwiseOperatorsTest, OfPositiveNumbers) {
  const Tensor x{{3}, {0.25F, 1, 4}};
  EXPECT_THAT(Apply("Sqrt", 13, x), ElementsAre(Is(Tensor{{3}, {0.5F, 1, 2}})));
  EXPECT_THAT(Apply("Reciprocal", 13, x),
              ElementsAre(Is(Tensor{{3}, {4, 1, 0.25F}})));
  const float log4 = std::log(4.0F);
  EXPECT_THAT(Apply("Log", 13, x),
              ElementsAre(Is(Tensor{{3}, {-log4, 0, log4}})));
}

TEST_F(ElementwiseOperatorsTest, OfTwoInputsWithBroadcasting) {
  const Tensor x{{2, 3}, {1, 2, 3, 4, 5, 6}};
  const std::string row = OnnxFloats({3}, {1, 2, 4});
  const struct {
    const char* op;
    std::vector<float> expected;
  } cases[] = {
      {"Add", {2, 4, 7, 5, 7, 10}},
      {"Sub", {0, 0, -1, 3, 3, 2}},
      {"Mul", {1, 4, 12, 4, 10, 24}},
      {"Div", {1, 1, 0.75F, 4, 2.5F, 1.5F}},
      {"Pow", {1, 4, 81, 4, 25, 1296}},
      {"Max", {1, 2, 4, 4, 5, 6}},
      {"Min", {1, 2, 3, 1, 2, 4}},
      {"Sum", {2, 4, 7, 5, 7, 10}},
      {"Mean", {1, 2, 3.5F, 2.5F, 3.5F, 5}},
      {"Equal", {1, 1, 0, 0, 0, 0}},
      {"Greater", {0, 0, 0, 1, 1, 1}},
      {"GreaterOrEqual", {1, 1, 0, 1, 1, 1}},
      {"Less", {0, 0, 1, 0, 0, 0}},
      {"LessOrEqual", {1, 1, 1, 0, 0, 0}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.op);
    EXPECT_THAT(Apply(c.op, 13, x, {row}),
                ElementsAre(Is(Tensor{{2, 3}, c.expected})));
  }
}

TEST_F(ElementwiseOperatorsTest, OfManyInputs) {
  const Tensor x{{3}, {1, 5, 3}};
  const std::vector<std::string> others = {OnnxFloats({3}, {2, 2, 2}),
                                           OnnxFloats({1}, {3})};
  EXPECT_THAT(Apply("Max", 13, x, others),
              ElementsAre(Is(Tensor{{3}, {3, 5, 3}})));
  EXPECT_THAT(Apply("Min", 13, x, others),
              ElementsAre(Is(Tensor{{3}, {1, 2, 2}})));
  EXPECT_THAT(Apply("Sum", 13, x, others),
              ElementsAre(Is(Tensor{{3}, {6, 10, 8}})));
  EXPECT_THAT(Apply("Mean", 13, x, others),
              ElementsAre(Is(Tensor{{3}, {2, 10.0F / 3, 8.0F / 3}})));
}

TEST_F(ElementwiseOperatorsTest, PReluTakesASlopePerChannel) {
  EXPECT_THAT(Apply("PRelu", 9, {{1, 2, 2}, {-1, 2, -4, 0}},
                    {OnnxFloats({2, 1}, {0.5F, 0.25F})}),
              ElementsAre(Is(Tensor{{1, 2, 2}, {-0.5F, 2, -1, 0}})));
}

TEST_F(ElementwiseOperatorsTest, ClipTakesAttributesThenInputs) {
  const Tensor x{{3}, {-1, 0.5F, 9}};
  EXPECT_THAT(Apply("Clip", 9, x, {}, {{"min", 0.0F}, {"max", 6.0F}}),
              ElementsAre(Is(Tensor{{3}, {0, 0.5F, 6}})));
  EXPECT_THAT(Apply("Clip", 9, x, {}, {{"max", 6.0F}}),
              ElementsAre(Is(Tensor{{3}, {-1, 0.5F, 6}})));
  const std::string zero = OnnxFloats({}, {0}), six = OnnxFloats({}, {6});
  EXPECT_THAT(Apply("Clip", 11, x, {zero, six}),
              ElementsAre(Is(Tensor{{3}, {0, 0.5F, 6}})));
  EXPECT_THAT(Apply("Clip", 11, x, {"", six}),
              ElementsAre(Is(Tensor{{3}, {-1, 0.5F, 6}})));
  EXPECT_THAT(Apply("Clip", 11, x, {}), ElementsAre(Is(x)));
}

TEST_F(ElementwiseOperatorsTest, IntegersDivideLikeIntegers) {
  OnnxBuilder builder(13);
  builder.Input("x", {4})
      .Node("Cast", {"x"}, {"i"}, {{"to", int64_t{7}}})
      .Constant("two", OnnxIntegers({}, {2}))
      .Node("Div", {"i", "two"}, {"half"})
      .Node("Clip", {"half", "", "two"}, {"y"})
      .Output("y");
  EXPECT_THAT(Answer(builder, {{4}, {-3, 3, 4, 9}}),
              ElementsAre(Is(Tensor{{4}, {-1, 1, 2, 2}})));
}

TEST_F(ElementwiseOperatorsTest, CastCutsTowardZero) {
  const Tensor x{{4}, {-1.5F, 0, 0.5F, 2.9F}};
  const auto cast = [&](int64_t to) {
    return Apply("Cast", 13, x, {}, {{"to", to}});
  };
  const Tensor cut{{4}, {-1, 0, 0, 2}};
  for (const int64_t floats : {1, 10, 11}) {
    EXPECT_THAT(cast(floats), ElementsAre(Is(x)));
  }
  EXPECT_THAT(cast(6), ElementsAre(Is(cut)));
  EXPECT_THAT(cast(7), ElementsAre(Is(cut)));
  EXPECT_THAT(cast(9), ElementsAre(Is(Tensor{{4}, {1, 0, 1, 1}})));
}

TEST_F(ElementwiseOperatorsTest, TruthIsCombined) {
  OnnxBuilder builder(13);
  builder.Input("x", {4})
      .Constant("zero", OnnxFloats({}, {0}))
      .Constant("odd", OnnxBooleans({4}, {false, true, false, true}))
      .Node("Greater", {"x", "zero"}, {"positive"})
      .Node("And", {"positive", "odd"}, {"both"})
      .Node("Or", {"positive", "odd"}, {"either"})
      .Node("Not", {"odd"}, {"even"})
      .Node("Where", {"positive", "x", "zero"}, {"chosen"})
      .Output("both")
      .Output("either")
      .Output("even")
      .Output("chosen");
  EXPECT_THAT(
      Answer(builder, {{4}, {-1, -1, 2, 3}}),
      ElementsAre(Is(Tensor{{4}, {0, 0, 0, 1}}), Is(Tensor{{4}, {0, 1, 1, 1}}),
                  Is(Tensor{{4}, {1, 0, 1, 0}}),
                  Is(Tensor{{4}, {0, 0, 2, 3}})));
}

}  // namespace
}  // namespace fovea
