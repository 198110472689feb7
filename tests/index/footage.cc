// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/index/footage.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "index/query_reader.h"

namespace fovea::testing {
namespace {

int64_t Below(std::mt19937_64* dice, int64_t end) {
  return static_cast<int64_t>((*dice)() % static_cast<uint64_t>(end));
}

int32_t Edge(std::mt19937_64* dice) {
  const auto coarse = static_cast<int32_t>(Below(dice, 11)) * 80;
  return Below(dice, 3) == 0 ? coarse + static_cast<int32_t>(Below(dice, 3)) - 1
                             : coarse;
}

ObservedBox RandomBox(std::mt19937_64* dice) {
  ObservedBox box;
  std::tie(box.left, box.right) = std::minmax({Edge(dice), Edge(dice)});
  std::tie(box.top, box.bottom) = std::minmax({Edge(dice) / 2, Edge(dice) / 2});
  box.score = static_cast<uint8_t>(51 * Below(dice, 6));
  return box;
}

void AddBoxes(std::mt19937_64* dice, Observation* o) {
  if (Below(dice, 5) == 0) return;
  ObservedBox box = RandomBox(dice);
  int64_t time_ns = o->start_ns;
  for (uint64_t index = o->first_index; index <= o->last_index; ++index) {
    if (Below(dice, 5) == 0) continue;  // not seen on this frame
    const uint64_t i = box.index = index;
    if (Below(dice, 2) == 0) box = RandomBox(dice);
    box.index = i;
    // Sometimes two frames at once, sometimes none for a while.
    time_ns = std::min(time_ns + Below(dice, 8), o->end_ns);
    box.time_ns = time_ns;
    o->boxes.push_back(box);
  }
}

Observation RandomObservation(StreamId stream, uint64_t track,
                              std::mt19937_64* dice) {
  static const char* const kLabels[] = {"car", "dog", "person"};
  Observation o;
  o.stream = stream;
  o.label = kLabels[Below(dice, 3)];
  o.track = track;
  o.start_ns = Below(dice, 110) - 10;
  o.end_ns = std::min<int64_t>(o.start_ns + Below(dice, 40), 130);
  o.first_index = static_cast<uint64_t>(Below(dice, 5));
  o.last_index = o.first_index + static_cast<uint64_t>(Below(dice, 9));
  o.model.fill(Below(dice, 2) == 0 ? 0xa5 : 0xa7);
  o.max_score = static_cast<uint16_t>(13107 * Below(dice, 6));
  if (Below(dice, 2) == 0) {
    o.attributes.push_back({"colour", Below(dice, 2) == 0 ? "red" : "blue"});
  }
  AddBoxes(dice, &o);
  return o;
}

std::vector<TimeSpan> RandomHeld(std::mt19937_64* dice) {
  std::vector<TimeSpan> held;
  int64_t at = Below(dice, 20);
  while (at < 110) {
    const int64_t end = std::min<int64_t>(at + 1 + Below(dice, 60), 120);
    held.push_back({at, end});
    at = end + (Below(dice, 3) == 0 ? 0 : Below(dice, 12));
  }
  return held;
}

bool Compares(double value, Comparison comparison, double wanted) {
  switch (comparison) {
    case Comparison::kLess:
      return value < wanted;
    case Comparison::kAtMost:
      return value <= wanted;
    case Comparison::kEqual:
      return value == wanted;
    case Comparison::kAtLeast:
      return value >= wanted;
    case Comparison::kGreater:
      return value > wanted;
  }
  return false;
}

}  // namespace

Footage RandomFootage(std::mt19937_64* dice) {
  Footage footage;
  const int64_t streams = 1 + Below(dice, 4);
  for (int64_t s = 0; s < streams; ++s) {
    FootageStream stream;
    stream.stream.id = static_cast<StreamId>(3 + 2 * s);
    stream.stream.name = (s % 2 == 0 ? "door" : "yard") + std::to_string(s);
    stream.stream.camera = Below(dice, 5) != 0;
    if (stream.stream.camera && Below(dice, 8) != 0) {
      stream.stream.width = 100;
      stream.stream.height = 50;
    }
    stream.held = RandomHeld(dice);
    for (int64_t n = Below(dice, 9); n > 0; --n) {
      stream.observations.push_back(
          RandomObservation(stream.stream.id, static_cast<uint64_t>(n), dice));
    }
    auto& speed = stream.channels["speed"];
    for (int64_t t = Below(dice, 30); t < 120; t += 1 + Below(dice, 20)) {
      speed.push_back({t, static_cast<double>(Below(dice, 5))});
    }
    footage.streams.push_back(std::move(stream));
  }
  return footage;
}

Observation Moving(const std::string& label, uint64_t track, int64_t start_ns,
                   int64_t frame_ns,
                   const std::vector<std::pair<int32_t, int32_t>>& centres) {
  Observation o;
  o.label = label;
  o.track = track;
  o.start_ns = start_ns;
  o.last_index = centres.size() - 1;
  o.end_ns = start_ns + static_cast<int64_t>(o.last_index) * frame_ns;
  for (const auto& [x, y] : centres) {
    ObservedBox box;
    box.index = o.boxes.size();
    box.time_ns = start_ns + static_cast<int64_t>(box.index) * frame_ns;
    box.left = x - 8;
    box.right = x + 8;
    box.top = y - 8;
    box.bottom = y + 8;
    box.score = 255;
    o.boxes.push_back(box);
  }
  o.max_score = UINT16_MAX;
  return o;
}

FootageFacts::FootageFacts(const Footage& footage) : footage_(footage) {
  for (const FootageStream& s : footage.streams) streams_.push_back(s.stream);
}

const FootageStream& FootageFacts::Of(StreamId stream) const {
  return *std::ranges::find(footage_.streams, stream,
                            [](const FootageStream& s) { return s.stream.id; });
}

absl::StatusOr<TimeSpan> FootageFacts::Extent(StreamId stream) {
  if (!failure.ok()) return failure;
  return Timeline(Of(stream).held).Hull();
}

absl::StatusOr<Timeline> FootageFacts::Held(StreamId stream, TimeSpan window) {
  if (!failure.ok()) return failure;
  // Outside the window anything may be said.
  return Timeline(Of(stream).held).Within(window) |
         (Timeline::All() - Timeline({window}));
}

absl::Status FootageFacts::VisitObservations(
    StreamId stream, std::span<const std::string>, TimeSpan,
    const std::function<bool(const Observation&)>& visit) {
  if (!failure.ok()) return failure;
  ++visits;
  before_each_visit();
  for (const Observation& o : Of(stream).observations) {
    if (!visit(o)) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<Timeline> FootageFacts::WhereSensor(StreamId stream,
                                                   const SensorCondition& c,
                                                   TimeSpan window) {
  if (!failure.ok()) return failure;
  std::vector<TimeSpan> spans;
  const auto channel = Of(stream).channels.find(c.channel);
  if (channel == Of(stream).channels.end()) return Timeline();
  const auto& samples = channel->second;
  for (size_t i = 0; i < samples.size(); ++i) {
    const int64_t end = i + 1 < samples.size() ? samples[i + 1].time_ns
                                               : samples[i].time_ns + 1;
    if (Compares(samples[i].value, c.comparison, c.value)) {
      spans.push_back({samples[i].time_ns, end});
    }
  }
  return Timeline(std::move(spans)).Within(window) |
         (Timeline::All() - Timeline({window}));
}

absl::StatusOr<Timeline> FootageFacts::MayHold(
    StreamId stream, std::span<const std::string> labels, TimeSpan) {
  if (!failure.ok()) return failure;
  std::vector<TimeSpan> spans;
  for (const Observation& o : Of(stream).observations) {
    if (!labels.empty() && std::ranges::find(labels, o.label) == labels.end()) {
      continue;
    }
    spans.push_back(LifeOf(o).Widened(1, 1));
  }
  return Timeline(std::move(spans));
}

}  // namespace fovea::testing
