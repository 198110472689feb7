// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/track_score.h"

#include <cstddef>
#include <vector>

#include "api/assignment.h"

namespace fovea::bench {

void TrackScore::AddLinked(int thing, int64_t track) {
  const Key of_track{recording_, track};
  ++boxes_[of_track];
  if (thing < 0) return;
  const Key of_thing{recording_, thing};
  ++shared_[{of_thing, of_track}];
  const auto [last, first_time] = last_track_.try_emplace(of_thing, track);
  if (!first_time && last->second != track) ++switches_;
  last->second = track;
}

int64_t TrackScore::fragments() const {
  std::map<Key, int64_t> tracks;
  for (const auto& [pair, boxes] : shared_) ++tracks[pair.first];
  int64_t fragments = 0;
  for (const auto& [thing, count] : tracks) fragments += count - 1;
  return fragments;
}

double TrackScore::idf1() const {
  std::map<Key, size_t> rows, columns;
  for (const auto& [thing, looks] : there_) rows.emplace(thing, rows.size());
  for (const auto& [track, boxes] : boxes_) {
    columns.emplace(track, columns.size());
  }
  std::vector<float> worth(rows.size() * columns.size(), 0);
  for (const auto& [pair, boxes] : shared_) {
    worth[rows[pair.first] * columns.size() + columns[pair.second]] =
        static_cast<float>(boxes);
  }
  const std::vector<size_t> best = Assign(worth, rows.size(), columns.size());
  double right = 0, all = 0;
  for (size_t row = 0; row < best.size(); ++row) {
    if (best[row] == kNotAssigned) continue;
    right += static_cast<double>(worth[row * columns.size() + best[row]]);
  }
  for (const auto& [thing, looks] : there_) all += static_cast<double>(looks);
  for (const auto& [track, boxes] : boxes_) all += static_cast<double>(boxes);
  return all > 0 ? 2 * right / all : 0;
}

}  // namespace fovea::bench
