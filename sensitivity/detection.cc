// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/detection.h"

#include <algorithm>

namespace fovea {
namespace {

double Area(const Detection& box) {
  return std::max(0.0, static_cast<double>(box.right) - box.left) *
         std::max(0.0, static_cast<double>(box.bottom) - box.top);
}

}  // namespace

float Overlap(const Detection& a, const Detection& b) {
  const double width = static_cast<double>(std::min(a.right, b.right)) -
                       std::max(a.left, b.left);
  const double height = static_cast<double>(std::min(a.bottom, b.bottom)) -
                        std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const double both = width * height;
  return static_cast<float>(both / (Area(a) + Area(b) - both));
}

std::vector<Detection> SuppressDoubles(std::vector<Detection> candidates,
                                       float overlap) {
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [](const Detection& a, const Detection& b) { return a.score > b.score; });
  if (candidates.size() > kMaxCandidates) candidates.resize(kMaxCandidates);
  std::vector<Detection> kept;
  for (const Detection& candidate : candidates) {
    const bool is_double =
        std::any_of(kept.begin(), kept.end(), [&](const Detection& better) {
          return better.label == candidate.label &&
                 Overlap(better, candidate) > overlap;
        });
    if (!is_double) kept.push_back(candidate);
  }
  return kept;
}

}  // namespace fovea
