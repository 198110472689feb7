// SPDX-License-Identifier: GPL-2.0-or-later
//
// What moves in a stream, as observations: one per track, which grows until
// the track ends. Label and model are the same everywhere, so that a query
// can name them.

#ifndef FOVEA_API_MOTION_BOOK_H_
#define FOVEA_API_MOTION_BOOK_H_

#include <cstdint>
#include <map>
#include <vector>

#include "api/box_line.h"
#include "filter/motion_tracks.h"
#include "index/motion_spans.h"
#include "index/observation.h"

namespace fovea {

// Whose answer such an observation is: SHA-256 of the method's name, version
// and parameters.
ModelKey MotionModel();

// Not thread-safe.
class MotionBook {
 public:
  // Tracks are numbered from `first_track` on (LookBook::FirstMotionTrack()).
  MotionBook(StreamId stream, uint64_t first_track)
      : stream_(stream), first_track_(first_track) {}

  // Takes in what moved in frame `index`, shown at `time_ns`; frames come by
  // rising index. Tracks that are never confirmed are no observations.
  void Add(const TrackedPicture& picture, uint64_t index, int64_t time_ns);

  // Ends all tracks: before a gap.
  void EndAll();

  // Observations that are new or have grown since the last call. Boxes lie
  // within a macroblock of what was measured (BoxLine).
  std::vector<Observation> TakeChanged();

 private:
  struct Open {
    Observation observation;
    BoxLine line;
    double strength_sum = 0;
    int64_t seen_moving = 0;
    bool confirmed = false;
    bool changed = false;
  };

  void Grow(const TrackedMotion& seen, uint64_t index, int64_t time_ns,
            Open* track);
  void Begin(uint64_t number, uint64_t index, int64_t time_ns,
             Open* track) const;
  // A track too long for one row goes on in another, from its last box on.
  void GoOn(Open* track);
  void End(uint64_t number);

  const StreamId stream_;
  const uint64_t first_track_;
  const ModelKey model_ = MotionModel();
  std::map<uint64_t, Open> tracks_;
  std::vector<Observation> ended_;  // and not yet taken
};

}  // namespace fovea

#endif  // FOVEA_API_MOTION_BOOK_H_
