// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/object_filter.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace fovea {
namespace {

constexpr double kEighths = 8;
// A box's score has 255 for 1, an observation's 65535.
constexpr uint16_t kScorePerBoxScore = UINT16_MAX / UINT8_MAX;

double InEighths(const Length& length, int picture_side) {
  if (!length.percent) return length.value * kEighths;
  return length.value * (picture_side * kEighths) / 100;
}

bool UsesPercent(const Place& place) {
  const auto percent = [](const Length& length) { return length.percent; };
  if (place.kind == Place::Kind::kCrosses) {
    return std::ranges::any_of(
        std::array{place.start.x, place.start.y, place.end.x, place.end.y},
        percent);
  }
  return std::ranges::any_of(std::array{place.area.left, place.area.top,
                                        place.area.right, place.area.bottom},
                             percent);
}

// Halves of eighths: exact.
PlanePoint CentreOf(const ObservedBox& box) {
  return {(box.left + box.right) / 2.0, (box.top + box.bottom) / 2.0};
}

// When box `i` holds.
TimeSpan SpanOf(const Observation& o, size_t i) {
  return {o.boxes[i].time_ns,
          i + 1 < o.boxes.size() ? o.boxes[i + 1].time_ns : LifeOf(o).end_ns};
}

// The one that holds at `time_ns`, or the first one after it.
size_t FirstBoxFrom(const Observation& o, int64_t time_ns) {
  const auto later =
      std::ranges::upper_bound(o.boxes, time_ns, {}, &ObservedBox::time_ns);
  const auto at = static_cast<size_t>(later - o.boxes.begin());
  return at > 0 ? at - 1 : 0;
}

void Append(const Look& look, std::vector<Look>* looks) {
  if (look.span.empty()) return;
  if (!looks->empty() && looks->back().span.end_ns == look.span.begin_ns) {
    Look& last = looks->back();
    Look next = look;
    next.span = last.span;
    if (next == last) {
      last.span.end_ns = look.span.end_ns;
      return;
    }
  }
  looks->push_back(look);
}

}  // namespace

ObjectFilter::ObjectFilter(const ObjectQuery& query, const QueryStream& stream)
    : query_(query), model_(absl::AsciiStrToLower(query.model)) {
  const bool sized = stream.width > 0 && stream.height > 0;
  const auto x = [&](const Length& l) { return InEighths(l, stream.width); };
  const auto y = [&](const Length& l) { return InEighths(l, stream.height); };
  for (const Place& place : query.places) {
    if (!sized && UsesPercent(place)) nowhere_ = true;
    places_.push_back({place.kind,
                       x(place.area.left),
                       y(place.area.top),
                       x(place.area.right),
                       y(place.area.bottom),
                       {x(place.start.x), y(place.start.y)},
                       {x(place.end.x), y(place.end.y)}});
  }
}

bool ObjectFilter::Suits(const Observation& o) const {
  const std::string_view model(reinterpret_cast<const char*>(o.model.data()),
                               o.model.size());
  if (!model_.empty() &&
      !absl::StartsWith(absl::BytesToHexString({model.data(), model.size()}),
                        model_)) {
    return false;
  }
  return std::ranges::all_of(query_.attributes, [&](const auto& wanted) {
    return std::ranges::any_of(o.attributes, [&](const auto& attribute) {
      return attribute.name == wanted.name && attribute.value == wanted.value;
    });
  });
}

bool ObjectFilter::SuitsScore(uint16_t score) const {
  return static_cast<double>(score) / UINT16_MAX >= query_.least_score;
}

bool ObjectFilter::SuitsPlaces(const Observation& o, size_t i) const {
  const ObservedBox& box = o.boxes[i];
  const PlanePoint centre = CentreOf(box);
  return std::ranges::all_of(places_, [&](const PlaceInPicture& p) {
    switch (p.kind) {
      case Place::Kind::kIn:
        return p.left <= centre.x && centre.x < p.right && p.top <= centre.y &&
               centre.y < p.bottom;
      case Place::Kind::kInside:
        return p.left <= box.left && box.right <= p.right && p.top <= box.top &&
               box.bottom <= p.bottom;
      case Place::Kind::kTouches:
        return std::max<double>(p.left, box.left) <
                   std::min<double>(p.right, box.right) &&
               std::max<double>(p.top, box.top) <
                   std::min<double>(p.bottom, box.bottom);
      case Place::Kind::kCrosses:
        return i + 1 < o.boxes.size() &&
               StepMeetsLine(centre, CentreOf(o.boxes[i + 1]), p.start, p.end);
    }
    return false;
  });
}

std::vector<Look> ObjectFilter::LooksOf(const Observation& o, TimeSpan window,
                                        BoxesOfLooks boxes) const {
  std::vector<Look> looks;
  if (nowhere_ || !Suits(o)) return looks;
  TimeSpan unplaced = LifeOf(o);
  if (!o.boxes.empty()) unplaced.end_ns = o.boxes[0].time_ns;
  if (places_.empty() && SuitsScore(o.max_score)) {
    Look look;
    look.span = unplaced & window;
    look.score = o.max_score;
    Append(look, &looks);
  }
  for (size_t i = FirstBoxFrom(o, window.begin_ns); i < o.boxes.size(); ++i) {
    const ObservedBox& box = o.boxes[i];
    const TimeSpan span = SpanOf(o, i) & window;
    if (span.begin_ns >= window.end_ns) break;
    const auto score = static_cast<uint16_t>(box.score * kScorePerBoxScore);
    if (!SuitsScore(score) || !SuitsPlaces(o, i)) continue;
    Append(boxes == BoxesOfLooks::kKept ? Look{span, true, box.left, box.top,
                                               box.right, box.bottom, score}
                                        : Look{span, false, 0, 0, 0, 0, score},
           &looks);
  }
  return looks;
}

}  // namespace fovea
