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

#include "api/shown_frames.h"
#include "api/tracker.h"
#include "codec/sample.h"
#include "index/observation.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_description.h"

namespace fovea {

// Looks without a track's box during which its last box still holds.
inline constexpr int64_t kMostHeldLooks = 2;

// What class `number` is called: its line of the labels, or "class N".
std::string LabelOf(const ModelDescription& model, int number);

// The last instant at which a frame is shown; it may be the longest there is.
int64_t LastInstantOf(const FrameTime& frame);

// What of a model's answer about a frame may be observed.
struct FrameAnswer {
  const ModelDescription* model = nullptr;
  bool has_boxes = false;  // false: what it says is true of the whole picture
  std::vector<Sighting> seen;  // best first
};

// Detections from half the card's threshold on, at most kMostSightings, each
// with what it looks like in `frame`; of a classifier the first class from
// the threshold on. Of other answers nothing.
FrameAnswer Observe(const ModelDescription& model, const Answer& answer,
                    const Frame& frame);

// Of a model of windows: the likeliest class, however likely it is.
FrameAnswer ObserveWindow(const ModelDescription& model, const Answer& answer);

// Not thread-safe.
class ObservationBook {
 public:
  explicit ObservationBook(StreamId stream) : stream_(stream) {}

  // Takes in what was said of a frame; frames come by rising index. A track
  // holds until the last one that has it gives way to the next. Tracks that
  // begin are numbered from `first_track` on, at most kMostSightings
  // (LookBook::FirstTrack()). Boxes stand as the model gave them, to an eighth
  // of a pixel, at the frames it looked at; they may reach beyond the picture's
  // edges. A track begins with a box from the card's threshold on and goes on
  // with those below it (api/tracker.h). Where it was out of sight for more
  // than kMostHeldLooks, it goes on in another observation of its number: a box
  // holds until the next one.
  void Add(const FrameAnswer& answer, int64_t first_track,
           const FrameTime& frame);

  // What a model said last is true of this frame too, though it did not look:
  // the tracks it saw hold on, and no box is added.
  void HoldOn(const ModelDescription* model, const FrameTime& frame);

  // Ends the tracks of every model: what comes next does not follow on.
  void EndAll();

  // Observations that are new or have grown since the last call.
  std::vector<Observation> TakeChanged();

 private:
  struct Open {
    Observation observation;
    double score_sum = 0;
    int64_t scores = 0;
    int64_t last_look = 0;  // of the model's, in which it was seen
    int64_t last_ns = 0;    // the frame of that look
    bool changed = true;
  };
  struct OfModel {
    const ModelDescription* model;
    Tracker tracker;
    int64_t looks = 0;
    std::map<int64_t, Open> tracks;
  };

  OfModel* Find(const ModelDescription* model);
  void Begin(const FrameAnswer& answer, const Detection& box, int64_t number,
             Open* track) const;
  static bool IsFull(const Open& track, const FrameTime& frame);
  void Grow(const Detection& box, bool has_box, const FrameTime& frame,
            Open* track);
  void End(int64_t number, OfModel* of_model);

  const StreamId stream_;
  std::vector<OfModel> models_;
  std::vector<Observation> ended_;  // and not yet taken
};

}  // namespace fovea

#endif  // FOVEA_API_OBSERVATION_BOOK_H_
