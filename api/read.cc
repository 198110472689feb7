// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading back: frames, samples, packets.

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/block_reader.h"
#include "api/gop_reader.h"
#include "api/series_blocks.h"
#include "api/shown_frames.h"
#include "api/store.h"
#include "codec/series_block.h"
#include "codec/series_rows.h"
#include "index/frame_index.h"

namespace fovea {
namespace {

// The samples of `batch` inside `range`.
SeriesBatch Inside(const SeriesBatch& batch, size_t channels, TimeRange range) {
  SeriesBatch inside;
  for (size_t i = 0; i < batch.time_ns.size(); ++i) {
    const int64_t time = batch.time_ns[i];
    if (time < range.from_ns || time >= range.to_ns) continue;
    AppendRow(batch, i, channels, &inside);
  }
  return inside;
}

TimeOrder InOrder(const StreamSummary& stream) {
  return stream.counts.times_backward == 0 ? TimeOrder::kRising
                                           : TimeOrder::kUnknown;
}

absl::Status WrongKind(const StreamSummary& stream, const char* wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("stream '", stream.name, "' is of kind ",
                   StreamKindName(stream.description.kind), ", not ", wanted));
}

// One frame of a GOP or still stream.
absl::StatusOr<int64_t> ReadOne(
    StoreReader* store, const StreamDescription& description,
    const FrameRef& ref, const std::function<bool(const ReadFrame&)>& visit) {
  const GopReader reader(store, &description);
  if (description.stills) {
    absl::StatusOr<StillImage> still = reader.Still(ref.gop);
    if (!still.ok()) return still.status();
    visit({ref.gop.first_index, {}, *std::move(still)});
    return 0;
  }
  const absl::Status status =
      reader.Frames(ref.gop, [&](uint32_t rank, const Frame& frame) {
        if (rank < ref.rank) return true;
        visit({ref.gop.first_index + rank, frame, {}});
        return false;
      });
  if (!status.ok()) return status;
  return reader.frames_decoded();
}

// Takes one frame per step of those shown.
class Steps {
 public:
  explicit Steps(const FrameSelection& selection)
      : step_ns_(selection.every_ns.value_or(0)),
        range_(selection.range),
        due_ns_(selection.range.from_ns) {}

  bool Takes(int64_t time_ns) {
    if (step_ns_ == 0) return true;
    if (time_ns < due_ns_ || time_ns >= range_.to_ns) return false;
    // The first frame sets the phase; later ones keep it.
    due_ns_ = due_ns_ == std::numeric_limits<int64_t>::min()
                  ? time_ns + step_ns_
                  : due_ns_ + ((time_ns - due_ns_) / step_ns_ + 1) * step_ns_;
    return true;
  }

 private:
  const int64_t step_ns_;
  const TimeRange range_;
  int64_t due_ns_;
};

TimeOrder FrameOrder(const StreamSummary& stream) {
  return stream.counts.times_repeated == 0 ? InOrder(stream)
                                           : TimeOrder::kUnknown;
}

}  // namespace

absl::StatusOr<int64_t> Store::ReadFrames(
    const std::string& stream, const FrameSelection& selection,
    const std::function<bool(const ReadFrame&)>& visit) {
  absl::StatusOr<StreamSummary> summary = Describe(stream);
  if (!summary.ok()) return summary.status();
  if (summary->description.kind != StreamKind::kCamera) {
    return WrongKind(*summary, "camera");
  }
  if (!selection.index.has_value() && !selection.at_ns.has_value()) {
    return ReadEvery(selection, *summary, visit);
  }
  const FrameIndex index(chunks_.get());
  absl::StatusOr<FrameRef> ref =
      selection.index.has_value() ? index.AtIndex(summary->id, *selection.index)
                                  : index.AtTime(summary->id, *selection.at_ns);
  if (absl::IsNotFound(ref.status())) {
    return absl::NotFoundError(absl::StrCat(
        "stream '", stream, "' has no such frame; it holds indexes 0 to ",
        static_cast<int64_t>(summary->end_index) - 1, ", times ",
        summary->start_ns, " to ", summary->end_ns, " ns"));
  }
  if (!ref.ok()) return ref.status();
  return ReadOne(chunks_.get(), summary->description, *ref, visit);
}

