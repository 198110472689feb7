// SPDX-License-Identifier: GPL-2.0-or-later
//
// An ONNX network as plain data: what the reader gives and the runtime
// takes. Element types are three: every float is kept as 32 bits, every
// integer as 64.

#ifndef FOVEA_SENSITIVITY_ONNX_ONNX_GRAPH_H_
#define FOVEA_SENSITIVITY_ONNX_ONNX_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace fovea {

// Row-major; as many values as the product of shape.
struct OnnxTensor {
  std::vector<int64_t> shape;
  std::variant<std::vector<float>, std::vector<int64_t>,
               std::vector<uint8_t>>  // booleans, 0 or 1
      values;
};

using OnnxAttribute =
    std::variant<float, int64_t, std::string, OnnxTensor, std::vector<float>,
                 std::vector<int64_t>, std::vector<std::string>>;

struct OnnxNode {
  std::string op;
  std::string name;                  // may be empty
  size_t number = 0;                 // place in the file, from 0
  std::vector<std::string> inputs;   // "" where an optional one is left out
  std::vector<std::string> outputs;  // likewise
  std::map<std::string, OnnxAttribute> attributes;
};

struct OnnxGraph {
  int opset = 0;
  std::string input;                 // the one that is no constant
  std::vector<int64_t> input_shape;  // -1: any; empty: not declared
  std::vector<std::string> outputs;
  std::map<std::string, OnnxTensor> constants;
  std::vector<OnnxNode> nodes;  // each after those it takes from
};

// "Conv 'head.0'", or "Conv #12" when it has no name. For messages.
std::string NodeLabel(const OnnxNode& node);

// A name out of a file, cut and escaped. For messages.
std::string QuotedName(const std::string& name);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_ONNX_ONNX_GRAPH_H_
