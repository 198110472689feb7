// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes ONNX files of a few nodes record by record: a protobuf compiler
// would be much for that.

#ifndef FOVEA_SENSITIVITY_INTERNAL_ONNX_WRITER_H_
#define FOVEA_SENSITIVITY_INTERNAL_ONNX_WRITER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fovea {

using OnnxNumber = std::pair<std::string_view, int64_t>;  // of a node
using OnnxList = std::pair<std::string_view, std::vector<int64_t>>;

// One graph of opset 13, from the input on.
class OnnxWriter {
 public:
  void Input(std::string_view name, std::span<const int64_t> shape);
  void Output(std::string_view name, std::span<const int64_t> shape);
  void Weights(std::string_view name, std::span<const int64_t> shape,
               std::span<const float> values);
  void Node(std::string_view op, const std::vector<std::string>& inputs,
            std::string_view output,
            const std::vector<OnnxNumber>& numbers = {},
            const std::vector<OnnxList>& lists = {});

  std::string Finish() const;

 private:
  std::string graph_;
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_INTERNAL_ONNX_WRITER_H_
