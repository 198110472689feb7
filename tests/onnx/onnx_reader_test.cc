// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/onnx/onnx_reader.h"

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"
#include "tests/support/onnx_builder.h"

namespace fovea {
namespace {

using testing::OnnxBuilder;
using testing::OnnxFloats;
using testing::OnnxIntegers;
using testing::OnnxRaw;
using testing::OnnxTensorMessage;
using testing::Records;
using Floats = std::vector<float>;
using Ints = std::vector<int64_t>;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;
constexpr auto kResources = absl::StatusCode::kResourceExhausted;

absl::StatusOr<OnnxGraph> Read(const std::string& bytes,
                               const OnnxLimits& limits = {}) {
  return ReadOnnx(
      "net", {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
      limits);
}

absl::StatusOr<OnnxGraph> Read(const OnnxBuilder& builder,
                               const OnnxLimits& limits = {}) {
  return Read(builder.Build(), limits);
}

MATCHER_P2(Fails, code, message, "") {
  *result_listener << arg.status();
  return arg.status().code() == code &&
         arg.status().message().find(message) != std::string::npos;
}

// x + w -> y.
OnnxBuilder Sum() {
  OnnxBuilder builder(13);
  builder.Input("x", {-1, 2}).Node("Add", {"x", "w"}, {"y"}, {}, "sum");
  return builder.Output("y");
}

OnnxBuilder SumWith(const std::string& tensor) {
  return Sum().Constant("w", tensor);
}

template <typename Value>
std::string Bytes(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()),
          values.size() * sizeof(Value)};
}

const Floats& FloatsOf(const OnnxGraph& graph, const std::string& name) {
  return std::get<Floats>(graph.constants.at(name).values);
}
const Ints& IntsOf(const OnnxGraph& graph, const std::string& name) {
  return std::get<Ints>(graph.constants.at(name).values);
}

TEST(OnnxReaderTest, ReadsAGraph) {
  const auto graph = Read(SumWith(OnnxFloats({2}, {1.5F, -2})));
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(graph->opset, 13);
  EXPECT_EQ(graph->input, "x");
  EXPECT_EQ(graph->input_shape, (Ints{-1, 2}));
  EXPECT_THAT(graph->outputs, ElementsAre("y"));
  EXPECT_THAT(FloatsOf(*graph, "w"), ElementsAre(1.5F, -2));
  EXPECT_EQ(graph->constants.at("w").shape, (Ints{2}));
  ASSERT_EQ(graph->nodes.size(), 1U);
  EXPECT_EQ(NodeLabel(graph->nodes[0]), "Add 'sum'");
  EXPECT_THAT(graph->nodes[0].inputs, ElementsAre("x", "w"));
  EXPECT_THAT(graph->nodes[0].outputs, ElementsAre("y"));
}

TEST(OnnxReaderTest, ReadsEveryElementType) {
  const auto raw_floats = [](testing::OnnxType type, const std::string& raw) {
    const auto graph = Read(SumWith(OnnxRaw(type, {2}, raw)));
    EXPECT_TRUE(graph.ok()) << graph.status();
    return graph.ok() ? FloatsOf(*graph, "w") : Floats();
  };
  EXPECT_THAT(raw_floats(testing::kOnnxFloat, Bytes<float>({0.5F, -3})),
              ElementsAre(0.5F, -3));
  EXPECT_THAT(raw_floats(testing::kOnnxDouble, Bytes<double>({0.25, 1e-50})),
              ElementsAre(0.25F, 0));
  EXPECT_THAT(raw_floats(testing::kOnnxHalf, Bytes<uint16_t>({0x3c00, 0xc500})),
              ElementsAre(1, -5));
  EXPECT_THAT(raw_floats(testing::kOnnxHalf, Bytes<uint16_t>({0x0001, 0x7bff})),
              ElementsAre(std::ldexp(1.0F, -24), 65504));
  const auto raw_ints = [](testing::OnnxType type, const std::string& raw) {
    const auto graph = Read(SumWith(OnnxRaw(type, {2}, raw)));
    EXPECT_TRUE(graph.ok()) << graph.status();
    return graph.ok() ? IntsOf(*graph, "w") : Ints();
  };
  EXPECT_THAT(raw_ints(testing::kOnnxInt64, Bytes<int64_t>({-1, INT64_MAX})),
              ElementsAre(-1, INT64_MAX));
  EXPECT_THAT(raw_ints(testing::kOnnxInt32, Bytes<int32_t>({-1, 7})),
              ElementsAre(-1, 7));
  const auto truth = Read(SumWith(OnnxRaw(testing::kOnnxBool, {2}, {0, 3})));
  ASSERT_TRUE(truth.ok()) << truth.status();
  EXPECT_THAT(std::get<std::vector<uint8_t>>(truth->constants.at("w").values),
              ElementsAre(0, 1));
}

TEST(OnnxReaderTest, ReadsListedValues) {
  const auto listed = [](uint64_t type, const Records& values) {
    return Read(
        SumWith(Records().Varint(1, 2).Varint(2, type).str() + values.str()));
  };
  EXPECT_THAT(FloatsOf(*listed(testing::kOnnxFloat,
                               Records().Bytes(4, Bytes<float>({1, 2}))),
                       "w"),
              ElementsAre(1, 2));
  EXPECT_THAT(
      FloatsOf(*listed(testing::kOnnxFloat, Records().Float(4, 1).Float(4, 2)),
               "w"),
      ElementsAre(1, 2));
  EXPECT_THAT(FloatsOf(*listed(testing::kOnnxDouble,
                               Records().Bytes(10, Bytes<double>({1, 2}))),
                       "w"),
              ElementsAre(1, 2));
  EXPECT_THAT(FloatsOf(*listed(testing::kOnnxHalf,
                               Records().Varint(5, 0x3c00).Varint(5, 0xc500)),
                       "w"),
              ElementsAre(1, -5));
  EXPECT_THAT(IntsOf(*listed(testing::kOnnxInt64,
                             Records().Varint(7, 3).Varint(7, ~0ULL)),
                     "w"),
              ElementsAre(3, -1));
  EXPECT_THAT(IntsOf(*listed(testing::kOnnxInt32,
                             Records().Varint(5, 3).Varint(5, ~0ULL)),
                     "w"),
              ElementsAre(3, -1));
  EXPECT_THAT(listed(testing::kOnnxFloat, Records().Float(4, 1)),
              Fails(kDataLoss, "of shape [2] needs 2 values and has 1"));
}

TEST(OnnxReaderTest, ConstantNodesBecomeConstants) {
  OnnxBuilder builder(13);
  builder.Input("x", {1})
      .Node("Constant", {}, {"t"},
            {{"value", OnnxTensorMessage{OnnxFloats({1, 1}, {4})}}})
      .Node("Constant", {}, {"f"}, {{"value_float", 2.5F}})
      .Node("Constant", {}, {"i"}, {{"value_int", int64_t{-3}}})
      .Node("Constant", {}, {"fs"}, {{"value_floats", Floats{1, 2}}})
      .Node("Constant", {}, {"is"}, {{"value_ints", Ints{5, 6}}})
      .Output("x");
  const auto graph = Read(builder);
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_THAT(graph->nodes, IsEmpty());
  EXPECT_EQ(graph->constants.at("t").shape, (Ints{1, 1}));
  EXPECT_THAT(graph->constants.at("f").shape, IsEmpty());
  EXPECT_THAT(FloatsOf(*graph, "f"), ElementsAre(2.5F));
  EXPECT_THAT(IntsOf(*graph, "i"), ElementsAre(-3));
  EXPECT_EQ(graph->constants.at("fs").shape, (Ints{2}));
  EXPECT_THAT(IntsOf(*graph, "is"), ElementsAre(5, 6));
}

TEST(OnnxReaderTest, InitializersListedAsInputsAreNone) {
  const auto graph = Read(SumWith(OnnxFloats({2}, {1, 2})).Input("w", {2}));
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(graph->input, "x");
}

TEST(OnnxReaderTest, OneInputAndSomeOutput) {
  const std::string w = OnnxFloats({2}, {1, 2});
  EXPECT_THAT(Read(SumWith(w).Input("z", {2})),
              Fails(kUnimplemented, "net: inputs 'x' and 'z'"));
  OnnxBuilder none(13);
  none.Constant("w", w).Output("w");
  EXPECT_THAT(Read(none), Fails(kDataLoss, "the network has no input"));
  OnnxBuilder idle(13);
  idle.Input("x", {2});
  EXPECT_THAT(Read(idle), Fails(kDataLoss, "the network has no output"));
  OnnxBuilder bytes(13);
  bytes.Input("x", {2}, 2).Output("x");
  EXPECT_THAT(Read(bytes), Fails(kUnimplemented, "'x' has element type 2"));
}

TEST(OnnxReaderTest, OpsetsFrom9To17) {
  for (int opset = 7; opset < 20; ++opset) {
    OnnxBuilder builder(opset);
    const auto graph = Read(builder.Input("x", {1}).Output("x"));
    EXPECT_EQ(graph.ok(), opset >= 9 && opset <= 17) << opset;
    if (!graph.ok()) {
      EXPECT_THAT(graph, Fails(kUnimplemented, "; 9 to 17 are read"));
    }
  }
  const std::string other =
      Records().Bytes(1, "ai.onnx.ml").Varint(2, 99).str();
  OnnxBuilder builder(13);
  builder.Input("x", {1}).Output("x");
  EXPECT_TRUE(Read(OnnxBuilder(builder).ModelRecord(8, other)).ok());
  const std::string again = Records().Bytes(1, "ai.onnx").Varint(2, 9).str();
  EXPECT_THAT(Read(OnnxBuilder(builder).ModelRecord(8, again)),
              Fails(kDataLoss, "named twice"));
}

TEST(OnnxReaderTest, ValuesMustBeMadeBeforeTheyAreUsed) {
  OnnxBuilder unsorted(13);
  unsorted.Input("x", {1})
      .Node("Relu", {"b"}, {"a"}, {}, "first")
      .Node("Relu", {"x"}, {"b"}, {}, "second")
      .Output("a");
  EXPECT_THAT(Read(unsorted),
              Fails(kDataLoss,
                    "net: Relu 'first' takes 'b', which only the "
                    "later Relu 'second' makes"));
  OnnxBuilder cycle(13);
  cycle.Input("x", {1})
      .Node("Add", {"x", "b"}, {"a"}, {}, "first")
      .Node("Relu", {"a"}, {"b"}, {}, "second")
      .Output("b");
  EXPECT_THAT(Read(cycle), Fails(kDataLoss, "only the later Relu 'second'"));
  OnnxBuilder self(13);
  self.Input("x", {1}).Node("Add", {"x", "a"}, {"a"}).Output("a");
  EXPECT_THAT(Read(self), Fails(kDataLoss, "Add #0 takes 'a', which it makes"));
  OnnxBuilder missing(13);
  missing.Input("x", {1}).Node("Add", {"x", "z"}, {"a"}).Output("a");
  EXPECT_THAT(Read(missing), Fails(kDataLoss, "'z', which nothing makes"));
  OnnxBuilder output(13);
  output.Input("x", {1}).Output("z");
  EXPECT_THAT(Read(output), Fails(kDataLoss, "output 'z', which nothing"));
}

TEST(OnnxReaderTest, NamesAreGivenOnce) {
  const std::string w = OnnxFloats({2}, {1, 2});
  EXPECT_THAT(Read(SumWith(w).Constant("w", w)),
              Fails(kDataLoss, "tensor 'w' is there twice"));
  EXPECT_THAT(Read(Sum().Constant("", w)), Fails(kDataLoss, "has no name"));
  EXPECT_THAT(
      Read(SumWith(w).Node("Relu", {"x"}, {"y"}, {}, "again")),
      Fails(kDataLoss,
            "Relu 'again' makes 'y', which already is made by Add 'sum'"));
  EXPECT_THAT(Read(SumWith(w).Node("Relu", {"x"}, {"w"})),
              Fails(kDataLoss, "'w', which already is an input or constant"));
  EXPECT_THAT(Read(SumWith(w).Node("Relu", {"x"}, {"x"})),
              Fails(kDataLoss, "'x', which already is an input or constant"));
  EXPECT_THAT(
      Read(SumWith(w).Node("Constant", {}, {"w"}, {{"value_float", 1.0F}})),
      Fails(kDataLoss, "Constant #1 is there twice"));
}

TEST(OnnxReaderTest, WeightsAreFiniteNumbers) {
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    EXPECT_THAT(
        Read(SumWith(OnnxFloats({2}, {1, bad}))),
        Fails(kDataLoss, "tensor 'w' holds values that are no finite numbers"));
  }
  EXPECT_THAT(
      Read(SumWith(OnnxRaw(testing::kOnnxDouble, {1}, Bytes<double>({1e300})))),
      Fails(kDataLoss, "no finite numbers"));
  EXPECT_THAT(Read(SumWith(
                  OnnxRaw(testing::kOnnxHalf, {1}, Bytes<uint16_t>({0x7c00})))),
              Fails(kDataLoss, "no finite numbers"));
}

