// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blobs of successive pictures, linked over time: one track is one object
// that moves, until it leaves, or stands so long that it belongs to the
// background.

#ifndef FOVEA_FILTER_MOTION_TRACKS_H_
#define FOVEA_FILTER_MOTION_TRACKS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "filter/motion_blobs.h"

namespace fovea {

struct MotionTrackOptions {
  // A blob belongs to a track when it shares so much of its own area, or of
  // the track's, with where the track should be by now, grown by a
  // macroblock.
  double least_overlap = 0.3;
  // A further blob does when so much of it lies there: an object in pieces.
  double least_piece = 0.6;
  // A track is told of once it has been seen in so many frames, over so
  // long, and its centre has moved so far from where it began.
  int confirm_frames = 3;
  double confirm_s = 0.15;
  double confirm_travel = 8;  // pixels
  // Without a blob it goes on for one frame, for so long, or, for longer,
  // while so much more of its place than of the picture looks changed
  // (MotionBlobs::Changed()). Not at the border: what was seen last there
  // has left.
  double coast_s = 0.5;
  double standing_share = 0.4;
  double standing_s = 3;
};

// One text for one behaviour, as of MotionBlobOptions.
std::string DescribeOptions(const MotionTrackOptions& options);

// A track in one picture.
struct TrackedMotion {
  uint64_t track = 0;  // counted from 0
  MotionBox box;
  float strength = 0;      // of its blobs; 0 where it stands
  bool confirmed = false;  // once true, stays so
};

struct TrackedPicture {
  std::vector<TrackedMotion> tracks;  // by rising number
  // Tracks that this picture shows to be over, confirmed or not. Their last
  // box came in an earlier picture.
  std::vector<uint64_t> ended;
};

// Follows one stream. Not thread-safe. Deterministic.
class MotionTracks {
 public:
  explicit MotionTracks(const MotionTrackOptions& options = {})
      : options_(options) {}

  // What `blobs` measured last, of the frame shown at `time_ns`. All tracks
  // end when the camera moves.
  TrackedPicture Link(const MotionBlobs& blobs, const MotionPicture& picture,
                      int64_t time_ns);

  // Ends all of them: before a gap, and at the stream's end.
  std::vector<uint64_t> EndAll();

 private:
  struct Track {
    uint64_t number = 0;
    MotionBox box;          // where it was seen last
    double x = 0, y = 0;    // smoothed centre
    double vx = 0, vy = 0;  // pixels a second
    double from_x = 0, from_y = 0;
    int64_t first_ns = 0;
    int64_t seen_ns = 0;   // moving
    int64_t there_ns = 0;  // moving or standing
    int frames = 0;
    int missed = 0;  // frames since it was there
    bool confirmed = false;
  };
  struct Claim;  // blobs given to a track

  MotionBox Expected(const Track& track, int64_t time_ns) const;
  std::vector<Claim> Assign(const MotionPicture& picture, int64_t time_ns,
                            std::vector<bool>* taken) const;
  void Move(const Claim& claim, int64_t time_ns, Track* track) const;
  bool Stands(const MotionBlobs& blobs, const Track& track,
              int64_t time_ns) const;
  bool IsOver(const Track& track, int64_t time_ns) const;
  // Moves the numbers of tracks that are over to `ended`.
  template <typename Over>
  void EndThose(Over over, std::vector<uint64_t>* ended);
  Track Begin(const MotionBlob& blob, int64_t time_ns);

  const MotionTrackOptions options_;
  std::vector<Track> tracks_;
  uint64_t next_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_MOTION_TRACKS_H_
