// SPDX-License-Identifier: GPL-2.0-or-later
//
// Takes a node's attributes one by one and refuses the node when one is
// left over: an attribute nobody looked at would be one silently ignored.

#ifndef FOVEA_SENSITIVITY_ONNX_ATTRIBUTE_READER_H_
#define FOVEA_SENSITIVITY_ONNX_ATTRIBUTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sensitivity/onnx/onnx_graph.h"

namespace fovea {

// The first thing wrong is kept for Finish(); until then getters give their
// fallback. `node` outlives the object.
class AttributeReader {
 public:
  AttributeReader(const OnnxNode& node, int opset);

  const OnnxNode& node() const { return node_; }
  int opset() const { return opset_; }
  size_t output_count() const { return node_.outputs.size(); }

  bool Has(const std::string& name) const;
  int64_t Int(const std::string& name, int64_t fallback);
  float Float(const std::string& name, float fallback);
  std::string String(const std::string& name, const std::string& fallback);
  std::vector<int64_t> Ints(const std::string& name);  // {} when absent
  const OnnxTensor* TensorOrNull(const std::string& name);

  // Looked at, and of no consequence for what the node computes here.
  void Ignore(const std::string& name) { seen_.insert(name); }

  // The node asks for something sound that is not done: kUnimplemented.
  void Refuse(const std::string& what);

  // The node contradicts itself or the standard: kDataLoss.
  void Damaged(const std::string& what);

  // Messages begin with the node's label.
  absl::Status Finish() const;

 private:
  template <typename Value>
  const Value* Find(const std::string& name);
  void Keep(absl::Status status);

  const OnnxNode& node_;
  const int opset_;
  std::set<std::string> seen_;
  absl::Status status_;
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_ONNX_ATTRIBUTE_READER_H_
