// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which files are networks, and what is said of those that are not.

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sensitivity/network.h"
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
using testing::OnnxSettings;
using testing::SmallClassifier;
using Text = std::string;
using ::testing::AllOf;
using ::testing::ElementsAre;

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;

// A node of some operator that is not done, and what the refusal names.
struct Unsupported {
  const char* op;
  int opset;
  std::vector<std::string> constants;
  OnnxSettings settings;
  const char* what;
};

class OpenTest : public NetworkTest {
 protected:
  void ExpectUnsupported(const std::vector<Unsupported>& cases) {
    for (const Unsupported& c : cases) {
      EXPECT_THAT(
          Open(OneNode(c.op, c.opset, {1, 1, 4, 4}, c.constants, c.settings))
              .status(),
          AllOf(Fails(kUnimplemented, c.op),
                Fails(kUnimplemented, "'the_node'"),
                Fails(kUnimplemented, c.what)));
    }
  }
};

TEST_F(OpenTest, TellsWhatTheFileDeclares) {
  auto network = Open(SmallClassifier({-1, 2, -1, 6}));
  ASSERT_TRUE(network.ok()) << network.status();
  const NetworkInfo& info = (*network)->info();
  EXPECT_EQ(info.format, "ONNX opset 13");
  EXPECT_EQ(info.input_shape, (Ints{-1, 2, -1, 6}));
  EXPECT_THAT(info.outputs, ElementsAre("y", "c"));
}

TEST_F(OpenTest, NamesWhatIsNotThere) {
  EXPECT_THAT(OpenNetwork(folder_.File("none.onnx"), {}).status(),
              Fails(absl::StatusCode::kNotFound, "none.onnx: No such file"));
  EXPECT_THAT(OpenNetwork(folder_.path(), {}).status(),
              Fails(absl::StatusCode::kNotFound, "not a regular file"));
}

TEST_F(OpenTest, NamesOperatorsThatAreNotSupported) {
  EXPECT_THAT(Open(OneNode("NonMaxSuppression", 13, {2}, {})).status(),
              Fails(kUnimplemented,
                    "network.onnx: NonMaxSuppression 'the_node': this "
                    "operator is not supported"));
}

TEST_F(OpenTest, PassesOverOperatorsThatNoOutputNeeds) {
  OnnxBuilder builder(13);
  builder.Input("x", {2})
      .Node("Unheard", {"x"}, {"unused"})
      .Node("Dropout", {"x"}, {"y", "mask"})
      .Output("y");
  EXPECT_THAT(Answer(builder, Counted({2})), ElementsAre(Is(Counted({2}))));
}

TEST_F(OpenTest, RefusesValuesThatWouldBeMadeWrongly) {
  const std::string four = OnnxFloats({4}, {1, 1, 2, 2});
  ExpectUnsupported({
      {"Relu",
       13,
       {},
       {{"strength", 1.0F}},
       "attribute 'strength' in opset 13"},
      {"Squeeze", 13, {}, {{"axes", Ints{0}}}, "attribute 'axes' in opset 13"},
      {"Cast", 13, {}, {{"to", int64_t{2}}}, "element type 2"},
      {"Resize", 11, {"", four}, {{"mode", Text("cubic")}}, "mode 'cubic'"},
      {"Resize",
       11,
       {"", four},
       {{"coordinate_transformation_mode", Text("tf_crop_and_resize")}},
       "'tf_crop_and_resize'"},
      {"Resize",
       11,
       {"", four},
       {{"nearest_mode", Text("odd")}},
       "nearest_mode 'odd'"},
      {"Upsample", 10, {four}, {}, "Upsample after opset 9"},
      {"Pad", 11, {four}, {{"mode", Text("wrap")}}, "mode 'wrap'"},
      {"DepthToSpace",
       11,
       {},
       {{"blocksize", int64_t{2}}, {"mode", Text("odd")}},
       "mode 'odd'"},
      {"ArgMax",
       12,
       {},
       {{"select_last_index", int64_t{1}}},
       "select_last_index"},
  });
}

TEST_F(OpenTest, RefusesWindowsThatWouldBeTakenWrongly) {
  const Ints two = {2, 2};
  const std::string four = OnnxFloats({4}, {1, 1, 2, 2});
  const std::string filter = OnnxFloats({1, 1, 1, 1}, {1});
  ExpectUnsupported({
      {"MaxPool",
       11,
       {},
       {{"kernel_shape", two},
        {"ceil_mode", int64_t{1}},
        {"pads", Ints{0, 0, 1, 1}}},
       "ceil_mode with these pads"},
      {"AveragePool",
       11,
       {},
       {{"kernel_shape", two},
        {"ceil_mode", int64_t{1}},
        {"auto_pad", Text("SAME_UPPER")}},
       "ceil_mode with these pads"},
      {"MaxPool", 11, {}, {{"kernel_shape", Ints{2, 2, 2}}}, "over 3 axes"},
      {"ConvTranspose",
       11,
       {filter},
       {{"auto_pad", Text("SAME_UPPER")}},
       "auto_pad"},
      {"ConvTranspose", 11, {filter}, {{"output_shape", two}}, "output_shape"},
      {"BatchNormalization",
       14,
       {four, four, four, four},
       {{"training_mode", int64_t{1}}},
       "training_mode"},
  });
}

TEST_F(OpenTest, RefusesNodesThatContradictTheStandard) {
  const std::string filter = OnnxFloats({1, 1, 1, 1}, {1});
  const struct {
    const char* op;
    std::vector<std::string> constants;
    OnnxSettings settings;
    const char* what;
  } cases[] = {
      {"Relu", {filter}, {}, "2 inputs; at least 1 and at most 1"},
      {"Conv", {}, {}, "1 inputs; at least 2"},
      {"Add", {""}, {}, "lacks input 1"},
      {"Concat", {filter}, {}, "no axis"},
      {"Conv", {filter}, {{"pads", Ints{1}}}, "odd number of pads"},
      {"Conv", {filter}, {{"group", int64_t{0}}}, "group 0"},
      {"Conv", {filter}, {{"strides", Ints{0, 1}}}, "'strides' holds 0"},
      {"Conv", {filter}, {{"pads", Ints{-1, 0, 0, 0}}}, "'pads' holds -1"},
      {"Conv",
       {filter},
       {{"kernel_shape", Ints{1, 1}}, {"strides", Ints{1}}},
       "differ in length"},
      {"Conv", {filter}, {{"strides", int64_t{1}}}, "of a wrong type"},
      {"Conv", {filter}, {{"auto_pad", Text("ODD")}}, "auto_pad 'ODD'"},
      {"MaxPool", {}, {}, "no kernel_shape"},
      {"DepthToSpace", {}, {}, "blocksize 0"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(
        Open(OneNode(c.op, 11, {1, 1, 4, 4}, c.constants, c.settings)).status(),
        AllOf(Fails(kDataLoss, "'the_node'"), Fails(kDataLoss, c.what)));
  }
}

TEST_F(OpenTest, RefusesOutputsThatAreNotMade) {
  EXPECT_THAT(Open(OneNode("MaxPool", 11, {1, 1, 4, 4}, {},
                           {{"kernel_shape", Ints{2, 2}}}, 2))
                  .status(),
              Fails(kUnimplemented, "output 1 is not supported"));
}

}  // namespace
}  // namespace fovea