TEST(OnnxReaderTest, ShapesMustFitTheBytes) {
  const std::string eight(8, '\0');
  const auto floats = [&](const Ints& shape) {
    return Read(SumWith(OnnxRaw(testing::kOnnxFloat, shape, eight)));
  };
  EXPECT_TRUE(floats({2, 1}).ok());
  EXPECT_THAT(floats({3}), Fails(kDataLoss,
                                 "tensor 'w' of shape [3] needs 12 "
                                 "bytes and has 8"));
  EXPECT_THAT(floats({}), Fails(kDataLoss, "needs 4 bytes and has 8"));
  EXPECT_THAT(floats({0}), Fails(kDataLoss, "needs 0 bytes and has 8"));
  EXPECT_THAT(floats({-2}), Fails(kDataLoss, "has a side of -2"));
  EXPECT_THAT(floats({1LL << 62, 4}), Fails(kDataLoss, "claims the shape"));
  EXPECT_THAT(floats({1LL << 32, 1LL << 32}),
              Fails(kDataLoss, "claims the shape"));
  EXPECT_THAT(floats({1LL << 39}), Fails(kDataLoss, "needs 2199023255552"));
  EXPECT_THAT(floats(Ints(17, 1)), Fails(kResources, "17 dimensions"));
  EXPECT_TRUE(Read(SumWith(OnnxFloats({0, 1LL << 40}, {}))).ok());
  EXPECT_THAT(
      Read(SumWith(OnnxRaw(testing::kOnnxFloat, {2}, std::string(7, '\0')))),
      Fails(kDataLoss, "needs 8 bytes and has 7"));
  EXPECT_THAT(Read(SumWith(OnnxFloats({1}, {1}) + Records().Float(4, 1).str())),
              Fails(kDataLoss, "has its values twice"));
}

