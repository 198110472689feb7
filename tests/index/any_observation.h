// SPDX-License-Identifier: GPL-2.0-or-later
//
// Observations for tests: simple ones to tell apart, and any there can be.

#ifndef FOVEA_TESTS_INDEX_ANY_OBSERVATION_H_
#define FOVEA_TESTS_INDEX_ANY_OBSERVATION_H_

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <utility>

#include "index/observation.h"

namespace fovea::testing {

inline constexpr int64_t kFrameNs = 40'000'000;

// A thing that moves one pixel a frame, seen on frames `first` to `last` of
// 25 a second.
inline Observation MovingThing(StreamId stream, const std::string& label,
                               uint64_t track, uint64_t first, uint64_t last) {
  Observation o;
  o.stream = stream;
  o.label = label;
  o.track = track;
  o.first_index = first;
  o.last_index = last;
  o.start_ns = static_cast<int64_t>(first) * kFrameNs;
  o.end_ns = static_cast<int64_t>(last) * kFrameNs;
  o.model.fill(7);
  for (uint64_t i = first; i <= last; ++i) {
    const double left = static_cast<double>(i);
    o.boxes.push_back(ToObservedBox(i, static_cast<int64_t>(i) * kFrameNs, left,
                                    20, left + 16, 52, 0.5));
  }
  o.mean_score = o.max_score = ToObservedScore(0.5);
  return o;
}

class ObservationDice {
 public:
  explicit ObservationDice(uint64_t seed) : engine_(seed) {}

  uint64_t Below(uint64_t end) { return engine_() % end; }

  Observation Any() {
    Observation o;
    o.stream = engine_() >> Below(64);
    o.label = Text(1, 64);
    std::replace(o.label.begin(), o.label.end(), '\0', 'x');
    o.track = engine_() >> Below(64);
    const auto length = static_cast<int64_t>(
        engine_() % (static_cast<uint64_t>(kObservationLimits.max_length_ns)));
    o.start_ns = std::max(Time(), INT64_MIN + 1);
    if (o.start_ns > INT64_MAX - length) o.start_ns -= length;
    o.end_ns = o.start_ns + length;
    o.first_index = engine_() >> (1 + Below(63));
    o.last_index =
        o.first_index + Below(1 + (kObservationLimits.max_frames >> Below(20)));
    for (uint8_t& byte : o.model) byte = static_cast<uint8_t>(engine_());
    o.mean_score = static_cast<uint16_t>(engine_());
    o.max_score = static_cast<uint16_t>(engine_());
    for (uint64_t n = Below(4); n > 0; --n) {
      o.attributes.push_back({Text(0, 64), Text(0, 256)});
    }
    AddBoxes(&o);
    return o;
  }

 private:
  int64_t Time() {
    switch (Below(8)) {
      case 0:
        return INT64_MIN + 1;
      case 1:
        return INT64_MAX;
      default:
        return static_cast<int64_t>(engine_()) >> Below(63);
    }
  }

  std::string Text(uint64_t least, uint64_t most) {
    std::string text(least + Below(most - least + 1), '\0');
    for (char& c : text) c = static_cast<char>(engine_());
    return text;
  }

  int32_t Edge() {
    const int32_t most = kObservationLimits.max_edge;
    if (Below(20) == 0) return Below(2) == 0 ? -most : most;
    return static_cast<int32_t>(Below(20'000)) - 2000;
  }

  // Of even rate from start to end, but for what jitters, stands still or
  // rests between them.
  int64_t BoxTime(const Observation& o, const ObservedBox& last) {
    const auto frames = std::max(o.last_index - o.first_index, uint64_t{1});
    const auto length = static_cast<uint64_t>(o.end_ns - o.start_ns);
    const int64_t even =
        o.start_ns +
        static_cast<int64_t>(length / frames * (last.index - o.first_index));
    const auto jitter = static_cast<int64_t>(Below(8) == 0 ? Below(90) : 0);
    return std::max(even + std::min(jitter, o.end_ns - even), last.time_ns);
  }

  void AddBoxes(Observation* o) {
    const uint64_t wanted = Below(60);
    ObservedBox box;
    box.time_ns = o->start_ns;
    box.index = o->first_index + Below(3);
    for (uint64_t i = 0; i < wanted && box.index <= o->last_index; ++i) {
      if (o->boxes.empty() || Below(3) == 0) {  // else as the one before it
        std::tie(box.left, box.right) = std::minmax({Edge(), Edge()});
        std::tie(box.top, box.bottom) = std::minmax({Edge(), Edge()});
        box.score = static_cast<uint8_t>(engine_());
      }
      box.time_ns = BoxTime(*o, box);
      o->boxes.push_back(box);
      box.index += 1 + (Below(4) == 0 ? Below(9) : 0);
    }
  }

  std::mt19937_64 engine_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_INDEX_ANY_OBSERVATION_H_
