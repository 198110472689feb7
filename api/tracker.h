// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boxes of successive looks at a camera, linked to tracks: by how well they
// overlap where a track is expected, and by what they look like.
//
// In three rounds. Sure boxes go to tracks they overlap; weak ones, which a
// detector gives where something is half hidden, may continue a track that
// is left but begin none (ByteTrack, Zhang et al., 2022); what is left of
// the sure ones goes to tracks within reach that look the same: those seen
// but once, whose velocity nobody knows, and those that were out of sight.
// Each round is assigned as a whole: what greedy choices part stays linked.
// bench/tracker_bench.cc has it beside greedy overlap with the last box.

#ifndef FOVEA_API_TRACKER_H_
#define FOVEA_API_TRACKER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "api/appearance.h"
#include "api/box_motion.h"
#include "sensitivity/detection.h"

namespace fovea {

struct TrackerOptions {
  // A box begins a track from this score on; one below continues one.
  float begin_score = 0.5F;
  // Least intersection over union of a box and the one expected; of a weak
  // box.
  float min_overlap = 0.05F;
  float min_weak_overlap = 0.4F;
  // What sameness of looks counts beside a full overlap, and the least
  // sameness by which a track is found again.
  float appearance_weight = 1;
  float max_difference = 0.45F;
  // How long a track may be out of sight, and for how many looks where they
  // are far apart. Longer: more is found again, more of it wrongly.
  int64_t max_gap_ns = 3'000'000'000;
  int max_missed = 2;
  // Those longest out of sight end first.
  size_t max_open = 512;
};

// Boxes of one look that are linked, the best.
inline constexpr size_t kMostSightings = 512;

inline constexpr int64_t kNoTrack = -1;

// A box and what is in it.
struct Sighting {
  Detection box;
  Appearance appearance;
};

// Not thread-safe. Deterministic.
class Tracker {
 public:
  explicit Tracker(const TrackerOptions& options) : options_(options) {}

  // The track of each box of one look, in their order; kNoTrack: it is weak
  // and continues none, it is empty or not finite, or there were
  // kMostSightings before it. Only boxes of one label are linked. Tracks that
  // begin are numbered from `first_new` on.
  std::vector<int64_t> Link(std::span<const Sighting> seen, int64_t time_ns,
                            int64_t first_new);

  // Those that ended with the last look.
  const std::vector<int64_t>& ended() const { return ended_; }

  // Ends all tracks: what comes next is elsewhere, or much later.
  void Reset() { tracks_.clear(); }

 private:
  struct Track {
    int64_t id;
    int label;
    BoxMotion motion;
    Appearance appearance;
    int64_t last_ns;
    int missed = 0;
    Box expected = {};  // at the look under way
    bool seen = true;   // in it
  };
  struct Look;  // the one under way

  float Overlapping(const Track& track, const Sighting& sighting,
                    float least) const;
  float FoundAgain(const Track& track, const Sighting& sighting,
                   int64_t time_ns) const;
  template <typename Worth>
  void Round(Look* look, bool weak, const Worth& worth);
  void See(const Sighting& sighting, int64_t time_ns, Track* track) const;
  void EndTracks(int64_t time_ns);
  void BeginTracks(Look* look, int64_t first_new);

  const TrackerOptions options_;
  std::vector<Track> tracks_;
  std::vector<int64_t> ended_;
};

}  // namespace fovea

#endif  // FOVEA_API_TRACKER_H_
