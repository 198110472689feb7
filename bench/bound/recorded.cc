// SPDX-License-Identifier: GPL-2.0-or-later

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <unordered_map>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "bench/bound/source.h"
#include "bench/recording.h"
#include "bench/reuse/footage.h"
#include "bench/reuse/trace.h"
#include "codec/grid.h"

namespace fovea::bench::bound {
namespace {

using reuse::IsSame;
using reuse::Loss;
using reuse::Trace;

constexpr size_t kSplice = 1500;  // inputs of one clip between cuts

// A clip, small enough to keep all of them.
class Clip {
 public:
  std::string name;
  int columns = 0, rows = 0;
  std::vector<std::vector<uint8_t>> luma;  // means, by frame
  std::vector<Trace> traces;               // by model

  size_t size() const { return luma.size(); }
  // Measured once; all runs ask for the same.
  double Distance(size_t a, size_t b) {
    known_.resize(size() * size(), -1);
    float& distance = known_[a * size() + b];
    if (distance < 0) distance = Measure(a, b);
    return distance;
  }

 private:
  float Measure(size_t a, size_t b) const;
  std::vector<float> known_;
};

float Clip::Measure(size_t a, size_t b) const {
  const uint8_t* one = luma[a].data();
  const uint8_t* other = luma[b].data();
  int greatest = 0;
  for (int y = 0; y + 1 < rows; ++y) {
    for (int x = 0; x + 1 < columns; ++x) {
      const int at = y * columns + x;
      const int sum = std::abs(one[at] - other[at]) +
                      std::abs(one[at + 1] - other[at + 1]) +
                      std::abs(one[at + columns] - other[at + columns]) +
                      std::abs(one[at + columns + 1] - other[at + columns + 1]);
      greatest = std::max(greatest, sum);
    }
  }
  return static_cast<float>(greatest) / 4;
}

absl::StatusOr<std::shared_ptr<Clip>> LoadClip(
    const reuse::ClipName& name, const ClipPlace& place,
    const std::function<void(const std::string&)>& say) {
  auto clip = std::make_shared<Clip>();
  clip->name = name.name;
  for (const std::string& model : place.models) {
    auto trace = LoadTrace(name, model, place.data, place.traces, say);
    if (!trace.ok()) return trace.status();
    clip->traces.push_back(*std::move(trace));
  }
  constexpr size_t kMostFrames = 1U << 20;
  const auto recording =
      LoadRecording(place.data + "/" + name.path, kMostFrames);
  if (!recording.ok()) return recording.status();
  const Frame& first = recording->frames.front();
  auto meter = GridMeter::Create(first.width, first.height);
  if (!meter.ok()) return meter.status();
  for (const Frame& frame : recording->frames) {
    const auto grid = (*meter)->Measure(frame);
    if (!grid.ok()) return grid.status();
    clip->columns = (*grid)->columns;
    clip->rows = (*grid)->rows;
    clip->luma.push_back((*grid)->mean);
  }
  return clip;
}

// An input: a frame of one of the clips, asked of one of two models.
struct Place {
  size_t clip = 0, frame = 0, model = 0;
};

class Playlist : public Source {
 public:
  Playlist(std::vector<std::shared_ptr<Clip>> clips, Loss loss,
           std::vector<Place> places)
      : clips_(std::move(clips)), loss_(loss), places_(std::move(places)) {}

  size_t size() const override { return places_.size(); }

  double Risk(size_t at, size_t reference) const override {
    const Place &a = places_[at], &b = places_[reference];
    if (a.clip != b.clip) return std::numeric_limits<double>::infinity();
    return clips_[a.clip]->Distance(a.frame, b.frame);
  }

  bool IsWrong(size_t at, size_t reference) const override {
    const Place &a = places_[at], &b = places_[reference];
    const uint64_t key = Key(a) << 32 | Key(b);
    const auto known = known_.find(key);
    if (known != known_.end()) return known->second;
    const Trace& truth = TraceOf(a);
    const bool same = IsSame(truth.boxes(a.frame), TraceOf(b).boxes(b.frame),
                             loss_, truth.threshold);
    known_[key] = !same;
    return !same;
  }

 private:
  static uint64_t Key(const Place& place) {
    return place.frame << 8 | place.clip << 1 | place.model;
  }
  const Trace& TraceOf(const Place& place) const {
    return clips_[place.clip]->traces[place.model];
  }

  std::vector<std::shared_ptr<Clip>> clips_;
  Loss loss_;
  std::vector<Place> places_;
  mutable std::unordered_map<uint64_t, bool> known_;
};

// Forward and backward, from a frame of the seed's choice, `stretch` inputs
// of one clip after the other; from the middle on the other model, if any.
std::vector<Place> Play(const std::vector<std::shared_ptr<Clip>>& clips,
                        size_t inputs, size_t stretch, uint64_t seed,
                        bool two_models) {
  std::mt19937_64 dice(seed + 1);
  std::vector<Place> places;
  size_t clip = dice() % clips.size();
  while (places.size() < inputs) {
    const size_t frames = clips[clip]->size();
    const size_t turn = std::max<size_t>(1, 2 * (frames - 1));
    size_t at = dice() % turn;
    for (size_t i = 0; i < stretch && places.size() < inputs; ++i) {
      const size_t frame = at < frames ? at : turn - at;
      const bool late = places.size() >= inputs / 2;
      places.push_back({clip, frame, two_models && late ? size_t{1} : 0});
      at = (at + 1) % turn;
    }
    clip = (clip + 1) % clips.size();
  }
  return places;
}

Trial PlayTrial(const std::string& group, const std::string& name,
                const std::vector<std::shared_ptr<Clip>>& clips, Loss loss,
                size_t inputs, size_t stretch, uint64_t seed, bool two) {
  return {group, absl::StrCat(name, " ", reuse::LossName(loss)), seed, [=] {
            return std::make_unique<Playlist>(
                clips, loss, Play(clips, inputs, stretch, seed, two));
          }};
}

}  // namespace

std::vector<Trial> RecordedTrials(
    const ClipPlace& place, size_t inputs, int seeds,
    const std::function<void(const std::string&)>& say) {
  std::vector<std::shared_ptr<Clip>> clips;
  for (const reuse::ClipName& name : reuse::AllClips()) {
    auto clip = LoadClip(name, place, say);
    if (clip.ok()) {
      clips.push_back(*std::move(clip));
    } else {
      say(absl::StrCat(name.name, ": ", clip.status().message()));
    }
  }
  std::vector<Trial> trials;
  if (clips.empty()) return trials;
  for (const Loss loss : {Loss::kLabels, Loss::kCounts}) {
    for (int i = 0; i < seeds; ++i) {
      const auto seed = static_cast<uint64_t>(i);
      for (const auto& clip : clips) {
        trials.push_back(PlayTrial("clips: one", clip->name, {clip}, loss,
                                   inputs, inputs, seed, false));
      }
      for (size_t n = 0; n < 4; ++n) {
        const uint64_t number = 4 * seed + n;
        trials.push_back(PlayTrial("clips: spliced", "all", clips, loss, inputs,
                                   kSplice, number, false));
        if (place.models.size() < 2) continue;
        const auto& clip = clips[number % clips.size()];
        trials.push_back(PlayTrial("clips: new model, untold", clip->name,
                                   {clip}, loss, inputs, inputs, number, true));
      }
    }
  }
  return trials;
}

}  // namespace fovea::bench::bound
