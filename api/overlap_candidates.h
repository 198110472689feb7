// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which cameras may look at one scene: those whose pictures of the same
// times have like colours and like edges. Cheap and generous; what it names
// is then looked at closely (overlap_pair.h). Pure.

#ifndef FOVEA_API_OVERLAP_CANDIDATES_H_
#define FOVEA_API_OVERLAP_CANDIDATES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/sample.h"

namespace fovea {

inline constexpr size_t kViewBins = 16 + 64 + 64;

// Of one picture: shares of 16 levels of luma, of 8x8 cells of chroma, and
// of gradient energy in 8 directions at 8 heights of the picture, where
// neighbouring cameras agree and left and right do not. Each part sums to 1
// or, of a flat picture, to 0.
struct ViewDescriptor {
  std::array<float, kViewBins> bins = {};
};
ViewDescriptor DescribeView(const Frame& frame);

// 0 (alike) to 1: mean over the parts of half the sum of differences.
double DistanceOf(const ViewDescriptor& a, const ViewDescriptor& b);

// What is known of a stream: pictures at times. Times rise.
struct ViewedStream {
  int64_t start_ns = 0, end_ns = 0;
  struct At {
    int64_t time_ns = 0;
    ViewDescriptor view;
  };
  std::vector<At> views;
};

struct Candidate {
  size_t first = 0, second = 0;  // places in the list; first < second
  double distance = 0;           // mean over the times compared
};

// For each stream the `nearest` others whose time overlaps its own; nearest
// pairs come first, equal ones by place.
std::vector<Candidate> FindCandidates(std::span<const ViewedStream> streams,
                                      size_t nearest);

}  // namespace fovea

#endif  // FOVEA_API_OVERLAP_CANDIDATES_H_
