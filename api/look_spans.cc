// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/look_spans.h"

#include <algorithm>
#include <utility>

namespace fovea {

void CutLooks(FrameSpan span, std::vector<LookSpan>* looks) {
  if (span.empty()) return;
  std::vector<LookSpan> left;
  for (const LookSpan& known : *looks) {
    LookSpan before = known, behind = known;
    before.end_index = std::min(known.end_index, span.first_index);
    behind.first_index = std::max(known.first_index, span.end_index);
    if (before.first_index < before.end_index) left.push_back(before);
    if (behind.first_index < behind.end_index) left.push_back(behind);
  }
  *looks = std::move(left);
}

void AddLooks(const LookSpan& span, std::vector<LookSpan>* looks) {
  if (span.first_index >= span.end_index) return;
  CutLooks({span.first_index, span.end_index}, looks);
  const auto behind = std::ranges::upper_bound(*looks, span.first_index, {},
                                               &LookSpan::first_index);
  auto at = looks->insert(behind, span);
  const auto meets = [](const LookSpan& a, const LookSpan& b) {
    return a.end_index == b.first_index && a.step == b.step;
  };
  if (at + 1 != looks->end() && meets(*at, *(at + 1))) {
    at->end_index = (at + 1)->end_index;
    at = looks->erase(at + 1) - 1;
  }
  if (at != looks->begin() && meets(*(at - 1), *at)) {
    (at - 1)->end_index = at->end_index;
    looks->erase(at);
  }
}

std::vector<FrameSpan> NotLookedAt(const std::vector<LookSpan>& looks,
                                   FrameSpan wanted, uint64_t step) {
  std::vector<FrameSpan> missing;
  const auto add = [&](uint64_t end) {
    const FrameSpan span{wanted.first_index, std::min(end, wanted.end_index)};
    if (!span.empty()) missing.push_back(span);
  };
  for (const LookSpan& known : looks) {
    if (known.step > step || known.end_index <= wanted.first_index) continue;
    add(known.first_index);
    wanted.first_index = known.end_index;
    if (wanted.empty()) break;
  }
  add(wanted.end_index);
  return missing;
}

std::vector<FrameSpan> Joined(std::vector<FrameSpan> spans) {
  std::erase_if(spans, [](const FrameSpan& span) { return span.empty(); });
  std::ranges::sort(spans, {}, &FrameSpan::first_index);
  std::vector<FrameSpan> joined;
  for (const FrameSpan& span : spans) {
    if (joined.empty() || joined.back().end_index < span.first_index) {
      joined.push_back(span);
    } else {
      joined.back().end_index =
          std::max(joined.back().end_index, span.end_index);
    }
  }
  return joined;
}

std::vector<FrameSpan> Within(const std::vector<FrameSpan>& spans,
                              FrameSpan bounds) {
  std::vector<FrameSpan> within;
  if (bounds.empty()) return within;
  auto at = std::ranges::upper_bound(spans, bounds.first_index, {},
                                     &FrameSpan::end_index);
  for (; at != spans.end() && at->first_index < bounds.end_index; ++at) {
    within.push_back({std::max(at->first_index, bounds.first_index),
                      std::min(at->end_index, bounds.end_index)});
  }
  return within;
}

void CutFrames(FrameSpan span, std::vector<FrameSpan>* spans) {
  if (span.empty()) return;
  std::vector<FrameSpan> left;
  for (const FrameSpan& known : *spans) {
    const FrameSpan before{known.first_index,
                           std::min(known.end_index, span.first_index)};
    const FrameSpan behind{std::max(known.first_index, span.end_index),
                           known.end_index};
    if (!before.empty()) left.push_back(before);
    if (!behind.empty()) left.push_back(behind);
  }
  *spans = std::move(left);
}

uint64_t NextLook(uint64_t index, uint64_t step) {
  return (index + step - 1) / step * step;
}

uint64_t LooksIn(FrameSpan span, uint64_t step) {
  if (span.empty()) return 0;
  return (NextLook(span.end_index, step) - NextLook(span.first_index, step)) /
         step;
}

}  // namespace fovea
