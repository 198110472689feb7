// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/gop_reader.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/parameter_sets.h"
#include "codec/canonical_gop.h"
#include "codec/decode/video_decoder.h"

namespace fovea {
namespace {

std::string Place(const GopRef& gop) {
  return absl::StrCat("GOP at index ", gop.first_index);
}

std::span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Rank in presentation order of each picture of `table`.
std::vector<uint32_t> Ranks(const FrameTable& table) {
  std::vector<uint32_t> order(table.frames.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return table.frames[a].pts < table.frames[b].pts;
  });
  std::vector<uint32_t> ranks(order.size());
  for (uint32_t rank = 0; rank < order.size(); ++rank) {
    ranks[order[rank]] = rank;
  }
  return ranks;
}

// Hands decoded pictures on in presentation order. They are told apart by
// their place in decoding order, given to the decoder as pts: sources
// repeat real ones.
class PictureOrder {
 public:
  PictureOrder(const FrameTable& table, size_t lead,
               const GopReader::Visitor& visit)
      : table_(table), ranks_(Ranks(table)), lead_(lead), visit_(visit) {}

  bool going() const { return going_; }
  uint32_t visited() const { return next_; }

  void Take(std::vector<Frame>* frames) {
    for (Frame& frame : *frames) Sort(std::move(frame));
    frames->clear();
    auto it = waiting_.begin();
    while (going_ && it != waiting_.end() && it->first == next_) {
      going_ = visit_(it->first, it->second);
      it = waiting_.erase(it);
      ++next_;
    }
  }

 private:
  void Sort(Frame frame) {
    if (frame.pts < static_cast<int64_t>(lead_)) return;
    const size_t i = static_cast<size_t>(frame.pts) - lead_;
    if (i >= ranks_.size()) return;
    const FrameEntry& entry = table_.frames[i];
    frame.pts = entry.pts;
    frame.time_ns = entry.time_ns;
    frame.duration_ns = entry.duration_ns;
    waiting_.emplace(ranks_[i], std::move(frame));
  }

  const FrameTable& table_;
  const std::vector<uint32_t> ranks_;
  const size_t lead_;  // pictures of the GOP before
  const GopReader::Visitor& visit_;
  std::map<uint32_t, Frame> waiting_;  // by rank
  uint32_t next_ = 0;
  bool going_ = true;
};

}  // namespace

absl::StatusOr<FrameTable> GopReader::CheckedTable(const GopRef& gop) const {
  absl::StatusOr<FrameTable> table = index_.Table(gop);
  if (!table.ok()) return table.status();
  if (table->frames.size() != gop.row.frames) {
    return absl::DataLossError(
        absl::StrCat(Place(gop), ": frame table has ", table->frames.size(),
                     " entries, its row says ", gop.row.frames));
  }
  return table;
}

absl::StatusOr<std::vector<AccessUnit>> GopReader::Units(const GopRef& gop,
                                                         bool original) const {
  absl::StatusOr<FrameTable> table = CheckedTable(gop);
  if (!table.ok()) return table.status();
  absl::StatusOr<std::vector<uint8_t>> payload =
      store_->ReadChunk(gop.row.chunk);
  if (!payload.ok()) return payload.status();
  const ParameterSetLookup lookup = ParameterSetsOf(store_);
  auto bytes = original
                   ? RestoreOriginal(*payload, BytesOf(table->trim), lookup)
                   : ToAnnexB(*payload, BytesOf(table->trim), lookup);
  if (!bytes.ok()) return bytes.status();
  if (bytes->size() != table->frames.size()) {
    return absl::DataLossError(absl::StrCat(Place(gop), ": ", bytes->size(),
                                            " access units for ",
                                            table->frames.size(), " frames"));
  }
  std::vector<AccessUnit> units(bytes->size());
  for (size_t i = 0; i < units.size(); ++i) {
    const FrameEntry& entry = table->frames[i];
    units[i].data = std::move((*bytes)[i]);
    units[i].pts = entry.pts;
    units[i].dts = entry.dts;
    units[i].time_ns = entry.time_ns;
    units[i].duration_ns = entry.duration_ns;
    units[i].keyframe = i == 0;
  }
  return units;
}

absl::StatusOr<StillImage> GopReader::Still(const GopRef& gop) const {
  absl::StatusOr<FrameTable> table = CheckedTable(gop);
  if (!table.ok()) return table.status();
  absl::StatusOr<std::vector<uint8_t>> file = store_->ReadChunk(gop.row.chunk);
  if (!file.ok()) return file.status();
  StillImage still;
  still.format = gop.row.codec == kCodecPng ? "png" : "jpeg";
  still.name = table->trim;
  still.file = *std::move(file);
  still.time_ns = gop.row.start_ns;
  return still;
}

absl::StatusOr<std::vector<AccessUnit>> GopReader::UnitsWithLead(
    const GopRef& gop, size_t* lead) const {
  *lead = 0;
  std::vector<AccessUnit> all;
  if (gop.row.leading > 0 && gop.first_index > 0) {
    absl::StatusOr<FrameRef> before =
        index_.AtIndex(gop.stream, gop.first_index - 1);
    if (before.ok()) {
      absl::StatusOr<std::vector<AccessUnit>> units =
          Units(before->gop, /*original=*/false);
      if (!units.ok()) return units.status();
      all = *std::move(units);
      *lead = all.size();
    }
  }
  absl::StatusOr<std::vector<AccessUnit>> units =
      Units(gop, /*original=*/false);
  if (!units.ok()) return units.status();
  std::move(units->begin(), units->end(), std::back_inserter(all));
  return all;
}

absl::Status GopReader::Frames(const GopRef& gop, const Visitor& visit) const {
  absl::StatusOr<FrameTable> table = CheckedTable(gop);
  if (!table.ok()) return table.status();
  size_t lead = 0;
  absl::StatusOr<std::vector<AccessUnit>> units = UnitsWithLead(gop, &lead);
  if (!units.ok()) return units.status();
  auto decoder = VideoDecoder::Create(
      {.width = stream_->camera.width, .height = stream_->camera.height});
  if (!decoder.ok()) return decoder.status();
  PictureOrder order(*table, lead, visit);
  std::vector<Frame> frames;
  for (size_t i = 0; i < units->size() && order.going(); ++i) {
    absl::Status status =
        (*decoder)->Decode((*units)[i].data, static_cast<int64_t>(i), &frames);
    if (!status.ok()) return status;
    frames_decoded_ += static_cast<int64_t>(frames.size());
    order.Take(&frames);
  }
  if (!order.going()) return absl::OkStatus();
  if (absl::Status s = (*decoder)->Flush(&frames); !s.ok()) return s;
  frames_decoded_ += static_cast<int64_t>(frames.size());
  order.Take(&frames);
  if (order.going() && order.visited() != gop.row.frames) {
    return absl::DataLossError(absl::StrCat(Place(gop), ": ", order.visited(),
                                            " of ", gop.row.frames,
                                            " pictures decode"));
  }
  return absl::OkStatus();
}

}  // namespace fovea