TEST(OnnxReaderTest, WhatIsNotReadIsNamed) {
  const std::string w = OnnxFloats({2}, {1, 2});
  const std::string node = Records()
                               .Bytes(1, "x")
                               .Bytes(2, "z")
                               .Bytes(3, "odd")
                               .Bytes(4, "Gelu")
                               .str();
  EXPECT_THAT(
      Read(SumWith(w).GraphRecord(
          1, node + Records().Bytes(7, "com.microsoft").str())),
      Fails(kUnimplemented, "net: Gelu 'odd': operator of 'com.microsoft'"));
  const std::string branch =
      Records().Bytes(1, "then_branch").Bytes(6, "").Varint(20, 5).str();
  EXPECT_THAT(
      Read(SumWith(w).GraphRecord(1, node + Records().Bytes(5, branch).str())),
      Fails(kUnimplemented, "'odd': attribute 'then_branch' holds a graph"));
  EXPECT_THAT(Read(SumWith(w + Records().Varint(14, 1).str())),
              Fails(kUnimplemented, "tensor 'w' keeps its values in another"));
  EXPECT_THAT(Read(SumWith(w + Records().Bytes(13, "").str())),
              Fails(kUnimplemented, "in another file"));
  EXPECT_THAT(Read(SumWith(w + Records().Bytes(3, "").str())),
              Fails(kUnimplemented, "cut into segments"));
  EXPECT_THAT(Read(SumWith(Records().Varint(1, 1).Varint(2, 8).str())),
              Fails(kUnimplemented, "tensor 'w' has element type 8"));
  EXPECT_THAT(Read(SumWith(w).GraphRecord(15, "")),
              Fails(kUnimplemented, "sparse"));
  EXPECT_THAT(Read(SumWith(w).ModelRecord(25, "")),
              Fails(kUnimplemented, "functions"));
  const std::string untyped = Records().Bytes(1, "alpha").Float(2, 1).str();
  EXPECT_THAT(
      Read(SumWith(w).GraphRecord(1, node + Records().Bytes(5, untyped).str())),
      Fails(kDataLoss, "attribute 'alpha' has no type"));
  const std::string typed = untyped + Records().Varint(20, 1).str();
  EXPECT_THAT(Read(SumWith(w).GraphRecord(
                  1, node + Records().Bytes(5, typed).Bytes(5, typed).str())),
              Fails(kDataLoss, "attribute 'alpha' is there twice"));
}