absl::StatusOr<int64_t> Store::ReadEvery(
    const FrameSelection& selection, const StreamSummary& stream,
    const std::function<bool(const ReadFrame&)>& visit) {
  if (selection.every_ns.has_value() && *selection.every_ns <= 0) {
    return absl::InvalidArgumentError("the step between frames must be > 0");
  }
  ShownFrames frames(chunks_.get(), stream.id, &stream.description,
                     FrameOrder(stream));
  Steps steps(selection);
  const absl::Status status = frames.Read(
      selection.range.from_ns, selection.range.to_ns,
      [&](uint64_t index, const Frame& frame, const StillImage& still) {
        const bool is_still = !still.file.empty();
        if (!steps.Takes(is_still ? still.time_ns : frame.time_ns)) return true;
        return visit({index, frame, still});
      });
  if (!status.ok()) return status;
  return frames.frames_decoded();
}

absl::Status Store::ReadUnits(
    const std::string& stream, TimeRange range,
    const std::function<bool(const AccessUnit&)>& visit) {
  absl::StatusOr<StreamSummary> summary = Describe(stream);
  if (!summary.ok()) return summary.status();
  const StreamDescription& description = summary->description;
  if (description.kind != StreamKind::kCamera || description.stills) {
    return WrongKind(*summary, "video");
  }
  const GopReader reader(chunks_.get(), &description);
  absl::StatusOr<std::vector<GopRef>> gops =
      FrameIndex(chunks_.get())
          .Gops(summary->id, range.from_ns, range.to_ns, FrameOrder(*summary));
  if (!gops.ok()) return gops.status();
  for (const GopRef& gop : *gops) {
    absl::StatusOr<std::vector<AccessUnit>> units =
        reader.Units(gop, /*original=*/true);
    if (!units.ok()) return units.status();
    for (const AccessUnit& unit : *units) {
      if (!visit(unit)) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::Status Store::ReadSeries(
    const std::string& stream, TimeRange range,
    const std::function<bool(const SeriesBatch&)>& visit) {
  absl::StatusOr<StreamSummary> summary = Describe(stream);
  if (!summary.ok()) return summary.status();
  const StreamKind kind = summary->description.kind;
  if (kind != StreamKind::kImu && kind != StreamKind::kSeries) {
    return WrongKind(*summary, "imu or series");
  }
  SeriesBlocks blocks(chunks_.get(), summary->id);
  return ForEachBlock(
      chunks_.get(), summary->id, range.from_ns, range.to_ns, InOrder(*summary),
      [&](const BlockRow& row) -> absl::StatusOr<bool> {
        absl::StatusOr<DecodedSeries> decoded = blocks.Read(row);
        if (!decoded.ok()) return decoded.status();
        const SeriesBatch batch =
            Inside(decoded->batch, decoded->channels, range);
        return batch.time_ns.empty() || visit(batch);
      });
}

absl::Status Store::ReadOpaque(
    const std::string& stream, TimeRange range,
    const std::function<bool(const OpaquePacket&)>& visit) {
  absl::StatusOr<StreamSummary> summary = Describe(stream);
  if (!summary.ok()) return summary.status();
  if (summary->description.kind != StreamKind::kOpaque) {
    return WrongKind(*summary, "opaque");
  }
  return ForEachBlock(chunks_.get(), summary->id, range.from_ns, range.to_ns,
                      InOrder(*summary),
                      [&](const BlockRow& row) -> absl::StatusOr<bool> {
                        absl::StatusOr<std::vector<uint8_t>> bytes =
                            BlockBytes(chunks_.get(), row);
                        if (!bytes.ok()) return bytes.status();
                        absl::StatusOr<std::vector<OpaquePacket>> packets =
                            DecodeOpaqueBlock(*bytes);
                        if (!packets.ok()) return packets.status();
                        for (const OpaquePacket& packet : *packets) {
                          const bool inside = packet.time_ns >= range.from_ns &&
                                              packet.time_ns < range.to_ns;
                          if (inside && !visit(packet)) return false;
                        }
                        return true;
                      });
}

}  // namespace fovea
