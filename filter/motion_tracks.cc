// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/motion_tracks.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr int kMacroblock = 16;
constexpr size_t kMostTracks = 256;
// Weights of what is new: of a centre, whose blob's edges jump by whole
// macroblocks, and of a speed.
constexpr double kCentreWeight = 0.5;
constexpr double kSpeedWeight = 0.2;
constexpr double kMostStepS = 1;
constexpr double kMostPauseS = 10;

double Area(const MotionBox& box) {
  return static_cast<double>(std::max(0, box.right - box.left)) *
         std::max(0, box.bottom - box.top);
}

MotionBox Common(const MotionBox& a, const MotionBox& b) {
  return {std::max(a.left, b.left), std::max(a.top, b.top),
          std::min(a.right, b.right), std::min(a.bottom, b.bottom)};
}

MotionBox Around(const MotionBox& a, const MotionBox& b) {
  return {std::min(a.left, b.left), std::min(a.top, b.top),
          std::max(a.right, b.right), std::max(a.bottom, b.bottom)};
}

MotionBox Grown(const MotionBox& box, int by) {
  return {box.left - by, box.top - by, box.right + by, box.bottom + by};
}

double CentreX(const MotionBox& box) { return 0.5 * (box.left + box.right); }
double CentreY(const MotionBox& box) { return 0.5 * (box.top + box.bottom); }

double Seconds(int64_t from_ns, int64_t to_ns) {
  return (static_cast<double>(to_ns) - static_cast<double>(from_ns)) * 1e-9;
}

struct Pair {
  double overlap;
  size_t track, blob;
};

}  // namespace

std::string DescribeOptions(const MotionTrackOptions& o) {
  return absl::StrCat("tracks ", o.least_overlap, " ", o.least_piece, " ",
                      o.confirm_frames, " ", o.confirm_s, " ", o.confirm_travel,
                      " ", o.coast_s, " ", o.standing_share, " ", o.standing_s);
}

struct MotionTracks::Claim {
  bool any = false;
  MotionBox box;
  float strength = 0;

  void Add(const MotionBlob& blob) {
    box = any ? Around(box, blob.box) : blob.box;
    strength = std::max(strength, blob.strength);
    any = true;
  }
};

MotionBox MotionTracks::Expected(const Track& track, int64_t time_ns) const {
  const double after_s =
      std::clamp(Seconds(track.seen_ns, time_ns), 0.0, options_.coast_s);
  const auto dx = static_cast<int>(std::lround(track.vx * after_s));
  const auto dy = static_cast<int>(std::lround(track.vy * after_s));
  return {track.box.left + dx, track.box.top + dy, track.box.right + dx,
          track.box.bottom + dy};
}

// Best overlaps first: one blob to each track, then pieces to those that
// hold them.
std::vector<MotionTracks::Claim> MotionTracks::Assign(
    const MotionPicture& picture, int64_t time_ns,
    std::vector<bool>* taken) const {
  std::vector<Pair> pairs, pieces;
  for (size_t t = 0; t < tracks_.size(); ++t) {
    const MotionBox expected = Expected(tracks_[t], time_ns);
    const MotionBox near = Grown(expected, kMacroblock);
    for (size_t b = 0; b < picture.blobs.size(); ++b) {
      const MotionBox& blob = picture.blobs[b].box;
      const double overlap =
          Area(Common(near, blob)) / std::min(Area(near), Area(blob));
      const double piece = Area(Common(expected, blob)) / Area(blob);
      if (overlap >= options_.least_overlap) pairs.push_back({overlap, t, b});
      if (piece >= options_.least_piece) pieces.push_back({piece, t, b});
    }
  }
  std::vector<Claim> claims(tracks_.size());
  const auto falling = [](const Pair& a, const Pair& b) {
    return a.overlap > b.overlap;
  };
  std::stable_sort(pairs.begin(), pairs.end(), falling);
  std::stable_sort(pieces.begin(), pieces.end(), falling);
  for (const Pair& p : pairs) {
    if (claims[p.track].any || (*taken)[p.blob]) continue;
    claims[p.track].Add(picture.blobs[p.blob]);
    (*taken)[p.blob] = true;
  }
  for (const Pair& p : pieces) {
    if ((*taken)[p.blob]) continue;
    claims[p.track].Add(picture.blobs[p.blob]);
    (*taken)[p.blob] = true;
  }
  return claims;
}

