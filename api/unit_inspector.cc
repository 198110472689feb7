// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pictures are told apart by their place in decoding order, given to the
// decoder as pts: sources repeat real ones.

#include "api/unit_inspector.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr size_t kMaxDamageLines = 32;

void PutUnit(std::span<const uint8_t> nal, std::vector<uint8_t>* out) {
  constexpr uint8_t kStartCode[] = {0, 0, 0, 1};
  out->insert(out->end(), std::begin(kStartCode), std::end(kStartCode));
  out->insert(out->end(), nal.begin(), nal.end());
}

void Learn(std::span<const uint8_t> nal, ParameterSets* sets) {
  if (NalTypeOf(nal) == kNalSps) {
    if (auto sps = ParseSps(nal); sps.ok()) sets->sps[sps->id] = *sps;
  } else if (NalTypeOf(nal) == kNalPps) {
    if (auto pps = ParsePps(nal); pps.ok()) sets->pps[pps->id] = *pps;
  }
}

char TypeOf(SliceKind kind) {
  switch (kind) {
    case SliceKind::kI:
    case SliceKind::kSi:
      return 'I';
    case SliceKind::kB:
      return 'B';
    default:
      return 'P';
  }
}

// The type of a picture some of whose slices are `a`, some `b`.
char Coarser(char a, char b) {
  if (a == 'B' || b == 'B') return 'B';
  return a == 'P' || b == 'P' ? 'P' : 'I';
}

double MeanOf(const MacroblockQps& qps) {
  if (qps.qp.empty()) return -1;
  return std::accumulate(qps.qp.begin(), qps.qp.end(), 0.0) /
         static_cast<double>(qps.qp.size());
}

}  // namespace

absl::StatusOr<std::unique_ptr<UnitInspector>> UnitInspector::Create(
    NalFraming framing, std::span<const uint8_t> codec_config,
    const InspectOptions& options, Inspection* result) {
  std::unique_ptr<UnitInspector> inspector(new UnitInspector(options, result));
  inspector->framing_ = framing;
  const auto config = ParseCodecConfig(codec_config, CodecLimits());
  if (!config.ok()) return config.status();
  for (const auto& set : config->parameter_sets) {
    PutUnit(set, &inspector->config_sets_);
    Learn(set, &inspector->sets_);
  }
  VideoDecoderOptions decoder_options;
  decoder_options.width = result->camera.width;
  decoder_options.height = result->camera.height;
  decoder_options.threads = options.threads;
  decoder_options.read_qp = true;
  auto decoder = VideoDecoder::Create(decoder_options);
  if (!decoder.ok()) return decoder.status();
  inspector->decoder_ = *std::move(decoder);
  return inspector;
}

void UnitInspector::Damage(const std::string& what) {
  ++result_->damaged;
  if (result_->damage.size() < kMaxDamageLines) {
    result_->damage.push_back(
        absl::StrCat("picture ", result_->frames.size() - 1, ": ", what));
  }
}

void UnitInspector::Add(const AccessUnit& unit) {
  InspectedFrame frame;
  frame.pts = unit.pts;
  frame.time_ns = unit.time_ns;
  frame.bytes = unit.data.size();
  frame.keyframe = unit.keyframe;
  result_->bytes += unit.data.size();
  result_->frames.push_back(frame);
  const auto annex_b = ToAnnexB(unit);
  if (!annex_b.ok()) {
    Damage(std::string(annex_b.status().message()));
    return;
  }
  ReadHeaders(*annex_b, &result_->frames.back());
  ReadSideData(*annex_b);
  Decode(*annex_b);
}

absl::StatusOr<std::vector<uint8_t>> UnitInspector::ToAnnexB(
    const AccessUnit& unit) const {
  std::vector<uint8_t> out;
  if (unit.keyframe || result_->frames.size() == 1) out = config_sets_;
  const auto split = SplitAccessUnit(unit.data, framing_, CodecLimits());
  if (!split.ok()) return split.status();
  for (const NalPiece& piece : split->pieces) {
    PutUnit(
        std::span<const uint8_t>(unit.data).subspan(piece.offset, piece.size),
        &out);
  }
  return out;
}

