// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of an incoming camera another one, stored already, keeps.

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/ingest_run.h"
#include "api/overlap_probe.h"
#include "api/overlap_source.h"

namespace fovea {

// What the stream says of itself goes first: it is what its footage was
// coded by so far.
absl::StatusOr<std::optional<OverlapSpan>> IngestRun::OverlapOf(
    const std::string& stream_name, const std::string& location,
    StreamDescription* description) {
  std::optional<OverlapNote> note;
  auto own = registry_->Find(stream_name);
  if (own.ok() && (options_.append || options_.resume)) {
    auto stored = DecodeStreamDescription(own->description);
    if (!stored.ok()) return stored.status();
    note = stored->overlap;
  }
  if (!note && options_.overlap_stream.empty()) return std::nullopt;
  if (own.ok() && !note) {
    return absl::FailedPreconditionError(
        absl::StrCat("stream '", stream_name,
                     "' holds footage of full quality; give what "
                     "overlaps another camera a name of its own"));
  }
  auto first = registry_->Find(note ? note->with : options_.overlap_stream);
  if (note && (absl::IsNotFound(first.status()) ||
               (first.ok() && first->id != note->with_id))) {
    return std::nullopt;  // the other camera's footage is gone
  }
  if (!first.ok()) return first.status();
  if (!note) {
    auto measured = MeasureOverlap(*first, location);
    if (!measured.ok()) return measured.status();
    note = *std::move(measured);
    observer_->OnNote(absl::StrCat(
        stream_name, ": ", static_cast<int>(100 * note->mask.share() + 0.5),
        " % of the picture is seen by '", first->name,
        "', too, and kept coarsely here"));
    description->overlap = note;
  }
  const auto extent = registry_->Extent(*first);
  if (!extent.ok()) return extent.status();
  return OverlapSpan{note->mask, note->qp_offset, extent->start_ns,
                     extent->end_ns};
}

absl::StatusOr<OverlapNote> IngestRun::MeasureOverlap(
    const StreamRow& first, const std::string& location) {
  auto description = DecodeStreamDescription(first.description);
  if (!description.ok()) return description.status();
  if (description->kind != StreamKind::kCamera || description->stills) {
    return absl::InvalidArgumentError(
        absl::StrCat("overlap with '", first.name, "': it is no video"));
  }
  if (description->overlap) {
    return absl::FailedPreconditionError(
        absl::StrCat("overlap with '", first.name,
                     "': it is coarse itself, "
                     "where '",
                     description->overlap->with, "' looks"));
  }
  const auto finding = ProbeOverlap(store_, first.id, *description, location,
                                    options_.source, PairRules());
  if (!finding.ok()) return finding.status();
  OverlapNote note;
  note.with_id = first.id;
  note.with = first.name;
  note.homography = finding->first_to_second;
  note.mask = finding->mask;
  note.qp_offset = kIngestOverlapQpOffset;
  note.at_ingest = true;
  note.done = true;
  return note;
}

}  // namespace fovea
