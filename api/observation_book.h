// SPDX-License-Identifier: GPL-2.0-or-later
//
// What models say about the frames of one stream, linked to tracks: one
// observation per track, which grows until the track ends.

#ifndef FOVEA_API_OBSERVATION_BOOK_H_
#define FOVEA_API_OBSERVATION_BOOK_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "api/tracker.h"
#include "index/observation.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_description.h"

namespace fovea {

// A model's answer about a frame.
struct FrameAnswer {
  const ModelDescription* model = nullptr;
  Answer answer;
};

// Not thread-safe.
class ObservationBook {
 public:
  // Tracks are numbered from `first_track` on: above all the stream has.
  ObservationBook(StreamId stream, uint64_t first_track)
      : stream_(stream), next_track_(first_track) {}

  // Takes in what was said of frame `index`, shown at `time_ns`; frames come
  // by rising index. Detections from the card's threshold on become boxes;
  // a classifier's first class from there on is true of the whole picture.
  // Other answers are no observations.
  void Add(const FrameAnswer& answer, uint64_t index, int64_t time_ns);

  // Observations that are new or have grown since the last call.
  std::vector<Observation> TakeChanged();

 private:
  struct Open {
    Observation observation;
    double score_sum = 0;
    int64_t scores = 0;
    bool changed = true;
  };
  struct OfModel {
    const ModelDescription* model;
    Tracker tracker;
    std::map<int64_t, Open> tracks;
  };

  OfModel* Find(const ModelDescription* model);
  void Grow(const Detection& box, bool has_box, uint64_t index, int64_t time_ns,
            const std::string& label, const ModelId& id, Open* track);

  const StreamId stream_;
  uint64_t next_track_;
  std::vector<OfModel> models_;
  std::vector<Observation> ended_;  // and not yet taken
};

}  // namespace fovea

#endif  // FOVEA_API_OBSERVATION_BOOK_H_