void UnitInspector::ReadHeaders(std::span<const uint8_t> annex_b,
                                InspectedFrame* frame) {
  const auto split = SplitAccessUnit(annex_b, kAnnexB, CodecLimits());
  if (!split.ok()) return;
  double sum = 0;
  int slices = 0;
  for (const NalPiece& piece : split->pieces) {
    const auto nal = annex_b.subspan(piece.offset, piece.size);
    Learn(nal, &sets_);
    const NalType type = NalTypeOf(nal);
    if (!IsBaseSlice(type)) continue;
    if (type == kNalIdrSlice) frame->keyframe = true;
    const auto header = ParseSliceHeader(nal, sets_);
    if (!header.ok()) continue;
    if (header->first_mb == 0) CheckSize(header->pps_id);
    const char kind = TypeOf(header->kind);
    frame->type = frame->type == '?' ? kind : Coarser(frame->type, kind);
    if (!header->qp) continue;
    sum += *header->qp;
    ++slices;
  }
  if (slices > 0) frame->mean_qp = sum / slices;
}

void UnitInspector::CheckSize(uint32_t pps_id) {
  const auto pps = sets_.pps.find(pps_id);
  if (pps == sets_.pps.end()) return;
  const auto sps = sets_.sps.find(pps->second.sps_id);
  if (sps == sets_.sps.end()) return;
  if (columns_ == 0) {
    columns_ = sps->second.mb_width;
    map_height_ = sps->second.map_height;
  } else if (columns_ != sps->second.mb_width ||
             map_height_ != sps->second.map_height) {
    Damage(absl::StrCat("size changed from ", columns_, "x", map_height_,
                        " to ", sps->second.mb_width, "x",
                        sps->second.map_height, " macroblocks"));
    columns_ = sps->second.mb_width;
    map_height_ = sps->second.map_height;
  }
}

void UnitInspector::ReadSideData(std::span<const uint8_t> annex_b) {
  auto found = FindSideData(annex_b, kAnnexB, CodecLimits());
  if (!found.ok()) {
    Damage(std::string(found.status().message()));
  } else if (found->has_value()) {
    result_->side_data.push_back(
        {result_->frames.size() - 1, **std::move(found)});
  }
}

void UnitInspector::Decode(const std::vector<uint8_t>& annex_b) {
  const auto number = static_cast<int64_t>(result_->frames.size()) - 1;
  std::vector<Frame> frames;
  if (absl::Status s = decoder_->Decode(annex_b, number, &frames); !s.ok()) {
    Damage(std::string(s.message()));
  }
  Take(&frames);
}

void UnitInspector::Take(std::vector<Frame>* frames) {
  std::vector<MacroblockQps> qps = decoder_->TakeQps();
  for (size_t i = 0; i < frames->size() && i < qps.size(); ++i) {
    const int64_t index = next_index_++;
    const auto number = static_cast<size_t>((*frames)[i].pts);
    if (number < result_->frames.size()) {
      InspectedFrame& frame = result_->frames[number];
      frame.index = index;
      if (const double mean = MeanOf(qps[i]); mean >= 0) frame.mean_qp = mean;
    }
    if (options_.picture && *options_.picture == index) {
      result_->picture = {std::move((*frames)[i]), std::move(qps[i])};
    }
  }
  frames->clear();
}

void UnitInspector::Finish() {
  std::vector<Frame> frames;
  if (absl::Status s = decoder_->Flush(&frames); !s.ok()) {
    Damage(std::string(s.message()));
  }
  Take(&frames);
  for (size_t i = 0; i < result_->frames.size(); ++i) {
    const InspectedFrame& frame = result_->frames[i];
    if (frame.keyframe || result_->gops.empty()) {
      result_->gops.push_back({i, 0, 0, 0});
    }
    InspectedGop& gop = result_->gops.back();
    ++gop.frames;
    gop.bytes += frame.bytes;
    gop.mean_qp += frame.mean_qp;
  }
  for (InspectedGop& gop : result_->gops) {
    gop.mean_qp /= static_cast<double>(gop.frames);
  }
}

}  // namespace fovea
