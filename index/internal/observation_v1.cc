// SPDX-License-Identifier: GPL-2.0-or-later
//
//   length, first index, last - first index (varints) | model 32 |
//   mean and max score (u16) | attributes (varint, each two texts) |
//   boxes (varint) | runs: boxes, step (varints), changes of left, top, right,
//   bottom and score (signed)

#include "index/internal/observation_v1.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

__extension__ typedef __int128 Wide;

// Boxes, step and five changes take at least a byte each; an attribute is
// two lengths.
constexpr uint64_t kSmallestRun = 7;
constexpr uint64_t kSmallestAttribute = 2;

// What one box says more than the one before it.
struct Change {
  uint64_t step = 0;
  int32_t left = 0, top = 0, right = 0, bottom = 0;
  int32_t score = 0;
};

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

void TakeTimes(RowReader& in, Observation* o) {
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
}

void TimeBoxes(Observation* o) {
  const auto length = static_cast<Wide>(o->end_ns) - o->start_ns;
  const auto frames =
      std::max<Wide>(static_cast<Wide>(o->last_index) - o->first_index, 1);
  for (ObservedBox& box : o->boxes) {
    const auto at = static_cast<Wide>(box.index) - o->first_index;
    box.time_ns = static_cast<int64_t>(o->start_ns + length * at / frames);
  }
}

}  // namespace

absl::Status ReadObservationV1(RowReader& in, Observation* o) {
  TakeTimes(in, o);
  const std::string_view model = in.Bytes(o->model.size());
  std::copy(model.begin(), model.end(), o->model.begin());
  o->mean_score = in.U16();
  o->max_score = in.U16();
  TakeAttributes(in, o);
  TakeBoxes(in, o);
  TimeBoxes(o);
  return in.Finish();
}

}  // namespace fovea
