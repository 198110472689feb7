// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/onnx/plan.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fovea {
namespace {

using Names = std::vector<std::string>;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

OnnxGraph Graph(const std::vector<std::pair<Names, Names>>& nodes,
                const Names& outputs) {
  OnnxGraph graph;
  graph.input = "x";
  graph.outputs = outputs;
  graph.constants["w"] = graph.constants["unused"] = OnnxTensor();
  for (const auto& [inputs, made] : nodes) {
    OnnxNode node;
    node.number = graph.nodes.size();
    node.inputs = inputs;
    node.outputs = made;
    graph.nodes.push_back(node);
  }
  return graph;
}

TEST(PlanTest, KeepsOnlyWhatOutputsNeed) {
  const Plan plan = MakePlan(Graph(
      {{{"x", "w"}, {"a"}}, {{"a"}, {"unused_too"}}, {{"a"}, {"y", "mask"}}},
      {"y"}));
  ASSERT_THAT(plan.steps, SizeIs(2));
  EXPECT_EQ(plan.steps[0].node, 0U);
  EXPECT_EQ(plan.steps[1].node, 2U);
  EXPECT_THAT(plan.steps[1].outputs,
              ElementsAre(plan.outputs[0], Plan::kNoValue));
  ASSERT_THAT(plan.constants, SizeIs(1));
  EXPECT_EQ(plan.constants[0].second, "w");
  EXPECT_EQ(plan.value_count, 4);  // x, w, a, y
}

TEST(PlanTest, ForgetsValuesAfterTheirLastUse) {
  const Plan plan = MakePlan(Graph({{{"x"}, {"a"}},
                                    {{"a", "", "w"}, {"b"}},
                                    {{"a", "b"}, {"c"}},
                                    {{"c", "w"}, {"y"}}},
                                   {"y", "b"}));
  ASSERT_THAT(plan.steps, SizeIs(4));
  const int a = plan.steps[0].outputs[0], c = plan.steps[2].outputs[0];
  EXPECT_THAT(plan.steps[1].inputs,
              ElementsAre(a, Plan::kNoValue, plan.constants[0].first));
  EXPECT_THAT(plan.steps[0].last_used, ElementsAre(plan.input));
  EXPECT_THAT(plan.steps[1].last_used, IsEmpty());  // w stays for ever
  EXPECT_THAT(plan.steps[2].last_used, ElementsAre(a));
  EXPECT_THAT(plan.steps[3].last_used, ElementsAre(c));  // b is an output
}

TEST(PlanTest, AnInputMayBeAnOutput) {
  const Plan plan = MakePlan(Graph({{{"x"}, {"y"}}}, {"x", "w"}));
  EXPECT_THAT(plan.steps, IsEmpty());
  EXPECT_THAT(plan.outputs, ElementsAre(plan.input, plan.constants[0].first));
}

}  // namespace
}  // namespace fovea
