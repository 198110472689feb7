// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/overlap_trial.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/decode/video_decoder.h"
#include "codec/limits.h"
#include "codec/quality_side_data.h"

namespace fovea {
namespace {

// Blocks around what only the second camera sees: networks look at what
// surrounds an object, too.
constexpr int kGrowProtected = 2;

int64_t EndOf(const GopRow& row) { return row.start_ns + row.duration_ns; }

uint64_t PictureBytes(const CameraInfo& camera) {
  return static_cast<uint64_t>(camera.width) *
         static_cast<uint64_t>(camera.height) * 3 / 2;
}

}  // namespace

OverlapReducer::OverlapReducer(ChunkStore* store, const OverlapRoles* roles,
                               OverlapJudges* judges, int look_every,
                               uint64_t most_bytes)
    : roles_(*roles),
      judges_(judges),
      look_every_(static_cast<size_t>(std::max(1, look_every))),
      most_bytes_(most_bytes),
      index_(store),
      first_reader_(store, &roles->first.description),
      second_reader_(store, &roles->second.description) {}

absl::Status OverlapReducer::LoadFirst() {
  if (loaded_) return absl::OkStatus();
  auto gops = index_.Gops(roles_.first.id, INT64_MIN, INT64_MAX);
  if (!gops.ok()) return gops.status();
  first_gops_ = *std::move(gops);
  loaded_ = true;
  return absl::OkStatus();
}

// Without a hole: where the first camera was not looking nobody else keeps
// anything. A frame's worth at the end does not count: cameras do not tick
// together.
bool OverlapReducer::FirstCovers(const GopRow& row) const {
  const int64_t frame = row.duration_ns / std::max<int64_t>(1, row.frames);
  int64_t covered = row.start_ns;
  for (const GopRef& gop : first_gops_) {
    if (gop.row.start_ns > covered + frame) continue;
    covered = std::max(covered, EndOf(gop.row));
  }
  return covered + frame >= EndOf(row);
}

uint64_t OverlapReducer::FirstBytesDuring(const GopRow& row) const {
  double bytes = 0;
  for (const GopRef& gop : first_gops_) {
    const int64_t common = std::min(EndOf(gop.row), EndOf(row)) -
                           std::max(gop.row.start_ns, row.start_ns);
    if (common <= 0 || gop.row.duration_ns <= 0) continue;
    bytes += static_cast<double>(gop.row.size) * static_cast<double>(common) /
             static_cast<double>(gop.row.duration_ns);
  }
  return static_cast<uint64_t>(bytes);
}

absl::StatusOr<std::vector<Frame>> OverlapReducer::Decode(const GopRef& gop) {
  std::vector<Frame> frames;
  absl::Status status =
      second_reader_.Frames(gop, [&](uint32_t, const Frame& frame) {
        frames.push_back(frame);
        return true;
      });
  if (!status.ok()) return status;
  return frames;
}

// What the first camera's models say of the frame shown at a time.
absl::StatusOr<OverlapReducer::Seen> OverlapReducer::AskFirst(int64_t time_ns) {
  const auto known = first_seen_.find(time_ns);
  if (known != first_seen_.end()) return known->second;
  auto ref = index_.AtTime(roles_.first.id, time_ns);
  // The first picture of a camera that begins a little later stands for it.
  if (absl::IsNotFound(ref.status())) ref = index_.AtIndex(roles_.first.id, 0);
  if (!ref.ok()) return ref.status();
  Seen seen;
  absl::Status asked;
  absl::Status status =
      first_reader_.Frames(ref->gop, [&](uint32_t rank, const Frame& frame) {
        if (rank < ref->rank) return true;
        auto answers =
            judges_->Ask(frame, roles_.first.description.camera.color);
        asked = answers.status();
        if (answers.ok()) seen = *std::move(answers);
        return false;
      });
  status.Update(asked);
  if (!status.ok()) return status;
  return first_seen_[time_ns] = std::move(seen);
}

absl::StatusOr<std::vector<OverlapReducer::Look>> OverlapReducer::LookAt(
    const std::vector<Frame>& frames) {
  std::vector<Look> looks;
  if (judges_->size() == 0) return looks;
  for (size_t i = 0; i < frames.size(); i += look_every_) {
    Look look;
    look.frame = i;
    auto first = AskFirst(frames[i].time_ns);
    if (!first.ok()) return first.status();
    look.first = *std::move(first);
    auto second =
        judges_->Ask(frames[i], roles_.second.description.camera.color);
    if (!second.ok()) return second.status();
    look.second = *std::move(second);
    std::vector<Box> protect;
    for (size_t j = 0; j < judges_->size(); ++j) {
      const auto only =
          OnlyInSecond({look.first[j], look.second[j]}, roles_.first_to_second,
                       judges_->threshold(j));
      protect.insert(protect.end(), only.begin(), only.end());
    }
    look.mask = Without(roles_.mask, protect, kGrowProtected);
    looks.push_back(std::move(look));
  }
  return looks;
}

ReduceOptions OverlapReducer::OptionsFor(const GopRef& gop,
                                         int qp_offset) const {
  ReduceOptions options;
  options.camera = roles_.second.description.camera;
  options.qp_offset = qp_offset;
  ReadEncoderText(roles_.second.description.encoder, &options);
  const auto units = second_reader_.Units(gop, /*original=*/true);
  if (!units.ok() || units->empty()) return options;
  auto said = FindSideData((*units)[0].data, kAnnexB, CodecLimits());
  if (!said.ok() || !said->has_value()) return options;
  options.chroma_qp_offset = (*said)->chroma_qp_offset;
  options.side_data = **std::move(said);
  return options;
}

absl::StatusOr<std::vector<Frame>> OverlapReducer::DecodeAgain(
    const CanonicalGop& gop, size_t frames) const {
  const ParameterSetLookup lookup = [&](const ParameterSetName& name)
      -> absl::StatusOr<std::vector<uint8_t>> {
    for (const CanonicalGop::ParameterSet& set : gop.parameter_sets) {
      if (set.name == name) return set.nal;
    }
    return absl::NotFoundError("overlap: a parameter set is missing");
  };
  const auto units = ToAnnexB(gop.payload, gop.trim, lookup);
  if (!units.ok()) return units.status();
  const CameraInfo& camera = roles_.second.description.camera;
  auto decoder =
      VideoDecoder::Create({.width = camera.width, .height = camera.height});
  if (!decoder.ok()) return decoder.status();
  std::vector<Frame> decoded;
  for (size_t i = 0; i < units->size(); ++i) {
    absl::Status status =
        (*decoder)->Decode((*units)[i], static_cast<int64_t>(i), &decoded);
    if (!status.ok()) return status;
  }
  if (absl::Status s = (*decoder)->Flush(&decoded); !s.ok()) return s;
  if (decoded.size() == frames) return decoded;
  return absl::InternalError(absl::StrCat("overlap: ", decoded.size(), " of ",
                                          frames, " pictures decode"));
}

absl::Status OverlapReducer::Measure(const std::vector<Frame>& before,
                                     const std::vector<Look>& looks,
                                     const std::vector<MacroblockMask>& masks,
                                     TriedGop* out) {
  for (size_t i = 0; i < before.size(); ++i) {
    AddDistortion(before[i], out->decoded[i], masks[i], &out->trial);
  }
  out->trial.agreements.resize(judges_->size());
  for (const Look& look : looks) {
    const auto after = judges_->Ask(out->decoded[look.frame],
                                    roles_.second.description.camera.color);
    if (!after.ok()) return after.status();
    for (size_t j = 0; j < judges_->size(); ++j) {
      // The first camera's bytes stay: its answers are what they were.
      out->trial.agreements[j] +=
          ComparePair({look.first[j], look.second[j]},
                      {look.first[j], (*after)[j]}, roles_.first_to_second,
                      look.mask, judges_->threshold(j), kScoreSlack);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<TriedGop> OverlapReducer::Try(const GopRef& gop, int qp_offset) {
  if (absl::Status s = LoadFirst(); !s.ok()) return s;
  TriedGop out;
  if (gop.row.leading > 0 || gop.row.open) {
    out.why_not = "an open GOP";
  } else if (!FirstCovers(gop.row)) {
    out.why_not = "the other camera does not run all the time";
  } else if (gop.row.frames * PictureBytes(roles_.second.description.camera) >
             most_bytes_) {
    out.why_not = "a GOP too long to be held in memory";
  }
  if (!out.why_not.empty()) return out;
  first_seen_.clear();
  const auto frames = Decode(gop);
  if (!frames.ok()) return frames.status();
  const auto looks = LookAt(*frames);
  if (!looks.ok()) return looks.status();
  std::vector<MacroblockMask> masks;
  for (size_t i = 0; i < frames->size(); ++i) {
    masks.push_back(looks->empty() ? roles_.mask
                                   : (*looks)[i / look_every_].mask);
  }
  auto reduced = ReduceGop(OptionsFor(gop, qp_offset), *frames, masks);
  if (!reduced.ok()) return reduced.status();
  if (!reduced->has_value()) {
    out.why_not = "a cut inside the GOP";
    return out;
  }
  out.gop = **std::move(reduced);
  out.trial.first_bytes = FirstBytesDuring(gop.row);
  out.trial.bytes_before = gop.row.size;
  out.trial.bytes_after = out.gop.payload.size();
  auto decoded = DecodeAgain(out.gop, frames->size());
  if (!decoded.ok()) return decoded.status();
  out.decoded = *std::move(decoded);
  if (absl::Status s = Measure(*frames, *looks, masks, &out); !s.ok()) return s;
  return out;
}

}  // namespace fovea
