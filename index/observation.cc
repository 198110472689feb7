// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an observation may be.

#include "index/observation.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "store/row_limits.h"

namespace fovea {
namespace {

constexpr double kEighths = 8;

int32_t ToEdge(double pixels) {
  const double most = kObservationLimits.max_edge;
  if (std::isnan(pixels)) return 0;
  return static_cast<int32_t>(
      std::clamp(std::round(pixels * kEighths), -most, most));
}

double Scaled(double score, double one) {
  if (std::isnan(score)) return 0;
  return std::round(std::clamp(score, 0.0, 1.0) * one);
}

// Exact for any two times in order.
uint64_t LengthOf(const Observation& o) {
  return static_cast<uint64_t>(o.end_ns) - static_cast<uint64_t>(o.start_ns);
}

bool IsBox(const ObservedBox& box) {
  const int32_t most = kObservationLimits.max_edge;
  return -most <= box.left && box.left <= box.right && box.right <= most &&
         -most <= box.top && box.top <= box.bottom && box.bottom <= most;
}

std::string BoxFault(const Observation& o) {
  if (o.boxes.size() > kObservationLimits.max_boxes) {
    return absl::StrCat(o.boxes.size(), " boxes: at most ",
                        kObservationLimits.max_boxes);
  }
  uint64_t least = o.first_index;
  int64_t earliest_ns = o.start_ns;
  for (const ObservedBox& box : o.boxes) {
    if (box.index < least || box.index > o.last_index) {
      return absl::StrCat("box of frame ", box.index, ": expected ", least,
                          " to ", o.last_index);
    }
    if (box.time_ns < earliest_ns || box.time_ns > o.end_ns) {
      return absl::StrCat("box of frame ", box.index, " at ", box.time_ns,
                          " ns: expected ", earliest_ns, " to ", o.end_ns);
    }
    if (!IsBox(box)) {
      return absl::StrCat("box of frame ", box.index,
                          ": edges out of order or beyond ",
                          kObservationLimits.max_edge);
    }
    least = box.index + 1;
    earliest_ns = box.time_ns;
  }
  return "";
}

std::string AttributeFault(const Observation& o) {
  const ObservationLimits& limits = kObservationLimits;
  if (o.attributes.size() > limits.max_attributes) {
    return absl::StrCat(o.attributes.size(), " attributes: at most ",
                        limits.max_attributes);
  }
  for (const Observation::Attribute& attribute : o.attributes) {
    if (attribute.name.size() > limits.max_attribute_name_bytes ||
        attribute.value.size() > limits.max_attribute_value_bytes) {
      return absl::StrCat("attribute of ", attribute.name.size(), " and ",
                          attribute.value.size(), " bytes: at most ",
                          limits.max_attribute_name_bytes, " and ",
                          limits.max_attribute_value_bytes);
    }
  }
  return "";
}

// What is wrong; empty when nothing is.
std::string Fault(const Observation& o) {
  const ObservationLimits& limits = kObservationLimits;
  if (!IsLabel(o.label)) {
    return absl::StrCat("label of ", o.label.size(), " bytes: expected 1 to ",
                        kRowLimits.max_label_bytes, " without NUL");
  }
  if (o.start_ns == INT64_MIN) return "starts before all times";
  if (o.end_ns < o.start_ns ||
      LengthOf(o) > static_cast<uint64_t>(limits.max_length_ns)) {
    return absl::StrCat("from ", o.start_ns, " to ", o.end_ns, " ns: at most ",
                        limits.max_length_ns);
  }
  if (o.last_index < o.first_index ||
      o.last_index - o.first_index >= limits.max_frames) {
    return absl::StrCat("frames ", o.first_index, " to ", o.last_index,
                        ": at most ", limits.max_frames);
  }
  const std::string fault = BoxFault(o);
  return fault.empty() ? AttributeFault(o) : fault;
}

}  // namespace

ObservedBox ToObservedBox(uint64_t index, int64_t time_ns, double left,
                          double top, double right, double bottom,
                          double score) {
  ObservedBox box;
  box.index = index;
  box.time_ns = time_ns;
  box.left = ToEdge(left);
  box.top = ToEdge(top);
  box.right = std::max(ToEdge(right), box.left);
  box.bottom = std::max(ToEdge(bottom), box.top);
  box.score = static_cast<uint8_t>(Scaled(score, UINT8_MAX));
  return box;
}

uint16_t ToObservedScore(double score) {
  return static_cast<uint16_t>(Scaled(score, UINT16_MAX));
}

absl::Status CheckObservation(const Observation& observation) {
  const std::string fault = Fault(observation);
  if (fault.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("observation '", observation.label, "' track ",
                   observation.track, ": ", fault));
}

std::string KeyOf(const Observation& o) {
  return ObservationKey(o.stream, o.label, o.start_ns, o.track);
}

}  // namespace fovea
