// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/tracker.h"

#include <algorithm>
#include <cstddef>

#include "sensitivity/detection.h"

namespace fovea {
namespace {

constexpr int64_t kNoTrack = -1;

struct Pair {
  float overlap;
  size_t track, detection;
};

}  // namespace

std::vector<int64_t> Tracker::Link(std::span<const Detection> detections) {
  std::vector<Pair> pairs;
  for (size_t t = 0; t < tracks_.size(); ++t) {
    for (size_t d = 0; d < detections.size(); ++d) {
      if (tracks_[t].last.label != detections[d].label) continue;
      const float overlap = Overlap(tracks_[t].last, detections[d]);
      if (overlap >= options_.min_overlap) pairs.push_back({overlap, t, d});
    }
  }
  std::stable_sort(
      pairs.begin(), pairs.end(),
      [](const Pair& a, const Pair& b) { return a.overlap > b.overlap; });
  std::vector<int64_t> linked(detections.size(), kNoTrack);
  std::vector<bool> seen(tracks_.size(), false);
  for (const Pair& pair : pairs) {
    if (seen[pair.track] || linked[pair.detection] != kNoTrack) continue;
    seen[pair.track] = true;
    linked[pair.detection] = tracks_[pair.track].id;
    tracks_[pair.track].last = detections[pair.detection];
  }
  for (size_t t = 0; t < seen.size(); ++t) {
    tracks_[t].missed = seen[t] ? 0 : tracks_[t].missed + 1;
  }
  std::erase_if(tracks_, [&](const Track& track) {
    return track.missed > options_.max_missed;
  });
  for (size_t d = 0; d < detections.size(); ++d) {
    if (linked[d] != kNoTrack) continue;
    linked[d] = next_track_++;
    tracks_.push_back({linked[d], detections[d]});
  }
  return linked;
}

std::vector<int64_t> Tracker::open() const {
  std::vector<int64_t> ids;
  for (const Track& track : tracks_) ids.push_back(track.id);
  return ids;
}

}  // namespace fovea
