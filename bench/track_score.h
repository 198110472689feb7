// SPDX-License-Identifier: GPL-2.0-or-later
//
// How well tracks keep to the things they follow, by the measures trackers
// are compared with.

#ifndef FOVEA_BENCH_TRACK_SCORE_H_
#define FOVEA_BENCH_TRACK_SCORE_H_

#include <cstdint>
#include <map>
#include <utility>

namespace fovea::bench {

// Not thread-safe.
class TrackScore {
 public:
  // Things of one recording are told apart by number; a new one begins.
  void NextRecording() { ++recording_; }

  // A thing was there to be seen.
  void AddThere(int thing) { ++there_[{recording_, thing}]; }
  // A box was put on `track`; `thing` -1: it was none.
  void AddLinked(int thing, int64_t track);

  // Times a thing's track was another one than the time before.
  int64_t switches() const { return switches_; }
  int64_t tracks() const { return static_cast<int64_t>(boxes_.size()); }
  int64_t things() const { return static_cast<int64_t>(there_.size()); }
  // Tracks that a thing is spread over, beyond its first.
  int64_t fragments() const;
  // Identity F1 (Ristani et al., 2016): each thing is given the one track
  // that all together then share most boxes with.
  double idf1() const;

 private:
  using Key = std::pair<int, int64_t>;  // of one recording

  int recording_ = 0;
  std::map<Key, int64_t> there_;  // looks a thing was to be seen in
  std::map<Key, int64_t> boxes_;  // of a track
  std::map<std::pair<Key, Key>, int64_t> shared_;
  std::map<Key, int64_t> last_track_;
  int64_t switches_ = 0;
};

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_TRACK_SCORE_H_