void MotionTracks::Move(const Claim& claim, int64_t time_ns,
                        Track* track) const {
  const double step_s = Seconds(track->seen_ns, time_ns);
  const double x = track->x + kCentreWeight * (CentreX(claim.box) - track->x);
  const double y = track->y + kCentreWeight * (CentreY(claim.box) - track->y);
  if (step_s > 0 && step_s < kMostStepS) {
    track->vx += kSpeedWeight * ((x - track->x) / step_s - track->vx);
    track->vy += kSpeedWeight * ((y - track->y) / step_s - track->vy);
  }
  track->x = x;
  track->y = y;
  track->box = claim.box;
  track->seen_ns = track->there_ns = time_ns;
  ++track->frames;
  track->confirmed |= track->frames >= options_.confirm_frames &&
                      Seconds(track->first_ns, time_ns) >= options_.confirm_s &&
                      std::hypot(x - track->from_x, y - track->from_y) >=
                          options_.confirm_travel;
}

bool MotionTracks::Stands(const MotionBlobs& blobs, const Track& track,
                          int64_t time_ns) const {
  return track.confirmed && !blobs.TouchesBorder(track.box) &&
         Seconds(track.seen_ns, time_ns) <= options_.standing_s &&
         blobs.Changed(track.box) - blobs.ChangedEverywhere() >=
             options_.standing_share;
}

bool MotionTracks::IsOver(const Track& track, int64_t time_ns) const {
  const double most = track.confirmed ? options_.coast_s : options_.confirm_s;
  return track.missed > 1 && Seconds(track.there_ns, time_ns) > most;
}

template <typename Over>
void MotionTracks::EndThose(Over over, std::vector<uint64_t>* ended) {
  std::erase_if(tracks_, [&](const Track& track) {
    if (!over(track)) return false;
    ended->push_back(track.number);
    return true;
  });
}

MotionTracks::Track MotionTracks::Begin(const MotionBlob& blob,
                                        int64_t time_ns) {
  Track track;
  track.number = next_++;
  track.box = blob.box;
  track.x = track.from_x = CentreX(blob.box);
  track.y = track.from_y = CentreY(blob.box);
  track.first_ns = track.seen_ns = track.there_ns = time_ns;
  track.frames = 1;
  return track;
}

TrackedPicture MotionTracks::Link(const MotionBlobs& blobs,
                                  const MotionPicture& picture,
                                  int64_t time_ns) {
  TrackedPicture out;
  if (picture.camera_moves) {
    out.ended = EndAll();
    return out;
  }
  // A clock that was set, or a long pause: nothing is known of between.
  EndThose(
      [&](const Track& track) {
        const double gone_s = Seconds(track.there_ns, time_ns);
        return gone_s < 0 || gone_s > kMostPauseS;
      },
      &out.ended);
  std::vector<bool> taken(picture.blobs.size());
  const std::vector<Claim> claims = Assign(picture, time_ns, &taken);
  for (size_t t = 0; t < tracks_.size(); ++t) {
    Track& track = tracks_[t];
    if (claims[t].any) {
      Move(claims[t], time_ns, &track);
    } else if (Stands(blobs, track, time_ns)) {
      track.there_ns = time_ns;
    } else {
      ++track.missed;
      continue;
    }
    track.missed = 0;
    out.tracks.push_back(
        {track.number, track.box, claims[t].strength, track.confirmed});
  }
  EndThose([&](const Track& track) { return IsOver(track, time_ns); },
           &out.ended);
  for (size_t b = 0; b < picture.blobs.size(); ++b) {
    if (taken[b] || tracks_.size() >= kMostTracks) continue;
    const MotionBlob& blob = picture.blobs[b];
    tracks_.push_back(Begin(blob, time_ns));
    out.tracks.push_back(
        {tracks_.back().number, blob.box, blob.strength, false});
  }
  return out;
}

std::vector<uint64_t> MotionTracks::EndAll() {
  std::vector<uint64_t> ended;
  for (const Track& track : tracks_) ended.push_back(track.number);
  tracks_.clear();
  return ended;
}

}  // namespace fovea
