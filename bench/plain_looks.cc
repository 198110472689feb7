// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/plain_looks.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <utility>

#include "bench/recording.h"

namespace fovea::bench {
namespace {

constexpr size_t kAllFrames = 1U << 20;

absl::Status LookAt(const Frame& frame, const ColorInfo& color, uint64_t index,
                    Model* model, std::vector<PlainLook>* looks) {
  auto answer = model->Infer(frame, color);
  if (!answer.ok()) return answer.status();
  FrameAnswer observed = Observe(model->description(), *answer, frame);
  if (!looks->empty()) looks->back().end_ns = frame.time_ns;
  looks->push_back({index, frame.time_ns, frame.time_ns + frame.duration_ns,
                    std::move(answer->detections), std::move(observed)});
  return absl::OkStatus();
}

PlainBox Rounded(uint64_t index, const Detection& d, const Model& model) {
  const auto eighths = [](float pixels) { return std::llround(pixels * 8.0); };
  return {index,
          model.labels()[static_cast<size_t>(d.label)],
          eighths(d.left),
          eighths(d.top),
          eighths(d.right),
          eighths(d.bottom),
          std::llround(d.score * 255.0)};
}

std::vector<PlainBox> Without(const std::vector<PlainBox>& all,
                              const std::vector<PlainBox>& some) {
  std::vector<PlainBox> rest;
  std::ranges::set_difference(all, some, std::back_inserter(rest));
  return rest;
}

}  // namespace

absl::StatusOr<std::vector<PlainLook>> LookAtFile(const std::string& path,
                                                  Model* model) {
  const auto recording = LoadRecording(path, kAllFrames);
  if (!recording.ok()) return recording.status();
  std::vector<PlainLook> looks;
  for (const Frame& frame : recording->frames) {
    const absl::Status s =
        LookAt(frame, recording->camera.color, looks.size(), model, &looks);
    if (!s.ok()) return s;
  }
  return looks;
}

absl::StatusOr<std::vector<PlainLook>> LookAtStream(Store* store,
                                                    const std::string& stream,
                                                    Model* model) {
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  const ColorInfo& color = summary->description.camera.color;
  std::vector<PlainLook> looks;
  absl::Status looked;
  const auto read = store->ReadFrames(stream, {}, [&](const ReadFrame& shown) {
    looked = LookAt(shown.frame, color, shown.index, model, &looks);
    return looked.ok();
  });
  if (!looked.ok()) return looked;
  if (!read.ok()) return read.status();
  return looks;
}

std::vector<PlainLook> EveryOf(const std::vector<PlainLook>& looks, int every) {
  std::vector<PlainLook> some;
  std::ranges::copy_if(looks, std::back_inserter(some),
                       [every](const PlainLook& look) {
                         return look.index % static_cast<uint64_t>(every) == 0;
                       });
  return some;
}

std::vector<Observation> LinkedLooks(const std::vector<PlainLook>& looks,
                                     StreamId stream) {
  ObservationBook book(stream);
  for (const PlainLook& look : looks) {
    // Any numbers do that never meet.
    const auto first_track = static_cast<int64_t>(look.index * kMostSightings);
    book.Add(look.observed, first_track,
             {look.index, look.time_ns, look.end_ns});
  }
  book.EndAll();
  return book.TakeChanged();
}

BoxComparison CompareBoxes(const std::vector<PlainLook>& looks,
                           const Model& model,
                           const std::vector<Observation>& stored) {
  std::vector<PlainBox> sure, any, held;
  const auto threshold = static_cast<float>(model.card().threshold);
  for (const PlainLook& look : looks) {
    for (const Detection& d : look.detections) {
      any.push_back(Rounded(look.index, d, model));
      if (d.score >= threshold) sure.push_back(any.back());
    }
  }
  for (const Observation& o : stored) {
    for (const ObservedBox& b : o.boxes) {
      held.push_back(
          {b.index, o.label, b.left, b.top, b.right, b.bottom, b.score});
    }
  }
  for (auto* boxes : {&sure, &any, &held}) std::ranges::sort(*boxes);
  return {static_cast<int64_t>(sure.size()), Without(sure, held),
          Without(held, any)};
}

}  // namespace fovea::bench