TEST(OnnxReaderTest, NamesInMessagesArePrintable) {
  OnnxBuilder builder(13);
  builder.Input("x", {1})
      .Node("Relu", {std::string(500, 'z')}, {"y"}, {}, "a\nb\x01")
      .Output("y");
  const auto status = Read(builder).status();
  EXPECT_LT(status.message().size(), 200U);
  EXPECT_NE(status.message().find("Relu 'a\\nb\\x01'"), std::string::npos);
}

TEST(OnnxReaderTest, LimitsHold) {
  const OnnxBuilder sound = SumWith(OnnxFloats({2}, {1, 2}));
  const std::string bytes = sound.Build();
  OnnxLimits limits;
  limits.max_file_bytes = bytes.size();
  limits.max_nodes = limits.max_tensors = 1;
  limits.max_rank = 2;
  limits.max_structure_bytes = bytes.size() - 8;  // all but the weights
  limits.max_depth = 3;                           // model, graph, node
  EXPECT_TRUE(Read(bytes, limits).ok());
  const auto refused = [&](auto set, const char* what) {
    OnnxLimits less = limits;
    set(&less);
    EXPECT_THAT(Read(bytes, less), Fails(kResources, what));
  };
  refused([](OnnxLimits* l) { --l->max_file_bytes; }, "bytes; at most");
  refused([](OnnxLimits* l) { --l->max_nodes; }, "1 nodes; at most 0");
  refused([](OnnxLimits* l) { --l->max_tensors; }, "1 tensors; at most 0");
  refused([](OnnxLimits* l) { --l->max_structure_bytes; }, "besides weights");
  refused([](OnnxLimits* l) { --l->max_depth; }, "graphs within graphs");
  refused([](OnnxLimits* l) { --l->max_rank; }, "2 dimensions; at most 1");
}

