// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/observation_book.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

// Numbers of one model's tracks: models count apart, so that neither has to
// know of the other's.
constexpr uint64_t kTracksPerModel = uint64_t{1} << 40;

std::string LabelOf(const ModelDescription& model, int number) {
  const auto& labels = model.labels;
  const auto at = static_cast<size_t>(number);
  if (number < 0 || at >= labels.size() || !IsLabel(labels[at])) {
    return absl::StrCat("class ", number);
  }
  return labels[at];
}

// What of an answer is observed; `has_box` is false where it is true of the
// whole picture.
std::vector<Detection> Observed(const ModelDescription& model,
                                const Answer& answer, bool* has_box) {
  const double threshold = model.card.threshold;
  *has_box = IsDetector(model.card.decoder);
  std::vector<Detection> observed;
  if (*has_box) {
    for (const Detection& box : answer.detections) {
      if (static_cast<double>(box.score) >= threshold) observed.push_back(box);
    }
  } else if (model.card.decoder == DecoderKind::kClassifier &&
             !answer.scores.empty()) {
    const auto best =
        std::max_element(answer.scores.begin(), answer.scores.end());
    if (static_cast<double>(*best) >= threshold) {
      const auto label = static_cast<int>(best - answer.scores.begin());
      observed.push_back({label, *best, 0, 0, 1, 1});
    }
  }
  return observed;
}

// A track too long for one row goes on in another.
bool IsFull(const Observation& observation, uint64_t index, int64_t time_ns) {
  return observation.boxes.size() >= kObservationLimits.max_boxes ||
         index - observation.first_index >= kObservationLimits.max_frames ||
         time_ns - observation.start_ns > kObservationLimits.max_length_ns ||
         time_ns < observation.end_ns;
}

}  // namespace

ObservationBook::OfModel* ObservationBook::Find(const ModelDescription* model) {
  for (OfModel& known : models_) {
    if (known.model == model) return &known;
  }
  const uint64_t first = next_track_ + models_.size() * kTracksPerModel;
  models_.push_back(
      {model, Tracker(TrackerOptions(), static_cast<int64_t>(first)), {}});
  return &models_.back();
}

void ObservationBook::Grow(const Detection& box, bool has_box, uint64_t index,
                           int64_t time_ns, const std::string& label,
                           const ModelId& id, Open* track) {
  Observation& o = track->observation;
  if (track->scores > 0 && IsFull(o, index, time_ns)) {
    if (track->changed) ended_.push_back(o);
    const uint64_t number = o.track;
    *track = Open();
    track->observation.track = number;
  }
  if (track->scores == 0) {
    o.stream = stream_;
    o.label = label;
    o.model = id.digest;
    o.first_index = index;
    o.start_ns = time_ns;
  }
  o.last_index = index;
  o.end_ns = time_ns;
  const auto score = static_cast<double>(box.score);
  track->score_sum += score;
  ++track->scores;
  o.mean_score =
      ToObservedScore(track->score_sum / static_cast<double>(track->scores));
  o.max_score = std::max(o.max_score, ToObservedScore(score));
  if (has_box) {
    o.boxes.push_back(ToObservedBox(index, time_ns, box.left, box.top,
                                    box.right, box.bottom, score));
  }
  track->changed = true;
}

void ObservationBook::Add(const FrameAnswer& answer, uint64_t index,
                          int64_t time_ns) {
  bool has_box = false;
  const ModelDescription& model = *answer.model;
  const std::vector<Detection> observed =
      Observed(model, answer.answer, &has_box);
  OfModel* of_model = Find(&model);
  const std::vector<int64_t> linked = of_model->tracker.Link(observed);
  for (size_t i = 0; i < observed.size(); ++i) {
    Open& track = of_model->tracks[linked[i]];
    track.observation.track = static_cast<uint64_t>(linked[i]);
    Grow(observed[i], has_box, index, time_ns,
         LabelOf(model, observed[i].label), model.id, &track);
  }
  const std::vector<int64_t> open = of_model->tracker.open();
  std::erase_if(of_model->tracks, [&](auto& numbered) {
    const auto& [number, track] = numbered;
    if (std::find(open.begin(), open.end(), number) != open.end()) {
      return false;
    }
    if (track.changed) ended_.push_back(track.observation);
    return true;
  });
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
