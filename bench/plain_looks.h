// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a model says about frames when it is asked about one after another,
// without a store: the truth that stored answers are held against.

#ifndef FOVEA_BENCH_PLAIN_LOOKS_H_
#define FOVEA_BENCH_PLAIN_LOOKS_H_

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/observation_book.h"
#include "api/store.h"
#include "codec/sample.h"
#include "index/observation.h"
#include "sensitivity/model.h"

namespace fovea::bench {

// A frame and all that was detected in it.
struct PlainLook {
  uint64_t index = 0;
  int64_t time_ns = 0;
  int64_t end_ns = 0;  // of the next one, or its own duration's
  std::vector<Detection> detections;
  FrameAnswer observed;
};

// Of each frame of a recording, straight from the file; its frames are those
// of a stream that was copied from it. The model outlives the looks.
absl::StatusOr<std::vector<PlainLook>> LookAtFile(const std::string& path,
                                                  Model* model);
// Of each frame of a stored camera, as it reads back.
absl::StatusOr<std::vector<PlainLook>> LookAtStream(Store* store,
                                                    const std::string& stream,
                                                    Model* model);

// Looks at frames whose index divides by `every`.
std::vector<PlainLook> EveryOf(const std::vector<PlainLook>& looks, int every);

// Linked to tracks, in memory.
std::vector<Observation> LinkedLooks(const std::vector<PlainLook>& looks,
                                     StreamId stream);

// A box of a frame as a store can hold it: edges in eighths of a pixel, a
// score of 255ths.
struct PlainBox {
  uint64_t index = 0;
  std::string label;
  int64_t left = 0, top = 0, right = 0, bottom = 0;
  int64_t score = 0;
  friend auto operator<=>(const PlainBox&, const PlainBox&) = default;
};

struct BoxComparison {
  int64_t compared = 0;            // detections from the threshold on
  std::vector<PlainBox> missing;   // of these, not stored
  std::vector<PlainBox> invented;  // stored, and never detected
};

// Whether the observations of a stream hold every detection of the looks from
// the card's threshold on, and no box that is not one: however they were
// linked. Weaker detections are stored where a track goes on with them.
BoxComparison CompareBoxes(const std::vector<PlainLook>& looks,
                           const Model& model,
                           const std::vector<Observation>& stored);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_PLAIN_LOOKS_H_