TEST(OnnxReaderTest, GraphsWithinGraphsEnd) {
  std::string graph;
  for (int depth = 0; depth < 2000; ++depth) {
    const std::string attribute = Records().Bytes(6, graph).str();
    graph = Records().Bytes(1, Records().Bytes(5, attribute).str()).str();
  }
  EXPECT_THAT(Read(Records().Bytes(7, graph).str()),
              Fails(kResources, "beyond 8 levels"));
}

// One of everything that has a parser of its own.
std::string SmallFile() {
  return SumWith(OnnxFloats({2}, {1.5F, -2}))
      .Constant("shape", OnnxIntegers({2}, {-1, 2}))
      .Node("Reshape", {"y", "shape"}, {"z"})
      .Node("Conv", {"x", "w"}, {"c"},
            {{"auto_pad", std::string("VALID")}, {"pads", Ints{1, 2}}})
      .Node("Constant", {}, {"t"},
            {{"value", OnnxTensorMessage{OnnxFloats({1}, {4})}}})
      .Output("z")
      .Build();
}

TEST(OnnxReaderTest, CutFilesAreRefused) {
  ASSERT_TRUE(Read(SmallFile()).ok()) << Read(SmallFile()).status();
  testing::ForEachTruncation(SmallFile(), [](const std::string& cut) {
    const auto graph = Read(cut);
    EXPECT_FALSE(graph.ok()) << cut.size();
    EXPECT_EQ(graph.status().message().substr(0, 5), "net: ");
  });
}

TEST(OnnxReaderTest, DamagedFilesAreReadOrRefused) {
  size_t refused = 0;
  testing::ForEachByteChange(SmallFile(), [&](const std::string& changed) {
    const auto graph = Read(changed);
    if (graph.ok()) return;
    ++refused;
    EXPECT_EQ(graph.status().message().substr(0, 5), "net: ");
  });
  EXPECT_GT(refused, SmallFile().size() * 100);
}

TEST(OnnxReaderTest, OtherFilesAreRefused) {
  EXPECT_THAT(Read(std::string()), Fails(kDataLoss, "no ONNX network"));
  EXPECT_THAT(Read(std::string("PK\3\4 a zip archive")),
              Fails(kDataLoss, "no ONNX network, or damaged: at byte "));
  EXPECT_THAT(Read(std::string("just some text\n")),
              Fails(kDataLoss, "no ONNX network"));
}

}  // namespace
}  // namespace fovea
