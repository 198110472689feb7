// SPDX-License-Identifier: GPL-2.0-or-later
//
// Against values worked out by hand.

#include <string>
#include <vector>

#include "tests/torch/network_fixture.h"

namespace fovea {
namespace {

using testing::Counted;
using testing::Is;
using testing::NetworkTest;
using testing::OnnxBooleans;
using testing::OnnxBuilder;
using testing::OnnxFloats;
using testing::OnnxIntegers;
using testing::OnnxSettings;
using testing::OnnxTensorMessage;
using Ints = std::vector<int64_t>;
using ::testing::ElementsAre;

std::string Integers(const Ints& values) {
  return OnnxIntegers({static_cast<int64_t>(values.size())}, values);
}

class ShapeOperatorsTest : public NetworkTest {};

TEST_F(ShapeOperatorsTest, ConcatJoins) {
  const std::string row = OnnxFloats({1, 2}, {8, 9});
  EXPECT_THAT(
      Apply("Concat", 9, Counted({2, 2}), {row}, {{"axis", int64_t{0}}}),
      ElementsAre(Is(Tensor{{3, 2}, {0, 1, 2, 3, 8, 9}})));
  EXPECT_THAT(
      Apply("Concat", 11, Counted({1, 2}), {row}, {{"axis", int64_t{-1}}}),
      ElementsAre(Is(Tensor{{1, 4}, {0, 1, 8, 9}})));
}

TEST_F(ShapeOperatorsTest, ConstantOfShapeFills) {
  const auto filled = [&](const OnnxSettings& settings) {
    OnnxBuilder builder(11);
    builder.Input("x", {2, 3})
        .Node("Shape", {"x"}, {"shape"})
        .Node("ConstantOfShape", {"shape"}, {"y"}, settings)
        .Output("y");
    return Answer(builder, Counted({2, 3}));
  };
  const auto all = [](float value) {
    return ElementsAre(Is(Tensor{{2, 3}, std::vector<float>(6, value)}));
  };
  EXPECT_THAT(filled({}), all(0));
  EXPECT_THAT(filled({{"value", OnnxTensorMessage{OnnxFloats({1}, {2.5F})}}}),
              all(2.5F));
  EXPECT_THAT(filled({{"value", OnnxTensorMessage{OnnxIntegers({1}, {7})}}}),
              all(7));
  EXPECT_THAT(filled({{"value", OnnxTensorMessage{OnnxBooleans({1}, {true})}}}),
              all(1));
}

TEST_F(ShapeOperatorsTest, DepthAndSpace) {
  const Tensor x = Counted({1, 8, 1, 2});
  const OnnxSettings two = {{"blocksize", int64_t{2}}};
  const Tensor dcr{{1, 2, 2, 4},
                   {0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15}};
  EXPECT_THAT(Apply("DepthToSpace", 11, x, {}, two), ElementsAre(Is(dcr)));
  EXPECT_THAT(Apply("DepthToSpace", 11, x, {},
                    {{"blocksize", int64_t{2}}, {"mode", std::string("CRD")}}),
              ElementsAre(Is(Tensor{
                  {1, 2, 2, 4},
                  {0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15}})));
  EXPECT_THAT(Apply("SpaceToDepth", 11, dcr, {}, two), ElementsAre(Is(x)));
}

TEST_F(ShapeOperatorsTest, ExpandWidensBothWays) {
  EXPECT_THAT(Apply("Expand", 9, {{2, 1}, {1, 2}}, {Integers({3})}),
              ElementsAre(Is(Tensor{{2, 3}, {1, 1, 1, 2, 2, 2}})));
  EXPECT_THAT(Apply("Expand", 9, {{2}, {1, 2}}, {Integers({2, 1})}),
              ElementsAre(Is(Tensor{{2, 2}, {1, 2, 1, 2}})));
}

TEST_F(ShapeOperatorsTest, FlattenCutsInTwo) {
  const Tensor x = Counted({2, 3, 2});
  const auto sides = [&](int64_t axis) {
    return Apply("Flatten", 11, x, {}, {{"axis", axis}}).at(0).shape;
  };
  EXPECT_EQ(Apply("Flatten", 9, x).at(0).shape, (Ints{2, 6}));
  EXPECT_EQ(sides(0), (Ints{1, 12}));
  EXPECT_EQ(sides(2), (Ints{6, 2}));
  EXPECT_EQ(sides(3), (Ints{12, 1}));
  EXPECT_EQ(sides(-1), (Ints{6, 2}));
}

TEST_F(ShapeOperatorsTest, GatherPicks) {
  const Tensor x = Counted({3, 2});
  EXPECT_THAT(Apply("Gather", 11, x, {OnnxIntegers({}, {-1})}),
              ElementsAre(Is(Tensor{{2}, {4, 5}})));
  EXPECT_THAT(Apply("Gather", 11, x, {OnnxIntegers({2, 2}, {0, 2, -1, 0})}),
              ElementsAre(Is(Tensor{{2, 2, 2}, {0, 1, 4, 5, 4, 5, 0, 1}})));
  EXPECT_THAT(Apply("Gather", 11, x, {Integers({1})}, {{"axis", int64_t{1}}}),
              ElementsAre(Is(Tensor{{3, 1}, {1, 3, 5}})));
  EXPECT_THAT(Apply("GatherElements", 11, x, {OnnxIntegers({1, 2}, {-1, 1})}),
              ElementsAre(Is(Tensor{{1, 2}, {4, 3}})));
}

TEST_F(ShapeOperatorsTest, PadByAttributesThenInputs) {
  const Tensor x{{1, 3}, {1, 2, 3}};
  const Ints pads = {0, 2, 1, 1};
  EXPECT_THAT(
      Apply("Pad", 9, x, {}, {{"pads", pads}, {"value", 7.0F}}),
      ElementsAre(Is(Tensor{{2, 6}, {7, 7, 1, 2, 3, 7, 7, 7, 7, 7, 7, 7}})));
  EXPECT_THAT(
      Apply("Pad", 11, x, {Integers(pads), OnnxFloats({}, {7})}),
      ElementsAre(Is(Tensor{{2, 6}, {7, 7, 1, 2, 3, 7, 7, 7, 7, 7, 7, 7}})));
  EXPECT_THAT(Apply("Pad", 11, x, {Integers({0, -1, 0, 1})}),
              ElementsAre(Is(Tensor{{1, 3}, {2, 3, 0}})));
  EXPECT_THAT(Apply("Pad", 11, x, {Integers({0, 2, 0, 1})},
                    {{"mode", std::string("reflect")}}),
              ElementsAre(Is(Tensor{{1, 6}, {3, 2, 1, 2, 3, 2}})));
  EXPECT_THAT(
      Apply("Pad", 11, x, {Integers({1, 2, 0, 1})},
            {{"mode", std::string("edge")}}),
      ElementsAre(Is(Tensor{{2, 6}, {1, 1, 1, 2, 3, 3, 1, 1, 1, 2, 3, 3}})));
}

TEST_F(ShapeOperatorsTest, RangeCounts) {
  OnnxBuilder builder(11);
  builder.Input("x", {1})
      .Constant("start", OnnxFloats({}, {1}))
      .Constant("end", OnnxFloats({}, {4.5F}))
      .Constant("step", OnnxFloats({}, {1.5F}))
      .Constant("five", OnnxIntegers({}, {5}))
      .Constant("zero", OnnxIntegers({}, {0}))
      .Constant("down", OnnxIntegers({}, {-2}))
      .Node("Range", {"start", "end", "step"}, {"floats"})
      .Node("Range", {"five", "zero", "down"}, {"integers"})
      .Output("floats")
      .Output("integers");
  EXPECT_THAT(
      Answer(builder, {{1}, {0}}),
      ElementsAre(Is(Tensor{{3}, {1, 2.5F, 4}}), Is(Tensor{{3}, {5, 3, 1}})));
}

TEST_F(ShapeOperatorsTest, ReshapeKeepsAndInfers) {
  const Tensor x = Counted({2, 3, 2});
  const auto sides = [&](const Ints& shape) {
    return Apply("Reshape", 13, x, {Integers(shape)}).at(0).shape;
  };
  EXPECT_EQ(sides({3, 4}), (Ints{3, 4}));
  EXPECT_EQ(sides({0, -1}), (Ints{2, 6}));
  EXPECT_EQ(sides({-1}), (Ints{12}));
  OnnxBuilder none(14);
  none.Input("x", {2})
      .Constant("empty", OnnxFloats({0, 3}, {}))
      .Constant("shape", Integers({3, 0}))
      .Node("Reshape", {"empty", "shape"}, {"y"}, {{"allowzero", int64_t{1}}})
      .Output("y");
  EXPECT_EQ(Answer(none, Counted({2})).at(0).shape, (Ints{3, 0}));
}

TEST_F(ShapeOperatorsTest, ShapeAndSize) {
  const Tensor x = Counted({2, 3, 4});
  EXPECT_THAT(Apply("Shape", 9, x), ElementsAre(Is(Tensor{{3}, {2, 3, 4}})));
  EXPECT_THAT(
      Apply("Shape", 15, x, {}, {{"start", int64_t{-2}}, {"end", int64_t{2}}}),
      ElementsAre(Is(Tensor{{1}, {3}})));
  EXPECT_THAT(Apply("Size", 9, x), ElementsAre(Is(Tensor{{}, {24}})));
}

TEST_F(ShapeOperatorsTest, SliceByAttributesThenInputs) {
  const Tensor x = Counted({2, 4});
  EXPECT_THAT(Apply("Slice", 9, x, {},
                    {{"starts", Ints{1, 1}}, {"ends", Ints{2, INT64_MAX}}}),
              ElementsAre(Is(Tensor{{1, 3}, {5, 6, 7}})));
  EXPECT_THAT(
      Apply("Slice", 9, x, {},
            {{"starts", Ints{-3}}, {"ends", Ints{-1}}, {"axes", Ints{1}}}),
      ElementsAre(Is(Tensor{{2, 2}, {1, 2, 5, 6}})));
  const auto slice = [&](const Ints& s, const Ints& e, const Ints& axes,
                         const Ints& steps) {
    return Apply("Slice", 10, x,
                 {Integers(s), Integers(e), Integers(axes), Integers(steps)});
  };
  EXPECT_THAT(slice({0}, {4}, {-1}, {2}),
              ElementsAre(Is(Tensor{{2, 2}, {0, 2, 4, 6}})));
  EXPECT_THAT(slice({-1}, {INT64_MIN}, {1}, {-1}),
              ElementsAre(Is(Tensor{{2, 4}, {3, 2, 1, 0, 7, 6, 5, 4}})));
  EXPECT_THAT(slice({9, 1}, {0, 0}, {1, 0}, {-2, -1}),
              ElementsAre(Is(Tensor{{1, 2}, {7, 5}})));
  EXPECT_EQ(slice({3}, {1}, {1}, {1}).at(0).shape, (Ints{2, 0}));
}

TEST_F(ShapeOperatorsTest, SplitEvenlyOrAsTold) {
  const Tensor x = Counted({2, 4});
  const OnnxSettings columns = {{"axis", int64_t{1}}};
  const auto halves = ElementsAre(Is(Tensor{{2, 2}, {0, 1, 4, 5}}),
                                  Is(Tensor{{2, 2}, {2, 3, 6, 7}}));
  const auto uneven = ElementsAre(Is(Tensor{{2, 1}, {0, 4}}),
                                  Is(Tensor{{2, 3}, {1, 2, 3, 5, 6, 7}}));
  EXPECT_THAT(Apply("Split", 11, x, {}, columns, 2), halves);
  EXPECT_THAT(Apply("Split", 13, x, {}, columns, 2), halves);
  EXPECT_THAT(Apply("Split", 11, x, {},
                    {{"axis", int64_t{1}}, {"split", Ints{1, 3}}}, 2),
              uneven);
  EXPECT_THAT(Apply("Split", 13, x, {Integers({1, 3})}, columns, 2), uneven);
}

TEST_F(ShapeOperatorsTest, SqueezeAndUnsqueeze) {
  const Tensor x = Counted({1, 2, 1, 3});
  const auto sides = [&](const char* op, int opset, const Ints& axes) {
    return (opset < 13 ? Apply(op, opset, x, {}, {{"axes", axes}})
                       : Apply(op, opset, x, {Integers(axes)}))
        .at(0)
        .shape;
  };
  EXPECT_EQ(Apply("Squeeze", 11, x).at(0).shape, (Ints{2, 3}));
  for (const int opset : {11, 13}) {
    EXPECT_EQ(sides("Squeeze", opset, {2}), (Ints{1, 2, 3}));
    EXPECT_EQ(sides("Squeeze", opset, {-2, 0}), (Ints{2, 3}));
    EXPECT_EQ(sides("Unsqueeze", opset, {5, 0}), (Ints{1, 1, 2, 1, 3, 1}));
    EXPECT_EQ(sides("Unsqueeze", opset, {-1}), (Ints{1, 2, 1, 3, 1}));
  }
}

TEST_F(ShapeOperatorsTest, TileRepeats) {
  EXPECT_THAT(Apply("Tile", 9, {{1, 2}, {1, 2}}, {Integers({2, 2})}),
              ElementsAre(Is(Tensor{{2, 4}, {1, 2, 1, 2, 1, 2, 1, 2}})));
}

TEST_F(ShapeOperatorsTest, TransposeReversesUnlessTold) {
  const Tensor x = Counted({1, 2, 3});
  EXPECT_THAT(Apply("Transpose", 9, x),
              ElementsAre(Is(Tensor{{3, 2, 1}, {0, 3, 1, 4, 2, 5}})));
  EXPECT_THAT(Apply("Transpose", 9, x, {}, {{"perm", Ints{1, 0, 2}}}),
              ElementsAre(Is(Tensor{{2, 1, 3}, {0, 1, 2, 3, 4, 5}})));
}

// The chain older exporters write to keep a batch of any size.
TEST_F(ShapeOperatorsTest, ShapesAreComputedInIntegers) {
  OnnxBuilder builder(11);
  builder.Input("x", {-1, 2, 3})
      .Constant("zero", OnnxIntegers({}, {0}))
      .Constant("rest", Integers({-1}))
      .Node("Shape", {"x"}, {"shape"})
      .Node("Gather", {"shape", "zero"}, {"batch"})
      .Node("Unsqueeze", {"batch"}, {"batch1"}, {{"axes", Ints{0}}})
      .Node("Concat", {"batch1", "rest"}, {"flat"}, {{"axis", int64_t{0}}})
      .Node("Reshape", {"x", "flat"}, {"y"})
      .Output("y");
  EXPECT_EQ(Answer(builder, Counted({1, 2, 3})).at(0).shape, (Ints{1, 6}));
  EXPECT_EQ(Answer(builder, Counted({4, 2, 3})).at(0).shape, (Ints{4, 6}));
}

}  // namespace
}  // namespace fovea
