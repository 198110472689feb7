// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/internal/pack_putter.h"

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "index/observation_pack.h"
#include "index/presence.h"
#include "index/span_mark.h"

namespace fovea {
namespace {

bool SamePack(const Observation& a, const Observation& b) {
  return a.stream == b.stream && a.label == b.label && a.model == b.model;
}

auto PlaceOf(const Observation& o) { return std::tie(o.start_ns, o.track); }

bool ComesBefore(const Observation* a, const Observation* b) {
  return std::tie(a->stream, a->label, a->model, a->start_ns, a->track) <
         std::tie(b->stream, b->label, b->model, b->start_ns, b->track);
}

// What is to be sorted and looked up; the rest is checked where it is encoded,
// while it is at hand.
bool HasKey(const Observation& o) {
  return IsLabel(o.label) && o.start_ns > kMarkStart;
}

absl::Status CheckAll(std::span<const Observation* const> pack) {
  for (const Observation* o : pack) {
    if (absl::Status s = CheckObservation(*o); !s.ok()) return s;
  }
  return absl::OkStatus();
}

// How many of `rest`, which is not empty, begin near enough to the first.
size_t FitsBySpan(std::span<const Observation* const> rest) {
  const auto first = static_cast<uint64_t>(rest[0]->start_ns);
  const auto end = std::ranges::find_if(
      rest.first(std::min(rest.size(), kPackLimits.max_observations)),
      [&](const Observation* o) {
        return static_cast<uint64_t>(o->start_ns) - first >
               static_cast<uint64_t>(kPackLimits.max_span_ns);
      });
  return static_cast<size_t>(end - rest.begin());
}

}  // namespace

absl::Status PackPutter::Put(Group observations) {
  for (const Observation* o : observations) {
    if (!HasKey(*o)) return CheckObservation(*o);
  }
  std::ranges::sort(observations, ComesBefore);
  for (auto begin = observations.begin(); begin != observations.end();) {
    const auto end = std::find_if(begin, observations.end(), [&](auto* o) {
      return !SamePack(*o, **begin);
    });
    if (absl::Status s = PutGroup({begin, end}); !s.ok()) return s;
    begin = end;
  }
  if (strangers_.empty()) return absl::OkStatus();
  return Put(std::exchange(strangers_, {}));
}

// Of one stream, label and model.
absl::Status PackPutter::PutGroup(Group group) {
  for (size_t i = 0; i < group.size();) {
    if (absl::Status s = TakeOver(i, &group); !s.ok()) return s;
    size_t put = 0;
    if (absl::Status s = PutRow(std::span(group).subspan(i), &put); !s.ok()) {
      return s;
    }
    i += put;
  }
  return absl::OkStatus();
}

// Where a row stands under the key of number `first`, adds what else it holds
// to the group.
absl::Status PackPutter::TakeOver(size_t first, Group* group) {
  epoch_ = store_->NewEpoch();
  const std::string key = KeyOf(*(*group)[first]);
  if (!known_.insert(key).second) return absl::OkStatus();
  const auto value = store_->Get(Family::kSem, key);
  if (absl::IsNotFound(value.status())) return absl::OkStatus();
  if (!value.ok()) return value.status();
  const auto pack = ObservationPack::Decode(key, *value);
  if (!pack.ok()) return pack.status();
  if (grow_) epoch_ = pack->epoch();
  for (size_t i = 1; i < pack->size(); ++i) {
    auto held = pack->At(i);
    if (!held.ok()) return held.status();
    taken_.push_back(*std::move(held));
    const Observation* const other = &taken_.back();
    const auto at = std::ranges::lower_bound(
        *group, PlaceOf(*other), {},
        [](const Observation* o) { return PlaceOf(*o); });
    if (at != group->end() && PlaceOf(**at) == PlaceOf(*other)) continue;
    if (SamePack(*other, *(*group)[first])) {
      group->insert(at, other);
    } else {
      strangers_.push_back(other);
    }
  }
  return absl::OkStatus();
}

absl::Status PackPutter::PutRow(std::span<const Observation* const> rest,
                                size_t* put) {
  *put = FitsBySpan(rest);
  if (absl::Status s = CheckAll(rest.first(*put)); !s.ok()) return s;
  std::optional<std::string> body = encoder_.Encode(rest.first(*put));
  while (!body.has_value()) {  // one alone always fits
    *put /= 2;
    body = encoder_.Encode(rest.first(*put));
  }
  const auto pack = rest.first(*put);
  const Observation& first = *pack[0];
  batch_->PutRow(Family::kSem, KeyOf(first),
                 EncodeObservationRow({epoch_, *std::move(body)}));
  batch_->PutRow(
      Family::kSemx,
      PresenceKey(first.label, first.start_ns, first.stream, first.track),
      PresenceValue(pack, epoch_));
  return PutMark(first, *pack.back());
}

// A mark of the label: that of `span`, where there is one, otherwise the
// greatest. A look-up costs a quarter of a search.
absl::StatusOr<uint64_t> PackPutter::MarkedAtLeast(const Observation& first,
                                                   uint64_t span) const {
  const auto same =
      store_->Get(Family::kSem, SpanMarkKey(first.stream, first.label, span));
  if (same.ok()) return span;
  if (!absl::IsNotFound(same.status())) return same.status();
  return GreatestMark(store_, first.stream, first.label);
}

// Unless there is one that says as much.
absl::Status PackPutter::PutMark(const Observation& first,
                                 const Observation& last) {
  if (first.start_ns == last.start_ns) return absl::OkStatus();
  const uint64_t span = MarkedSpan(last.start_ns - first.start_ns);
  uint64_t& known = marked_[{first.stream, first.label}];
  if (span <= known) return absl::OkStatus();
  const auto marked = MarkedAtLeast(first, span);
  if (!marked.ok()) return marked.status();
  known = std::max(span, *marked);
  if (span <= *marked) return absl::OkStatus();
  const ObservationKeyParts mark = {first.stream, first.label, kMarkStart,
                                    span};
  batch_->PutRow(Family::kSem, SpanMarkKey(first.stream, first.label, span),
                 SpanMarkValue());
  batch_->PutRow(Family::kSemx, PresenceKeyOf(mark), PresenceMarkValue());
  return absl::OkStatus();
}

}  // namespace fovea
