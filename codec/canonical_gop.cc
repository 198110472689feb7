// SPDX-License-Identifier: GPL-2.0-or-later
//
// Access units in, canonical GOPs out. Where a GOP is cut depends on what
// the slices and SEI say, and on the container's keyframe flag only where
// the stream itself is silent, so that a re-wrapped stream is cut alike.
// Each unit is put back from payload and trim record, and compared, before
// it counts as taken.

#include "codec/canonical_gop.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/h264_syntax.h"
#include "codec/internal/gop_builder.h"
#include "codec/limits.h"
#include "codec/trim_record.h"

namespace fovea {
namespace {

// What the slices and SEI of one access unit say.
struct UnitSummary {
  bool has_slice = false;
  bool idr = false;
  bool first_is_intra = false;
  bool all_intra = true;
  bool exact_recovery = false;  // decoding is exact from here on
  PictureType type = PictureType::kUnknown;
  uint8_t qp = 0;
};

PictureType TypeOf(SliceKind kind) {
  switch (kind) {
    case SliceKind::kI:
    case SliceKind::kSi:
      return PictureType::kI;
    case SliceKind::kP:
    case SliceKind::kSp:
      return PictureType::kP;
    case SliceKind::kB:
      return PictureType::kB;
  }
  return PictureType::kUnknown;
}

void AddSlice(std::span<const uint8_t> nal, const ParameterSets& sets,
              UnitSummary* summary) {
  const bool first = !summary->has_slice;
  summary->has_slice = true;
  if (NalTypeOf(nal) == kNalIdrSlice) summary->idr = true;
  const auto header = ParseSliceHeader(nal, sets);
  const PictureType type =
      header.ok() ? TypeOf(header->kind) : PictureType::kUnknown;
  const bool intra = type == PictureType::kI;
  if (!intra) summary->all_intra = false;
  summary->type = std::max(summary->type, type);
  if (!first) return;
  summary->first_is_intra = intra;
  if (header.ok()) summary->qp = static_cast<uint8_t>(header->qp.value_or(0));
}

UnitSummary Summarize(std::span<const uint8_t> unit, const SplitUnit& split,
                      const ParameterSets& sets, const CodecLimits& limits) {
  UnitSummary summary;
  for (const NalPiece& piece : split.pieces) {
    const auto nal = unit.subspan(piece.offset, piece.size);
    const NalType type = NalTypeOf(nal);
    if (IsBaseSlice(type)) AddSlice(nal, sets, &summary);
    if (type != kNalSei) continue;
    const auto frames = FindRecoveryPoint(
        nal.first(std::min(nal.size(), limits.max_sei_bytes)));
    if (frames == 0U) summary.exact_recovery = true;
  }
  return summary;
}

bool StartsGop(const UnitSummary& summary, bool keyframe) {
  if (summary.idr) return true;
  if (summary.exact_recovery && summary.first_is_intra) return true;
  return keyframe && summary.all_intra;
}

bool IsFramingKnown(NalFraming framing) {
  return framing == kAnnexB || framing == 1 || framing == 2 || framing == 4;
}

absl::StatusOr<std::vector<std::vector<uint8_t>>> LoadRows(
    const TrimRecord& record, const ParameterSetLookup& lookup) {
  std::vector<std::vector<uint8_t>> rows;
  for (const TrimRow& row : record.rows) {
    if (!row.is_parameter_set) {
      rows.push_back(row.literal);
      continue;
    }
    auto nal = lookup(row.name);
    if (!nal.ok()) return nal.status();
    rows.push_back(*std::move(nal));
  }
  return rows;
}

void AppendStartCoded(std::span<const uint8_t> nal, std::vector<uint8_t>* out) {
  out->insert(out->end(), {0, 0, 0, 1});
  out->insert(out->end(), nal.begin(), nal.end());
}

// Clause D.1.8: exact from this picture on. A decoder that joins at a
// picture other than an IDR holds everything back until it reads this.
constexpr uint8_t kRecoveryPointSei[] = {kNalSei, 6, 1, 0xc4, 0x80};

bool StartsWithIdr(const std::vector<TrimWalker::Unit>& nals) {
  return std::any_of(nals.begin(), nals.end(), [](const auto& part) {
    return NalTypeOf(part.nal) == kNalIdrSlice;
  });
}

// Which row of a trim record is in force for each parameter set id.
class RowsInForce {
 public:
  // True when `nal` changes what is in force.
  bool Set(std::span<const uint8_t> nal, int row) {
    const auto id = ParameterSetId(nal);
    if (!id) return true;
    auto [at, fresh] = rows_.try_emplace({NalTypeOf(nal), *id}, row);
    return fresh || std::exchange(at->second, row) != row;
  }

