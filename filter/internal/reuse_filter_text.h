// SPDX-License-Identifier: GPL-2.0-or-later
//
// The file that `fovea learn filter` writes, lines of text:
//
//   fovea reuse filter 2
//   10 lines   weights of a run
//   10 lines   weights of an answer not seen yet
//    3 lines   weights of the usual answer
//   "thumbnail 0" or "thumbnail 1": whether runs are compared by it
//   "skip 0" or "skip 1": whether a skip head follows
//   usual vote, pictures seen with it
//   59 lines   weights of the skip head
//    5 lines   mean of 432 cells of each plane, in 4096ths
//    5 lines   how far they stray
//
// Version 1 ends after 8 weights of a run and 8 of an answer not seen.

#ifndef FOVEA_FILTER_INTERNAL_REUSE_FILTER_TEXT_H_
#define FOVEA_FILTER_INTERNAL_REUSE_FILTER_TEXT_H_

#include <cstddef>
#include <cstdint>

namespace fovea::internal {

inline constexpr char kFirstLine1[] = "fovea reuse filter 1";
inline constexpr char kFirstLine2[] = "fovea reuse filter 2";
inline constexpr double kMostWeight =
    100;  // far beyond what any stream teaches
inline constexpr int64_t kMostSeen = 1'000'000'000;  // usual pictures

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_REUSE_FILTER_TEXT_H_
