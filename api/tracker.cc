// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/tracker.h"

#include <algorithm>
#include <cmath>

#include "api/assignment.h"

namespace fovea {
namespace {

// What a track's mean takes on from each sure sighting.
constexpr float kAppearanceShare = 0.2F;

// A track that was out of sight takes no box that looks so different, however
// well it overlaps where the track is guessed to be.
constexpr float kMostChanged = 0.6F;

// A thing found again is at most so much larger or smaller.
constexpr float kMostGrowth = 1.7F;
// ... and at most so many times its size away, whatever it may do.
constexpr float kFarthest = 4;

Box BoxOf(const Detection& d) { return {d.left, d.top, d.right, d.bottom}; }

float AreaOf(const Box& box) {
  return (box.right - box.left) * (box.bottom - box.top);
}

bool IsUsable(const Detection& d) {
  const float area = AreaOf(BoxOf(d));
  return d.left < d.right && d.top < d.bottom && std::isfinite(area) &&
         area > 0 && std::isfinite(d.left) && std::isfinite(d.top);
}

float Distance(const Box& a, const Box& b) {
  return std::hypot((a.left + a.right - b.left - b.right) / 2,
                    (a.top + a.bottom - b.top - b.bottom) / 2);
}

}  // namespace

struct Tracker::Look {
  std::span<const Sighting> seen;
  int64_t time_ns;
  std::vector<int64_t> linked;
};

float Tracker::Overlapping(const Track& track, const Sighting& sighting,
                           float least) const {
  const Box& e = track.expected;
  const Detection expected{track.label, 0, e.left, e.top, e.right, e.bottom};
  const float overlap = Overlap(expected, sighting.box);
  if (overlap < least) return 0;
  const float difference = Difference(track.appearance, sighting.appearance);
  if (track.missed > 0 && difference > kMostChanged) return 0;
  return overlap + options_.appearance_weight * (1 - difference);
}

float Tracker::FoundAgain(const Track& track, const Sighting& sighting,
                          int64_t time_ns) const {
  const Box box = BoxOf(sighting.box);
  const float size = std::sqrt(AreaOf(track.expected));
  const float reach = std::min(track.motion.Reach(time_ns), kFarthest * size);
  const float distance = Distance(track.expected, box);
  if (distance > reach) return 0;
  const float growth = std::sqrt(AreaOf(box)) / size;
  if (growth > kMostGrowth || growth * kMostGrowth < 1) return 0;
  const float difference = Difference(track.appearance, sighting.appearance);
  if (difference > options_.max_difference) return 0;
  return 2 - distance / reach - difference / options_.max_difference;
}

template <typename Worth>
void Tracker::Round(Look* look, bool weak, const Worth& worth) {
  std::vector<size_t> open, free;
  for (size_t t = 0; t < tracks_.size(); ++t) {
    if (!tracks_[t].seen) open.push_back(t);
  }
  for (size_t s = 0; s < look->seen.size(); ++s) {
    const Detection& box = look->seen[s].box;
    const bool is_weak = box.score < options_.begin_score;
    if (look->linked[s] != kNoTrack || is_weak != weak) continue;
    if (IsUsable(box)) free.push_back(s);
  }
  std::vector<float> worths(open.size() * free.size(), 0);
  for (size_t i = 0; i < open.size(); ++i) {
    const Track& track = tracks_[open[i]];
    for (size_t j = 0; j < free.size(); ++j) {
      const Sighting& sighting = look->seen[free[j]];
      if (track.label != sighting.box.label) continue;
      worths[i * free.size() + j] = worth(track, sighting);
    }
  }
  const std::vector<size_t> pairs = Assign(worths, open.size(), free.size());
  for (size_t i = 0; i < open.size(); ++i) {
    if (pairs[i] == kNotAssigned) continue;
    const size_t s = free[pairs[i]];
    Track& track = tracks_[open[i]];
    See(look->seen[s], look->time_ns, &track);
    look->linked[s] = track.id;
  }
}

void Tracker::See(const Sighting& sighting, int64_t time_ns,
                  Track* track) const {
  track->motion.See(BoxOf(sighting.box), time_ns);
  // What is half hidden would teach it the look of what hides it.
  if (sighting.box.score >= options_.begin_score) {
    Blend(sighting.appearance, kAppearanceShare, &track->appearance);
  }
  track->last_ns = std::max(track->last_ns, time_ns);
  track->missed = 0;
  track->seen = true;
}

void Tracker::EndTracks(int64_t time_ns) {
  const auto too_long = [&](const Track& track) {
    return track.missed > options_.max_missed &&
           static_cast<double>(time_ns) - static_cast<double>(track.last_ns) >
               static_cast<double>(options_.max_gap_ns);
  };
  for (Track& track : tracks_) track.missed += track.seen ? 0 : 1;
  for (const Track& track : tracks_) {
    if (too_long(track)) ended_.push_back(track.id);
  }
  std::erase_if(tracks_, too_long);
  while (tracks_.size() > options_.max_open) {
    const auto oldest = std::min_element(
        tracks_.begin(), tracks_.end(),
        [](const Track& a, const Track& b) { return a.last_ns < b.last_ns; });
    ended_.push_back(oldest->id);
    tracks_.erase(oldest);
  }
}

void Tracker::BeginTracks(Look* look, int64_t first_new) {
  for (size_t s = 0; s < look->seen.size(); ++s) {
    const Detection& box = look->seen[s].box;
    if (look->linked[s] != kNoTrack || box.score < options_.begin_score ||
        !IsUsable(box)) {
      continue;
    }
    look->linked[s] = first_new++;
    tracks_.push_back({look->linked[s], box.label,
                       BoxMotion(BoxOf(box), look->time_ns),
                       look->seen[s].appearance, look->time_ns});
  }
}

std::vector<int64_t> Tracker::Link(std::span<const Sighting> seen,
                                   int64_t time_ns, int64_t first_new) {
  ended_.clear();
  Look look{seen.first(std::min(seen.size(), kMostSightings)), time_ns,
            std::vector<int64_t>(seen.size(), kNoTrack)};
  for (Track& track : tracks_) {
    track.expected = track.motion.At(time_ns);
    track.seen = false;
  }
  Round(&look, false, [this](const Track& track, const Sighting& sighting) {
    return Overlapping(track, sighting, options_.min_overlap);
  });
  Round(&look, true, [this](const Track& track, const Sighting& sighting) {
    if (track.missed > options_.max_missed) return 0.0F;
    return Overlapping(track, sighting, options_.min_weak_overlap);
  });
  Round(&look, false, [&](const Track& track, const Sighting& sighting) {
    return FoundAgain(track, sighting, time_ns);
  });
  BeginTracks(&look, first_new);
  EndTracks(time_ns);
  return std::move(look.linked);
}

}  // namespace fovea
