// SPDX-License-Identifier: GPL-2.0-or-later
//
// A track's measured boxes as few runs of even motion, which is what a sem
// row keeps cheaply (store/FORMAT.md): straight lines, each as long as it
// stays near what was measured. The swinging door method (Bristol, 1990),
// with whole eighths of a pixel a frame as slopes.

#ifndef FOVEA_API_BOX_LINE_H_
#define FOVEA_API_BOX_LINE_H_

#include <array>
#include <cstdint>
#include <vector>

#include "index/observation.h"

namespace fovea {

// Not thread-safe; one per track.
class BoxLine {
 public:
  // Every edge stays within so many eighths of a pixel of every measured one,
  // and a box within so many more of the next: held until the next, it is off
  // by less than a macroblock (128), unless a thing moves faster than this a
  // frame.
  static constexpr int32_t kTolerance = 80;
  static constexpr int32_t kMostHeld = 40;

  // The next measured box, of a frame behind all before, shown no earlier.
  // Appends what is settled to `boxes`.
  void Add(const ObservedBox& box, std::vector<ObservedBox>* boxes);

  // The next frame, shown then, in which nothing was measured.
  void Skip(int64_t time_ns);

  // Appends the rest, up to the box measured last.
  void Finish(std::vector<ObservedBox>* boxes);

 private:
  using Edges = std::array<int32_t, 4>;
  struct Slopes {
    Edges least, most;  // eighths a frame
  };

  static Edges EdgesOf(const ObservedBox& box);
  bool Narrow(const ObservedBox& box);
  void Begin(const ObservedBox& box, std::vector<ObservedBox>* boxes);
  void NoteTime(const ObservedBox& box);

  bool begun_ = false;
  ObservedBox start_;  // told already
  ObservedBox last_;   // measured; start_ where nothing came after
  Slopes slopes_ = {};
  std::vector<int64_t> times_;    // of frames from start_ to last_
  std::vector<int64_t> skipped_;  // of frames behind last_
};

}  // namespace fovea

#endif  // FOVEA_API_BOX_LINE_H_
