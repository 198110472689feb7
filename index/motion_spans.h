// SPDX-License-Identifier: GPL-2.0-or-later
//
// When something moves in a camera stream, from catalogue rows alone: no
// chunk is read, nothing decoded. What asks dearer questions asks them there
// only. docs/MOTION.md says how often it is right.

#ifndef FOVEA_INDEX_MOTION_SPANS_H_
#define FOVEA_INDEX_MOTION_SPANS_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "index/timeline.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

// Label of observations made from motion, one per thing that moves. Their
// scores are strengths: how much changes, over how much of the picture
// (filter/motion_blobs.h).
inline constexpr std::string_view kMotionLabel = "motion";

// Part of a picture of width x height pixels; right and bottom exclusive.
struct MotionArea {
  int left = 0, top = 0, right = 0, bottom = 0;
  int width = 0, height = 0;
};

struct MovingSpanOptions {
  // Of an observation's strongest moment, 0 to 1. Higher leaves out what is
  // small or faint.
  double least_strength = 0.1;
  // What moves there at some time; none: anywhere.
  std::optional<MotionArea> area = {};
  // Spans begin so much earlier and end so much later: an object is in sight
  // a little before it is seen to move.
  int64_t margin_ns = 200'000'000;
  // Where no motion was looked for at ingest (footage of earlier releases,
  // `ingest --no-motion`): guess it from the sizes of pictures against what
  // they usually are. Leaves little out and, at times, what moves: without
  // this, anything may move there.
  bool guess = false;
};

// What told whether anything moves in the frames of a window.
struct MotionSources {
  uint64_t noted = 0;         // looked at at ingest, with a still camera
  uint64_t camera_moves = 0;  // the same, but all of it may move
  uint64_t sizes = 0;         // guessed from the sizes of pictures
  uint64_t unknown = 0;       // nothing did: anything may move
  friend bool operator==(const MotionSources&, const MotionSources&) = default;
};

// When, in `window`, something moves. Where motion was looked for at ingest
// that is while there is a `motion` observation, and all times at which the
// camera moved; elsewhere always, or when it is guessed (after PacketGame,
// SIGCOMM 2023), whatever the area. Counts frames into `sources` (may be
// null). kDataLoss, naming the row, where one is damaged.
absl::StatusOr<Timeline> MovingSpans(StoreReader* store, StreamId stream,
                                     TimeSpan window,
                                     const MovingSpanOptions& options = {},
                                     MotionSources* sources = nullptr);

}  // namespace fovea

#endif  // FOVEA_INDEX_MOTION_SPANS_H_
