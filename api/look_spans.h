// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arithmetic on spans of frames that a model has looked at. Lists are by
// index, their spans apart from each other.

#ifndef FOVEA_API_LOOK_SPANS_H_
#define FOVEA_API_LOOK_SPANS_H_

#include <cstdint>
#include <vector>

#include "store/look_rows.h"

namespace fovea {

// Frames [first_index, end_index).
struct FrameSpan {
  uint64_t first_index = 0;
  uint64_t end_index = 0;
  bool empty() const { return end_index <= first_index; }
  friend bool operator==(const FrameSpan&, const FrameSpan&) = default;
};

// Adds a span, in place of what is known of its frames.
void AddLooks(const LookSpan& span, std::vector<LookSpan>* looks);

// Forgets what is known of these frames.
void CutLooks(FrameSpan span, std::vector<LookSpan>* looks);

// What of `wanted` nobody has looked at every `step` frames, or more often.
std::vector<FrameSpan> NotLookedAt(const std::vector<LookSpan>& looks,
                                   FrameSpan wanted, uint64_t step);

// Sorts, and joins those that overlap or meet.
std::vector<FrameSpan> Joined(std::vector<FrameSpan> spans);

// What of them, apart from each other and by index, lies in `bounds`.
std::vector<FrameSpan> Within(const std::vector<FrameSpan>& spans,
                              FrameSpan bounds);

// Takes a span out of them.
void CutFrames(FrameSpan span, std::vector<FrameSpan>* spans);

// The first index from `index` on that divides by `step`.
uint64_t NextLook(uint64_t index, uint64_t step);

// Frames of a span that are looked at: those whose index divides by `step`.
uint64_t LooksIn(FrameSpan span, uint64_t step);

}  // namespace fovea

#endif  // FOVEA_API_LOOK_SPANS_H_