 private:
  std::map<std::pair<NalType, uint32_t>, int> rows_;
};

}  // namespace

class GopAssembler::State {
 public:
  State(NalFraming framing, ParameterSetNamer namer)
      : framing_(framing), namer_(std::move(namer)) {}

  absl::Status Configure(std::span<const uint8_t> codec_config);
  absl::StatusOr<std::optional<CanonicalGop>> Add(const AccessUnit& unit);
  absl::StatusOr<std::optional<CanonicalGop>> Finish();

 private:
  void Learn(std::span<const uint8_t> nal);
  absl::StatusOr<std::optional<CanonicalGop>> Start(const AccessUnit& unit,
                                                    const SplitUnit& split,
                                                    const UnitSummary& summary);
  absl::Status Append(const AccessUnit& unit, const SplitUnit& split,
                      const UnitSummary& summary);

  const NalFraming framing_;
  const ParameterSetNamer namer_;
  const CodecLimits limits_;
  ParameterSets parsed_;
  SetsInForce in_force_;
  std::unique_ptr<GopBuilder> current_;
  // Why a unit was refused that all later ones lean on. Nothing more is
  // taken until the next GOP starts.
  absl::Status refused_;
};

absl::Status GopAssembler::State::Configure(
    std::span<const uint8_t> codec_config) {
  auto config = ParseCodecConfig(codec_config, limits_);
  if (!config.ok()) return config.status();
  const bool boxed = config->framing != kAnnexB;
  if (boxed && framing_ != kAnnexB && config->framing != framing_) {
    return absl::InvalidArgumentError(
        absl::StrCat("avcC says length prefixes of ", config->framing,
                     " bytes, the caller ", framing_));
  }
  for (const auto nal : config->parameter_sets) Learn(nal);
  return absl::OkStatus();
}

void GopAssembler::State::Learn(std::span<const uint8_t> nal) {
  const NalType type = NalTypeOf(nal);
  const auto id = ParameterSetId(nal);
  if (!id || nal.size() > limits_.max_parameter_set_bytes) return;
  in_force_[{type, *id}].assign(nal.begin(), nal.end());
  if (type == kNalSps) {
    auto sps = ParseSps(nal);
    if (sps.ok()) parsed_.sps[*id] = *sps;
  } else if (type == kNalPps) {
    auto pps = ParsePps(nal);
    if (pps.ok()) parsed_.pps[*id] = *pps;
  }
}

absl::StatusOr<std::optional<CanonicalGop>> GopAssembler::State::Add(
    const AccessUnit& unit) {
  const std::span<const uint8_t> bytes(unit.data);
  auto split = SplitAccessUnit(bytes, framing_, limits_);
  if (!split.ok()) {
    // A lost keyframe: what follows must not lean on the GOP before it.
    if (unit.keyframe) refused_ = split.status();
    return split.status();
  }
  for (const NalPiece& piece : split->pieces) {
    Learn(bytes.subspan(piece.offset, piece.size));
  }
  const UnitSummary summary = Summarize(bytes, *split, parsed_, limits_);
  if (!summary.has_slice) {
    return absl::DataLossError(absl::StrCat(
        "access unit of ", bytes.size(), " bytes at pts ", unit.pts,
        " holds no slice in ", split->pieces.size(), " NAL units"));
  }
  if (StartsGop(summary, unit.keyframe)) return Start(unit, *split, summary);
  absl::Status status = Append(unit, *split, summary);
  if (!status.ok()) return status;
  return std::optional<CanonicalGop>();
}

absl::StatusOr<std::optional<CanonicalGop>> GopAssembler::State::Start(
    const AccessUnit& unit, const SplitUnit& split,
    const UnitSummary& summary) {
  auto next = std::make_unique<GopBuilder>(framing_, in_force_, namer_,
                                           !summary.idr, limits_);
  std::swap(current_, next);
  refused_ = absl::OkStatus();
  absl::Status status = Append(unit, split, summary);
  if (!status.ok()) {
    std::swap(current_, next);
    refused_ = status;
    return status;
  }
  if (next == nullptr) return std::optional<CanonicalGop>();
  return next->Close();
}

absl::Status GopAssembler::State::Append(const AccessUnit& unit,
                                         const SplitUnit& split,
                                         const UnitSummary& summary) {
  if (current_ == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("picture at pts ", unit.pts,
                     " comes before any picture that decodes alone"));
  }
  if (!refused_.ok()) {
    return absl::Status(refused_.code(),
                        absl::StrCat("picture at pts ", unit.pts,
                                     " leans on one that was refused: ",
                                     std::string(refused_.message())));
  }
  GopPicture picture;
  picture.pts = unit.pts;
  picture.dts = unit.dts;
  picture.time_ns = unit.time_ns;
  picture.duration_ns = unit.duration_ns;
  picture.type = summary.type;
  picture.qp = summary.qp;
  absl::Status status = current_->Add(unit.data, split, picture);
  if (absl::IsResourceExhausted(status)) refused_ = status;
  return status;
}

