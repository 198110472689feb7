// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/answer.h"

#include "bench/accuracy/agreement.h"

namespace fovea::bench::reuse {
namespace {

bool HaveSameLabels(const Boxes& a, const Boxes& b, float threshold) {
  const auto first = CountsOf(a, threshold), second = CountsOf(b, threshold);
  if (first.size() != second.size()) return false;
  for (const auto& [label, count] : first) {
    if (!second.contains(label)) return false;
  }
  return true;
}

}  // namespace

const char* LossName(Loss loss) {
  switch (loss) {
    case Loss::kLabels:
      return "labels";
    case Loss::kCounts:
      return "counts";
    case Loss::kBoxes:
      break;
  }
  return "boxes";
}

std::map<int, int> CountsOf(const Boxes& boxes, float threshold) {
  std::map<int, int> counts;
  for (const Detection& box : boxes) {
    if (box.score >= threshold) ++counts[box.label];
  }
  return counts;
}

double F1Of(const Boxes& truth, const Boxes& given, float threshold) {
  return Compare({truth, {}}, {given, {}}, threshold).F1();
}

bool IsSame(const Boxes& truth, const Boxes& given, Loss loss,
            float threshold) {
  if (loss == Loss::kLabels) return HaveSameLabels(truth, given, threshold);
  const auto counts = CountsOf(truth, threshold);
  if (loss == Loss::kCounts) return counts == CountsOf(given, threshold);
  return F1Of(truth, given, threshold) >= kLeastF1;
}

}  // namespace fovea::bench::reuse
