// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/onnx/window.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr size_t kMostAxes = 3;
constexpr int64_t kMost = 1 << 20;  // of any side, stride or pad

std::vector<int64_t> ReadSides(AttributeReader* attributes,
                               const std::string& name, int64_t least) {
  std::vector<int64_t> sides = attributes->Ints(name);
  for (const int64_t side : sides) {
    if (side < least || side > kMost) {
      attributes->Damaged(absl::StrCat("attribute '", name, "' holds ", side,
                                       "; ", least, " to ", kMost,
                                       " expected"));
    }
  }
  return sides;
}

// Makes an absent list `size` times 1 or 0; false for one of another size.
bool Fill(size_t size, int64_t value, std::vector<int64_t>* list) {
  if (list->empty()) list->assign(size, value);
  return list->size() == size;
}

}  // namespace

Window Window::Read(AttributeReader* attributes) {
  Window window;
  window.kernel_ = ReadSides(attributes, "kernel_shape", 1);
  window.strides_ = ReadSides(attributes, "strides", 1);
  window.dilations_ = ReadSides(attributes, "dilations", 1);
  const auto pads = ReadSides(attributes, "pads", 0);
  if (pads.size() % 2 != 0) attributes->Damaged("an odd number of pads");
  const auto middle = pads.begin() + static_cast<int64_t>(pads.size() / 2);
  window.padding_.begin.assign(pads.begin(), middle);
  window.padding_.end.assign(middle, pads.end());

  const std::string automatic = attributes->String("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER") {
    window.automatic_ = Automatic::kBehind;
  } else if (automatic == "SAME_LOWER") {
    window.automatic_ = Automatic::kBefore;
  } else if (automatic != "NOTSET" && automatic != "VALID") {
    attributes->Damaged("auto_pad " + QuotedName(automatic));
  }
  if (!window.kernel_.empty() && !window.Complete(window.kernel_)) {
    attributes->Damaged("kernel, strides, dilations and pads differ in length");
  }
  return window;
}

bool Window::Complete(const std::vector<int64_t>& kernel) {
  if (kernel_.empty()) kernel_ = kernel;
  const size_t rank = kernel_.size();
  return kernel_ == kernel && rank >= 1 && rank <= kMostAxes &&
         Fill(rank, 1, &strides_) && Fill(rank, 1, &dilations_) &&
         Fill(rank, 0, &padding_.begin) && Fill(rank, 0, &padding_.end);
}

Padding Window::PaddingFor(const std::vector<int64_t>& input) const {
  if (automatic_ == Automatic::kNone) return padding_;
  Padding padding;
  for (size_t i = 0; i < kernel_.size(); ++i) {
    const int64_t outputs = (input[i] + strides_[i] - 1) / strides_[i];
    const int64_t covered =
        (outputs - 1) * strides_[i] + (kernel_[i] - 1) * dilations_[i] + 1;
    const int64_t total = std::max<int64_t>(covered - input[i], 0);
    const int64_t odd = automatic_ == Automatic::kBefore ? total % 2 : 0;
    padding.begin.push_back(total / 2 + odd);
    padding.end.push_back(total - padding.begin.back());
  }
  return padding;
}

}  // namespace fovea
