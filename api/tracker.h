// SPDX-License-Identifier: GPL-2.0-or-later
//
// Detections of successive looks at a camera, linked to tracks by overlap.

#ifndef FOVEA_API_TRACKER_H_
#define FOVEA_API_TRACKER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "sensitivity/decoder.h"

namespace fovea {

struct TrackerOptions {
  // Least intersection over union of a box and the last one of its track.
  float min_overlap = 0.2F;
  // Looks a track may miss before it ends.
  int max_missed = 2;
};

// Not thread-safe. Deterministic: pairs are linked by falling overlap, equal
// ones in the order of tracks, then detections.
class Tracker {
 public:
  // Track numbers are given from `first_track` on.
  Tracker(const TrackerOptions& options, int64_t first_track)
      : options_(options), next_track_(first_track) {}

  // The track of each detection of one look, in their order. Only boxes of
  // one label are linked.
  std::vector<int64_t> Link(std::span<const Detection> detections);

  // Tracks that have not ended.
  std::vector<int64_t> open() const;

 private:
  struct Track {
    int64_t id;
    Detection last;
    int missed = 0;
  };

  const TrackerOptions options_;
  int64_t next_track_;
  std::vector<Track> tracks_;
};

}  // namespace fovea

#endif  // FOVEA_API_TRACKER_H_
