// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/twin_gops.h"

#include <string_view>
#include <utility>

#include "store/owner.h"

namespace fovea {
namespace {

constexpr size_t kMostKnown = 256;  // GOPs whose twins are held

bool SamePayload(const GopRow& a, const GopRow& b) {
  return a.chunk == b.chunk && a.codec == b.codec && a.frames == b.frames &&
         a.leading == b.leading && a.parameter_sets == b.parameter_sets;
}

}  // namespace

absl::StatusOr<const std::vector<GopRef>*> TwinGops::Of(const GopRef& gop) {
  const auto known = known_.find(gop.first_index);
  if (known != known_.end()) return &known->second;
  auto found = Find(gop);
  if (!found.ok()) return found.status();
  if (known_.size() == kMostKnown) known_.clear();
  return &(known_[gop.first_index] = *std::move(found));
}

absl::StatusOr<std::vector<GopRef>> TwinGops::Find(const GopRef& gop) {
  std::vector<GopKeyParts> owners;
  const absl::Status visited =
      VisitOwners(store_, gop.row.chunk, [&](std::string_view owner) {
        const auto parts = ParseGopKey(owner);
        if (!parts.ok() || parts->view != 0) return true;
        const bool itself = parts->stream == gop.stream &&
                            parts->first_index == gop.first_index;
        if (!itself) owners.push_back(*parts);
        return owners.size() < kMostTwins;
      });
  if (!visited.ok()) return visited;
  std::vector<GopRef> twins;
  for (const GopKeyParts& owner : owners) {
    auto other = index_.AtIndex(owner.stream, owner.first_index);
    if (absl::IsNotFound(other.status())) continue;  // a leak
    if (!other.ok()) return other.status();
    if (other->gop.first_index != owner.first_index) continue;
    const auto same = IsTwin(gop, other->gop);
    if (!same.ok()) return same.status();
    if (*same) twins.push_back(std::move(other->gop));
  }
  return twins;
}

absl::StatusOr<bool> TwinGops::IsTwin(const GopRef& gop, const GopRef& other) {
  if (!SamePayload(gop.row, other.row)) return false;
  if (gop.row.leading > 0) {
    const auto lead = LeadOf(gop);
    if (!lead.ok()) return lead.status();
    const auto other_lead = LeadOf(other);
    if (!other_lead.ok()) return other_lead.status();
    if (lead->has_value() != other_lead->has_value()) return false;
    if (*lead && !SamePayload((*lead)->row, (*other_lead)->row)) return false;
  }
  return LooksAlike(other.stream);
}

// The GOP that a decoder is given first.
absl::StatusOr<std::optional<GopRef>> TwinGops::LeadOf(
    const GopRef& gop) const {
  if (gop.first_index == 0) return std::nullopt;
  auto before = index_.AtIndex(gop.stream, gop.first_index - 1);
  if (absl::IsNotFound(before.status())) return std::nullopt;
  if (!before.ok()) return before.status();
  return std::move(before->gop);
}

absl::StatusOr<bool> TwinGops::LooksAlike(StreamId other) {
  if (other == stream_->id) return true;
  const auto known = alike_.find(other);
  if (known != alike_.end()) return known->second;
  const auto value = store_->Get(Family::kMeta, StreamKey(other));
  if (absl::IsNotFound(value.status())) return false;  // it is being removed
  if (!value.ok()) return value.status();
  const auto row = DecodeStreamRow(*value);
  if (!row.ok()) return row.status();
  const auto told = DecodeStreamDescription(row->description);
  if (!told.ok()) return told.status();
  const StreamDescription& here = stream_->description;
  const bool alike = told->stills == here.stills &&
                     told->camera.width == here.camera.width &&
                     told->camera.height == here.camera.height &&
                     told->camera.color == here.camera.color;
  alike_[other] = alike;
  return alike;
}

}  // namespace fovea
