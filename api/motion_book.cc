// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/motion_book.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "filter/motion_blobs.h"
#include "store/chunk_id.h"

namespace fovea {
namespace {

// A row is written anew with every GOP its track lives through: short rows
// keep that cheap. Boxes are those of some ten seconds.
constexpr size_t kMostRowBoxes = 256;
// A line that is finished adds fewer than this leaves.
constexpr size_t kHardMostBoxes =
    kObservationLimits.max_boxes - BoxLine::kTolerance - 1;

bool IsFull(const Observation& o, uint64_t index, int64_t time_ns) {
  return o.boxes.size() >= kHardMostBoxes ||
         index - o.first_index >= kObservationLimits.max_frames ||
         static_cast<uint64_t>(time_ns) - static_cast<uint64_t>(o.start_ns) >
             static_cast<uint64_t>(kObservationLimits.max_length_ns);
}

ObservedBox ToObserved(const TrackedMotion& seen, uint64_t index,
                       int64_t time_ns) {
  return ToObservedBox(index, time_ns, seen.box.left, seen.box.top,
                       seen.box.right, seen.box.bottom,
                       static_cast<double>(seen.strength));
}

}  // namespace

ModelKey MotionModel() {
  const std::string name =
      absl::StrCat("fovea motion/1 ", DescribeOptions(MotionBlobOptions()), " ",
                   DescribeOptions(MotionTrackOptions()));
  const auto* bytes = reinterpret_cast<const uint8_t*>(name.data());
  return ChunkId::Of({bytes, name.size()}).bytes;
}

void MotionBook::Add(const TrackedPicture& picture, uint64_t index,
                     int64_t time_ns) {
  for (const TrackedMotion& seen : picture.tracks) {
    Open& track = tracks_[seen.track];
    const Observation& o = track.observation;
    if (track.seen_moving == 0) {
      Begin(seen.track, index, time_ns, &track);
    } else if (time_ns < o.end_ns) {  // a clock set back
      End(seen.track);
      Begin(seen.track, index, time_ns, &tracks_[seen.track]);
    } else if (IsFull(o, index, time_ns)) {
      GoOn(&track);
    }
    Grow(seen, index, time_ns, &tracks_[seen.track]);
  }
  for (const uint64_t number : picture.ended) End(number);
  for (auto& [number, track] : tracks_) {
    if (track.observation.last_index != index) track.line.Skip(time_ns);
  }
}

void MotionBook::Begin(uint64_t number, uint64_t index, int64_t time_ns,
                       Open* track) const {
  Observation& o = track->observation;
  o.stream = stream_;
  o.label = std::string(kMotionLabel);
  o.track = first_track_ + number;
  o.model = model_;
  o.first_index = index;
  o.start_ns = time_ns;
}

void MotionBook::Grow(const TrackedMotion& seen, uint64_t index,
                      int64_t time_ns, Open* track) {
  Observation& o = track->observation;
  ObservedBox box = ToObserved(seen, index, time_ns);
  if (seen.strength > 0) {
    const auto strength = static_cast<double>(seen.strength);
    track->strength_sum += strength;
    ++track->seen_moving;
    o.mean_score = ToObservedScore(track->strength_sum /
                                   static_cast<double>(track->seen_moving));
    o.max_score = std::max(o.max_score, ToObservedScore(strength));
  } else if (!o.boxes.empty()) {
    box.score = o.boxes.back().score;  // it stands: as strong as it was
  }
  track->line.Add(box, &o.boxes);
  o.last_index = index;
  o.end_ns = time_ns;
  track->confirmed |= seen.confirmed;
  track->changed = true;
}

void MotionBook::GoOn(Open* track) {
  Observation& o = track->observation;
  track->line.Finish(&o.boxes);
  Observation rest = o;
  rest.boxes.assign(1, o.boxes.back());
  rest.first_index = o.last_index;
  rest.start_ns = o.end_ns;
  if (o.boxes.size() > 1) {
    o.boxes.pop_back();
    --o.last_index;
    o.end_ns = std::max(o.boxes.back().time_ns, o.end_ns - 1);
  }
  if (track->confirmed) ended_.push_back(std::move(o));
  o = std::move(rest);
}

void MotionBook::End(uint64_t number) {
  const auto found = tracks_.find(number);
  if (found == tracks_.end()) return;
  Open& track = found->second;
  if (track.confirmed && track.changed) {
    track.line.Finish(&track.observation.boxes);
    ended_.push_back(std::move(track.observation));
  }
  tracks_.erase(found);
}

void MotionBook::EndAll() {
  while (!tracks_.empty()) End(tracks_.begin()->first);
}

std::vector<Observation> MotionBook::TakeChanged() {
  for (auto& [number, track] : tracks_) {
    if (!track.confirmed || !track.changed) continue;
    track.line.Finish(&track.observation.boxes);
    if (track.observation.boxes.size() > kMostRowBoxes) GoOn(&track);
    ended_.push_back(track.observation);
    track.changed = false;
  }
  return std::exchange(ended_, {});
}

}  // namespace fovea
