// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/onnx/onnx_graph.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace fovea {

std::string QuotedName(const std::string& name) {
  constexpr size_t kLongest = 100;
  return absl::StrCat("'", absl::CHexEscape(name.substr(0, kLongest)),
                      name.size() > kLongest ? "...'" : "'");
}

std::string NodeLabel(const OnnxNode& node) {
  const std::string op = absl::CHexEscape(node.op.substr(0, 100));
  return node.name.empty() ? absl::StrCat(op, " #", node.number)
                           : absl::StrCat(op, " ", QuotedName(node.name));
}

}  // namespace fovea
