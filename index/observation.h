// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a model saw in a stream: one track of one label, with its boxes, as
// one row of the catalogue. store/FORMAT.md draws it.

#ifndef FOVEA_INDEX_OBSERVATION_H_
#define FOVEA_INDEX_OBSERVATION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/derived_rows.h"

namespace fovea {

// A track beyond these goes on in a further observation of the same track
// number, which starts later.
struct ObservationLimits {
  size_t max_boxes = 4096;
  uint64_t max_frames = 1U << 20;  // from first to last index
  // Bounds how far back rows begin that touch a given time.
  int64_t max_length_ns = 3'600'000'000'000;
  int32_t max_edge = 1 << 20;  // eighths of a pixel, either way
  size_t max_attributes = 16;
  size_t max_attribute_name_bytes = 64;
  size_t max_attribute_value_bytes = 256;
};
inline constexpr ObservationLimits kObservationLimits;

// Edges in eighths of a pixel of the true picture, as codec/box.h has them
// in pixels; may reach outside it.
struct ObservedBox {
  uint64_t index = 0;  // of the frame
  int32_t left = 0, top = 0, right = 0, bottom = 0;
  uint8_t score = 0;  // 255: 1
  friend bool operator==(const ObservedBox&, const ObservedBox&) = default;
};

// From pixels and a score of 0 to 1, rounded to what a row can hold and kept
// within its limits; NaN becomes 0.
ObservedBox ToObservedBox(uint64_t index, double left, double top, double right,
                          double bottom, double score);
// From 0 to 1, as above: 65535 is 1.
uint16_t ToObservedScore(double score);

struct Observation {
  StreamId stream = 0;
  std::string label;   // IsLabel()
  uint64_t track = 0;  // within stream and label
  int64_t start_ns = 0;
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
  // By rising index, first_index to last_index; frames may lack one. May be
  // empty: something heard, or true of a whole picture.
  std::vector<ObservedBox> boxes;
  friend bool operator==(const Observation&, const Observation&) = default;
};

// kInvalidArgument names what no row can hold.
absl::Status CheckObservation(const Observation& observation);

std::string KeyOf(const Observation& observation);

// What stands behind the head of a sem row. Requires CheckObservation().
std::string EncodeObservation(const Observation& observation);

// The observation of a sem row. kDataLoss; kFailedPrecondition: written by
// another release.
absl::StatusOr<Observation> DecodeObservation(std::string_view key,
                                              std::string_view value);

}  // namespace fovea

#endif  // FOVEA_INDEX_OBSERVATION_H_
