// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/observation_book.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/box.h"

namespace fovea {
namespace {

// Boxes from this part of the threshold on may continue a track.
constexpr double kWeakPart = 0.5;

std::vector<Sighting> SeenIn(const Answer& answer, double least,
                             const Frame& frame) {
  std::vector<Sighting> seen;
  for (const Detection& box : answer.detections) {
    if (seen.size() == kMostSightings) break;
    if (static_cast<double>(box.score) < least) continue;
    seen.push_back(
        {box, Describe(frame, {box.left, box.top, box.right, box.bottom})});
  }
  return seen;
}

std::vector<Sighting> BestOf(const Answer& answer, double threshold) {
  if (answer.scores.empty()) return {};
  const auto best =
      std::max_element(answer.scores.begin(), answer.scores.end());
  if (static_cast<double>(*best) < threshold) return {};
  const auto label = static_cast<int>(best - answer.scores.begin());
  return {{{label, *best, 0, 0, 1, 1}, {}}};
}

TrackerOptions OptionsFor(const ModelDescription& model) {
  TrackerOptions options;
  const bool windows = TakesWindows(model.card.decoder);
  options.begin_score = windows ? 0 : static_cast<float>(model.card.threshold);
  return options;
}

}  // namespace

std::string LabelOf(const ModelDescription& model, int number) {
  const auto& labels = model.labels;
  const auto at = static_cast<size_t>(number);
  if (number < 0 || at >= labels.size() || !IsLabel(labels[at])) {
    return absl::StrCat("class ", number);
  }
  return labels[at];
}

int64_t LastInstantOf(const FrameTime& frame) {
  const int64_t longest = kObservationLimits.max_length_ns;
  const int64_t length =
      std::clamp<int64_t>(frame.end_ns - frame.time_ns - 1, 0, longest);
  return frame.time_ns + length;
}

FrameAnswer Observe(const ModelDescription& model, const Answer& answer,
                    const Frame& frame) {
  const double threshold = model.card.threshold;
  FrameAnswer observed{&model, IsDetector(model.card.decoder), {}};
  if (observed.has_boxes) {
    observed.seen = SeenIn(answer, kWeakPart * threshold, frame);
  } else if (model.card.decoder == DecoderKind::kClassifier) {
    observed.seen = BestOf(answer, threshold);
  }
  return observed;
}

FrameAnswer ObserveWindow(const ModelDescription& model, const Answer& answer) {
  return {&model, false, BestOf(answer, 0)};
}

ObservationBook::OfModel* ObservationBook::Find(const ModelDescription* model) {
  for (OfModel& known : models_) {
    if (known.model == model) return &known;
  }
  models_.push_back({model, Tracker(OptionsFor(*model)), 0, {}});
  return &models_.back();
}

void ObservationBook::Begin(const FrameAnswer& answer, const Detection& box,
                            int64_t number, Open* track) const {
  *track = Open();
  Observation& o = track->observation;
  o.stream = stream_;
  o.track = static_cast<uint64_t>(number);
  o.label = LabelOf(*answer.model, box.label);
  o.model = answer.model->id.digest;
}

// A track too long for one row goes on in another, and so does one whose clock
// was set back.
bool ObservationBook::IsFull(const Open& track, const FrameTime& frame) {
  const Observation& o = track.observation;
  return o.boxes.size() >= kObservationLimits.max_boxes ||
         frame.index - o.first_index >= kObservationLimits.max_frames ||
         LastInstantOf(frame) - o.start_ns > kObservationLimits.max_length_ns ||
         frame.time_ns < track.last_ns;
}

void ObservationBook::Grow(const Detection& box, bool has_box,
                           const FrameTime& frame, Open* track) {
  Observation& o = track->observation;
  if (track->scores == 0) {
    o.first_index = frame.index;
    o.start_ns = frame.time_ns;
  }
  track->last_ns = frame.time_ns;
  o.last_index = frame.index;
  o.end_ns = LastInstantOf(frame);
  const auto score = static_cast<double>(box.score);
  track->score_sum += score;
  ++track->scores;
  o.mean_score =
      ToObservedScore(track->score_sum / static_cast<double>(track->scores));
  o.max_score = std::max(o.max_score, ToObservedScore(score));
  if (has_box) {
    o.boxes.push_back(ToObservedBox(frame.index, frame.time_ns, box.left,
                                    box.top, box.right, box.bottom, score));
  }
  track->changed = true;
}

void ObservationBook::Add(const FrameAnswer& answer, int64_t first_track,
                          const FrameTime& frame) {
  OfModel* of_model = Find(answer.model);
  const int64_t look = of_model->looks++;
  const std::vector<int64_t> linked =
      of_model->tracker.Link(answer.seen, frame.time_ns, first_track);
  for (size_t i = 0; i < linked.size(); ++i) {
    if (linked[i] == kNoTrack) continue;
    const Detection& box = answer.seen[i].box;
    Open& track = of_model->tracks[linked[i]];
    const bool goes_on = track.scores > 0 &&
                         look - track.last_look <= kMostHeldLooks + 1 &&
                         !IsFull(track, frame);
    if (!goes_on) {
      if (track.scores > 0 && track.changed) {
        ended_.push_back(std::move(track.observation));
      }
      Begin(answer, box, linked[i], &track);
    }
    track.last_look = look;
    Grow(box, answer.has_boxes, frame, &track);
  }
  for (const int64_t number : of_model->tracker.ended()) End(number, of_model);
}

void ObservationBook::HoldOn(const ModelDescription* model,
                             const FrameTime& frame) {
  OfModel* of_model = Find(model);
  for (auto& [number, track] : of_model->tracks) {
    const bool seen_last = track.last_look + 1 == of_model->looks;
    if (!seen_last || IsFull(track, frame)) continue;
    track.last_ns = frame.time_ns;
    track.observation.last_index = frame.index;
    track.observation.end_ns = LastInstantOf(frame);
    track.changed = true;
  }
}

void ObservationBook::End(int64_t number, OfModel* of_model) {
  const auto found = of_model->tracks.find(number);
  if (found == of_model->tracks.end()) return;
  if (found->second.changed) {
    ended_.push_back(std::move(found->second.observation));
  }
  of_model->tracks.erase(found);
}

void ObservationBook::EndAll() {
  for (OfModel& of_model : models_) {
    of_model.tracker.Reset();
    while (!of_model.tracks.empty()) {
      End(of_model.tracks.begin()->first, &of_model);
    }
  }
}

std::vector<Observation> ObservationBook::TakeChanged() {
  std::vector<Observation> changed = std::exchange(ended_, {});
  for (OfModel& of_model : models_) {
    for (auto& [number, track] : of_model.tracks) {
      if (!track.changed) continue;
      changed.push_back(track.observation);
      track.changed = false;
    }
  }
  return changed;
}

}  // namespace fovea
