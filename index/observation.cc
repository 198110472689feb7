// SPDX-License-Identifier: GPL-2.0-or-later
//
// Observations to bodies of sem rows and back. A run is boxes of even step
// whose edges and score change alike from one to the next: a thing that
// stands still, or moves evenly, costs nothing per frame.

#include "index/observation.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/row_codec.h"
#include "store/row_version.h"

namespace fovea {
namespace {

constexpr uint8_t kBodyVersion = 1;
constexpr double kEighths = 8;
// Boxes, step and five changes take at least a byte each; an attribute is
// two lengths.
constexpr uint64_t kSmallestRun = 7;
constexpr uint64_t kSmallestAttribute = 2;

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

// What one box says more than the one before it.
struct Change {
  uint64_t step = 0;
  int32_t left = 0, top = 0, right = 0, bottom = 0;
  int32_t score = 0;
  friend bool operator==(const Change&, const Change&) = default;
};

Change Between(const ObservedBox& from, const ObservedBox& to) {
  return {to.index - from.index,   to.left - from.left,
          to.top - from.top,       to.right - from.right,
          to.bottom - from.bottom, to.score - from.score};
}

void PutRun(uint64_t boxes, const Change& change, RowWriter* out) {
  out->Varint(boxes);
  out->Varint(change.step);
  for (const int32_t v :
       {change.left, change.top, change.right, change.bottom, change.score}) {
    out->SignedVarint(v);
  }
}

void PutRuns(const Observation& o, RowWriter* out) {
  ObservedBox last;
  last.index = o.first_index;
  for (size_t i = 0; i < o.boxes.size();) {
    const Change change = Between(last, o.boxes[i]);
    const size_t begin = i;
    while (i < o.boxes.size() && Between(last, o.boxes[i]) == change) {
      last = o.boxes[i++];
    }
    PutRun(i - begin, change, out);
  }
}

int32_t TakeChange(RowReader& in) {
  const int64_t most = 2 * int64_t{kObservationLimits.max_edge};
  const int64_t v = in.SignedVarint();
  if (v >= -most && v <= most) return static_cast<int32_t>(v);
  in.Fail(absl::StrCat("a box changes by ", v));
  return 0;
}

bool IsBox(const ObservedBox& box) {
  const int32_t most = kObservationLimits.max_edge;
  return -most <= box.left && box.left <= box.right && box.right <= most &&
         -most <= box.top && box.top <= box.bottom && box.bottom <= most;
}

// Moves `box` on; false where it leaves what a box may be.
bool Apply(const Change& change, uint64_t last_index, ObservedBox* box) {
  if (change.step > last_index - box->index) return false;
  const int32_t score = box->score + change.score;
  if (score < 0 || score > UINT8_MAX) return false;
  box->index += change.step;
  box->left += change.left;
  box->top += change.top;
  box->right += change.right;
  box->bottom += change.bottom;
  box->score = static_cast<uint8_t>(score);
  return IsBox(*box);
}

void TakeRun(RowReader& in, uint64_t boxes_left, ObservedBox* last,
             Observation* o) {
  const uint64_t boxes = in.VarintUpTo(boxes_left, "boxes of a run");
  Change change;
  change.step = in.Varint();
  for (int32_t* v : {&change.left, &change.top, &change.right, &change.bottom,
                     &change.score}) {
    *v = TakeChange(in);
  }
  if (in.ok() && boxes == 0) in.Fail("a run without boxes");
  for (uint64_t i = 0; i < boxes && in.ok(); ++i) {
    const bool rises = change.step > 0 || o->boxes.empty();
    if (!rises || !Apply(change, o->last_index, last)) {
      return in.Fail("a box outside its bounds");
    }
    o->boxes.push_back(*last);
  }
}

void TakeBoxes(RowReader& in, Observation* o) {
  const uint64_t boxes = in.VarintUpTo(kObservationLimits.max_boxes, "boxes");
  ObservedBox last;
  last.index = o->first_index;
  while (in.ok() && o->boxes.size() < boxes) {
    if (in.remaining() < kSmallestRun) return in.Fail("a run ends early");
    TakeRun(in, boxes - o->boxes.size(), &last, o);
  }
}

void TakeAttributes(RowReader& in, Observation* o) {
  const ObservationLimits& limits = kObservationLimits;
  const uint64_t count =
      in.Count(limits.max_attributes, kSmallestAttribute, "attributes");
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    Observation::Attribute attribute;
    attribute.name =
        in.Text(limits.max_attribute_name_bytes, "attribute name length");
    attribute.value =
        in.Text(limits.max_attribute_value_bytes, "attribute value length");
    o->attributes.push_back(std::move(attribute));
  }
}

// Needs start_ns, which the key tells.
absl::Status DecodeBody(std::string_view body, Observation* o) {
  RowReader in(body, "observation");
  if (auto s = ReadVersion(in, kBodyVersion, "observation"); !s.ok()) return s;
  const uint64_t length = in.VarintUpTo(
      static_cast<uint64_t>(kObservationLimits.max_length_ns), "length");
  const uint64_t room =
      static_cast<uint64_t>(INT64_MAX) - static_cast<uint64_t>(o->start_ns);
  if (length > room) in.Fail("ends behind all times");
  o->end_ns = static_cast<int64_t>(static_cast<uint64_t>(o->start_ns) +
                                   (in.ok() ? length : 0));
  o->first_index = in.Varint();
  const uint64_t more =
      in.VarintUpTo(kObservationLimits.max_frames - 1, "frames");
  if (more > UINT64_MAX - o->first_index) in.Fail("ends behind all indexes");
  o->last_index = o->first_index + (in.ok() ? more : 0);
  const std::string_view model = in.Bytes(o->model.size());
  std::copy(model.begin(), model.end(), o->model.begin());
  o->mean_score = in.U16();
  o->max_score = in.U16();
  TakeAttributes(in, o);
  TakeBoxes(in, o);
  return in.Finish();
}

std::string BoxFault(const Observation& o) {
  if (o.boxes.size() > kObservationLimits.max_boxes) {
    return absl::StrCat(o.boxes.size(), " boxes: at most ",
                        kObservationLimits.max_boxes);
  }
  uint64_t least = o.first_index;
  for (const ObservedBox& box : o.boxes) {
    if (box.index < least || box.index > o.last_index) {
      return absl::StrCat("box of frame ", box.index, ": expected ", least,
                          " to ", o.last_index);
    }
    if (!IsBox(box)) {
      return absl::StrCat("box of frame ", box.index,
                          ": edges out of order or beyond ",
                          kObservationLimits.max_edge);
    }
    least = box.index + 1;
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

ObservedBox ToObservedBox(uint64_t index, double left, double top, double right,
                          double bottom, double score) {
  ObservedBox box;
  box.index = index;
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

std::string EncodeObservation(const Observation& o) {
  assert(CheckObservation(o).ok());
  RowWriter out;
  out.U8(kBodyVersion);
  out.Varint(LengthOf(o));
  out.Varint(o.first_index);
  out.Varint(o.last_index - o.first_index);
  out.Bytes(o.model);
  out.U16(o.mean_score);
  out.U16(o.max_score);
  out.Varint(o.attributes.size());
  for (const Observation::Attribute& attribute : o.attributes) {
    out.Text(attribute.name);
    out.Text(attribute.value);
  }
  out.Varint(o.boxes.size());
  PutRuns(o, &out);
  return out.Take();
}

absl::StatusOr<Observation> DecodeObservation(std::string_view key,
                                              std::string_view value) {
  auto parts = ParseObservationKey(key);
  if (!parts.ok()) return parts.status();
  Observation observation;
  observation.stream = parts->stream;
  observation.label = std::move(parts->label);
  observation.start_ns = parts->start_ns;
  observation.track = parts->track;
  const auto row = DecodeObservationRow(value);
  const absl::Status status =
      row.ok() ? DecodeBody(row->body, &observation) : row.status();
  if (status.ok()) return observation;
  return absl::Status(status.code(),
                      absl::StrCat("stream ", observation.stream,
                                   " observation at ", observation.start_ns,
                                   " ns: ", std::string(status.message())));
}

}  // namespace fovea
