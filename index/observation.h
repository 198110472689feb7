// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a model saw in a stream: one track of one label, with its boxes.
// Rows of the catalogue hold one or many (index/observation_pack.h).

#ifndef FOVEA_INDEX_OBSERVATION_H_
#define FOVEA_INDEX_OBSERVATION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "store/derived_rows.h"

namespace fovea {

// A track beyond these goes on in a further observation of the same track
// number, which starts later.
struct ObservationLimits {
  size_t max_boxes = 4096;
  uint64_t max_frames = 1U << 20;  // from first to last index
  // Bounds how far back those begin that hold at a given time.
  int64_t max_length_ns = 3'600'000'000'000;
  int32_t max_edge = 1 << 20;  // eighths of a pixel, either way
  size_t max_attributes = 16;
  size_t max_attribute_name_bytes = 64;
  size_t max_attribute_value_bytes = 256;
};
inline constexpr ObservationLimits kObservationLimits;

// Edges in eighths of a pixel of the true picture, as codec/box.h has them
// in pixels; may reach outside it. A box holds from its time until that of
// the next one, the last box until the observation ends.
struct ObservedBox {
  uint64_t index = 0;   // of the frame
  int64_t time_ns = 0;  // when the frame is shown
  int32_t left = 0, top = 0, right = 0, bottom = 0;
  uint8_t score = 0;  // 255: 1
  friend bool operator==(const ObservedBox&, const ObservedBox&) = default;
};

// From pixels and a score of 0 to 1, rounded to what a row can hold and kept
// within its limits; NaN becomes 0.
ObservedBox ToObservedBox(uint64_t index, int64_t time_ns, double left,
                          double top, double right, double bottom,
                          double score);
// From 0 to 1, as above: 65535 is 1.
uint16_t ToObservedScore(double score);

// Holds over [start_ns, end_ns + 1). Stream, label, start and track tell it
// from all others.
struct Observation {
  StreamId stream = 0;
  std::string label;         // IsLabel()
  uint64_t track = 0;        // within stream and label
  int64_t start_ns = 0;      // above INT64_MIN
  int64_t end_ns = 0;        // of the last frame; not below start_ns
  uint64_t first_index = 0;  // frames, or samples of other streams
  uint64_t last_index = 0;   // inclusive
  ModelKey model = {};       // whose answer it is
  uint16_t mean_score = 0;   // 65535: 1; both 0: unknown
  uint16_t max_score = 0;
  struct Attribute {
    std::string name;
    std::string value;
    friend bool operator==(const Attribute&, const Attribute&) = default;
  };
  std::vector<Attribute> attributes;
  // By rising index, first_index to last_index, at times from start_ns to
  // end_ns that never fall; frames may lack one. May be empty: something
  // heard, or true of a whole picture.
  std::vector<ObservedBox> boxes;
  friend bool operator==(const Observation&, const Observation&) = default;
};

// kInvalidArgument names what no row can hold.
absl::Status CheckObservation(const Observation& observation);

// Of the row it has where no others share it (ObservationKey()); sorts as
// observations are listed: by stream, label, start and track.
std::string KeyOf(const Observation& observation);

// True when it holds at some time of [from_ns, to_ns).
inline bool HoldsWithin(int64_t start_ns, int64_t end_ns, int64_t from_ns,
                        int64_t to_ns) {
  return start_ns < to_ns && end_ns >= from_ns;
}

}  // namespace fovea

#endif  // FOVEA_INDEX_OBSERVATION_H_
