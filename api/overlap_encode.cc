// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where nobody else looks the quality is uniform: the stored picture has
// been through a map already, and a second one would take twice.

#include "api/overlap_encode.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "api/overlap_source.h"
#include "api/parameter_sets.h"
#include "codec/video_encoder.h"

namespace fovea {
namespace {

absl::StatusOr<std::vector<EncodedFrame>> Encode(
    const ReduceOptions& options, std::span<const Frame> frames,
    std::span<const MacroblockMask> masks, QualityMap* first_map) {
  VideoEncoderOptions encoding;
  encoding.camera = options.camera;
  encoding.crf = options.crf;
  encoding.preset = options.preset;
  encoding.threads = options.threads;
  encoding.gop_frames = std::max(1, static_cast<int>(frames.size()));
  encoding.tables.chroma_qp_offset = options.chroma_qp_offset;
  const auto encoder = NewVideoEncoder(encoding);
  if (!encoder.ok()) return encoder.status();
  std::vector<EncodedFrame> coded;
  int64_t last_pts = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    auto map = RaiseInOverlap(nullptr, masks[i], options.qp_offset);
    if (!map.ok()) return map.status();
    Frame frame = frames[i];
    // The encoder wants time to move on; the frame table keeps the truth.
    if (i > 0) frame.pts = std::max(frame.pts, last_pts + 1);
    last_pts = frame.pts;
    absl::Status status = (*encoder)->Encode(frame, &*map, &coded);
    if (!status.ok()) return status;
    if (i == 0) *first_map = *std::move(map);
  }
  if (absl::Status s = (*encoder)->Flush(&coded); !s.ok()) return s;
  if (coded.size() != frames.size()) {
    return absl::InternalError("overlap: the encoder lost a picture");
  }
  return coded;
}

absl::Status Mark(const ReduceOptions& options, QualityMap map,
                  EncodedFrame* keyframe) {
  QualitySideData data = options.side_data.value_or(QualitySideData());
  data.map = std::move(map);
  data.map_holds = false;
  data.verdict = QualityVerdict::kUnchecked;
  data.chroma_qp_offset = options.chroma_qp_offset;
  const auto sei = SideDataSei(data);
  if (!sei.ok()) return sei.status();
  return InsertSei(*sei, &keyframe->data);
}

}  // namespace

void ReadEncoderText(const std::string& text, ReduceOptions* options) {
  for (const auto& word : absl::StrSplit(text, ' ')) {
    const std::pair<std::string, std::string> field =
        absl::StrSplit(word, absl::MaxSplits('=', 1));
    double crf = 0;
    int threads = 0;
    if (field.first == "preset") options->preset = field.second;
    if (field.first == "crf" && absl::SimpleAtod(field.second, &crf)) {
      options->crf = crf;
    }
    if (field.first == "threads" && absl::SimpleAtoi(field.second, &threads)) {
      options->threads = threads;
    }
  }
}

absl::StatusOr<std::optional<CanonicalGop>> ReduceGop(
    const ReduceOptions& options, std::span<const Frame> frames,
    std::span<const MacroblockMask> masks) {
  if (frames.empty() || frames.size() != masks.size()) {
    return absl::InvalidArgumentError("overlap: a mask per frame is needed");
  }
  QualityMap map;
  auto coded = Encode(options, frames, masks, &map);
  if (!coded.ok()) return coded.status();
  absl::Status status = Mark(options, std::move(map), &coded->front());
  if (!status.ok()) return status;
  const auto assembler = GopAssembler::Create(kAnnexB, {}, NameParameterSet);
  if (!assembler.ok()) return assembler.status();
  for (size_t i = 0; i < coded->size(); ++i) {
    AccessUnit unit;
    unit.data = std::move((*coded)[i].data);
    unit.pts = unit.dts = frames[i].pts;
    unit.time_ns = frames[i].time_ns;
    unit.duration_ns = frames[i].duration_ns;
    unit.keyframe = (*coded)[i].keyframe;
    const auto before = (*assembler)->Add(unit);
    if (!before.ok()) return before.status();
    if (before->has_value()) return std::nullopt;
  }
  return (*assembler)->Finish();
}

}  // namespace fovea