absl::StatusOr<std::optional<CanonicalGop>> GopAssembler::State::Finish() {
  refused_ = absl::OkStatus();
  if (current_ == nullptr) return std::optional<CanonicalGop>();
  const std::unique_ptr<GopBuilder> last = std::move(current_);
  return last->Close();
}

GopAssembler::GopAssembler(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
GopAssembler::~GopAssembler() = default;

absl::StatusOr<std::unique_ptr<GopAssembler>> GopAssembler::Create(
    NalFraming framing, std::span<const uint8_t> codec_config,
    ParameterSetNamer namer) {
  if (!IsFramingKnown(framing)) {
    return absl::InvalidArgumentError(
        absl::StrCat("NAL framing ", framing, "; 0, 1, 2 or 4 expected"));
  }
  auto state = std::make_unique<State>(framing, std::move(namer));
  absl::Status status = state->Configure(codec_config);
  if (!status.ok()) return status;
  return std::unique_ptr<GopAssembler>(new GopAssembler(std::move(state)));
}

absl::StatusOr<std::optional<CanonicalGop>> GopAssembler::Add(
    const AccessUnit& unit) {
  return state_->Add(unit);
}

absl::StatusOr<std::optional<CanonicalGop>> GopAssembler::Finish() {
  return state_->Finish();
}

absl::StatusOr<std::vector<std::vector<uint8_t>>> RestoreOriginal(
    std::span<const uint8_t> payload, std::span<const uint8_t> trim,
    const ParameterSetLookup& lookup) {
  const CodecLimits limits;
  const auto record = DecodeTrim(trim, limits);
  if (!record.ok()) return record.status();
  const auto rows = LoadRows(*record, lookup);
  if (!rows.ok()) return rows.status();
  TrimWalker walker(payload, *record, *rows, limits);
  std::vector<std::vector<uint8_t>> units;
  while (!walker.done()) {
    auto unit = walker.NextOriginal();
    if (!unit.ok()) return unit.status();
    units.push_back(*std::move(unit));
  }
  absl::Status end = walker.CheckEnd();
  if (!end.ok()) return end;
  return units;
}

absl::StatusOr<std::vector<std::vector<uint8_t>>> ToAnnexB(
    std::span<const uint8_t> payload, std::span<const uint8_t> trim,
    const ParameterSetLookup& lookup) {
  const CodecLimits limits;
  const auto record = DecodeTrim(trim, limits);
  if (!record.ok()) return record.status();
  const auto rows = LoadRows(*record, lookup);
  if (!rows.ok()) return rows.status();
  RowsInForce in_force;
  std::vector<uint8_t> front;
  for (uint32_t i = 0; i < record->sets_at_start; ++i) {
    in_force.Set((*rows)[i], static_cast<int>(i));
    AppendStartCoded((*rows)[i], &front);
  }
  TrimWalker walker(payload, *record, *rows, limits);
  std::vector<std::vector<uint8_t>> units;
  while (!walker.done()) {
    const auto nals = walker.NextUnits();
    if (!nals.ok()) return nals.status();
    std::vector<uint8_t> unit = std::exchange(front, {});
    if (units.empty() && !StartsWithIdr(*nals)) {
      AppendStartCoded(kRecoveryPointSei, &unit);
    }
    for (const TrimWalker::Unit& part : *nals) {
      if (part.row < 0 || in_force.Set(part.nal, part.row)) {
        AppendStartCoded(part.nal, &unit);
      }
    }
    units.push_back(std::move(unit));
  }
  absl::Status end = walker.CheckEnd();
  if (!end.ok()) return end;
  return units;
}

}  // namespace fovea
