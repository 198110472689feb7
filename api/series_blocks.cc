// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/series_blocks.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/block_reader.h"
#include "api/coding_tables.h"
#include "api/device_profiles.h"

namespace fovea {

absl::StatusOr<const SeriesProfile*> SeriesBlocks::Profile(uint32_t id) {
  if (id == 0) return nullptr;
  const auto known = profiles_.find(id);
  if (known != profiles_.end()) return &known->second;
  const auto bytes =
      FindTable(store_, stream_, CodingTableKind::kSeriesProfile, id);
  if (!bytes.ok()) return bytes.status();
  auto profile = SeriesProfile::Parse(*bytes);
  if (!profile.ok()) return profile.status();
  return &profiles_.emplace(id, *std::move(profile)).first->second;
}

absl::StatusOr<const SeriesWindowPlan*> SeriesBlocks::Plan(uint32_t id) {
  if (id == 0) return nullptr;
  const auto known = plans_.find(id);
  if (known != plans_.end()) return &known->second;
  const auto bytes =
      FindTable(store_, stream_, CodingTableKind::kWindowPlan, id);
  if (!bytes.ok()) return bytes.status();
  auto plan = SeriesWindowPlan::Parse(*bytes);
  if (!plan.ok()) return plan.status();
  return &plans_.emplace(id, *std::move(plan)).first->second;
}

absl::StatusOr<DecodedSeries> SeriesBlocks::Decode(
    std::span<const uint8_t> block) {
  const SeriesBlockNames names = NamesOfSeriesBlock(block);
  const auto profile = Profile(names.profile);
  const auto plan = Plan(names.plan);
  if (!profile.ok() || !plan.ok()) {
    // Of a damaged block it is the damage that matters.
    const absl::Status damage = DecodeSeriesBlock(block).status();
    if (absl::IsDataLoss(damage)) return damage;
    return profile.ok() ? plan.status() : profile.status();
  }
  auto decoded = DecodeSeriesBlock(block, *profile, *plan);
  if (!decoded.ok() || !names.text) return decoded;
  // Values are good whatever became of their rules.
  if (const auto metadata = Metadata(names); metadata.ok() && *metadata) {
    decoded->batch.text =
        WithRules(decoded->text, decoded->channels, (*metadata)->rules);
  }
  return decoded;
}

absl::StatusOr<const SeriesMetadata*> SeriesBlocks::Metadata(
    const SeriesBlockNames& names) {
  if (names.metadata == 0) {
    const auto profile = Profile(names.profile);
    if (!profile.ok()) return profile.status();
    return *profile == nullptr ? nullptr : &(*profile)->metadata();
  }
  const auto known = metadata_.find(names.metadata);
  if (known != metadata_.end()) return &known->second;
  const auto bytes = FindTable(
      store_, stream_, CodingTableKind::kSeriesMetadata, names.metadata);
  if (!bytes.ok()) return bytes.status();
  auto metadata = ParseSeriesMetadata(*bytes);
  if (!metadata.ok()) return metadata.status();
  return &metadata_.emplace(names.metadata, *std::move(metadata)).first->second;
}

absl::StatusOr<DecodedSeries> SeriesBlocks::Check(
    std::span<const uint8_t> block, const SeriesInfo& series) {
  auto decoded = Decode(block);
  if (!decoded.ok()) return decoded;
  const auto metadata = Metadata(NamesOfSeriesBlock(block));
  if (!metadata.ok()) return metadata.status();
  if (*metadata == nullptr) return decoded;
  SeriesMetadata expected = MetadataOf(series);
  expected.device = (*metadata)->device;  // several may add to a stream
  const absl::Status same = CheckSameDevice(**metadata, expected);
  if (same.ok()) return decoded;
  return absl::DataLossError(absl::StrCat("what the block names as its series ",
                                          same.message(),
                                          " as the stream has it"));
}

absl::StatusOr<DecodedSeries> SeriesBlocks::Read(const BlockRow& row) {
  const auto bytes = BlockBytes(store_, row);
  if (!bytes.ok()) return bytes.status();
  return Decode(*bytes);
}

}  // namespace fovea
