// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a coded picture says about the quality it was given: whose
// sensitivities, what budget, what came of it, and the map. It travels in
// the stream as an H.264 SEI message (user data unregistered), which players
// pass over. codec/FORMAT.md draws it.

#ifndef FOVEA_CODEC_QUALITY_SIDE_DATA_H_
#define FOVEA_CODEC_QUALITY_SIDE_DATA_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/limits.h"
#include "codec/model_id.h"
#include "codec/quality_map.h"
#include "codec/sample.h"

namespace fovea {

// What the true error, measured after coding, says of the budget. Values are
// stored; never renumber.
enum class QualityVerdict : uint8_t {
  kUnchecked = 0,
  kKept = 1,
  kExceeded = 2,
  kUniformFallback = 3,  // could not be kept: coded without a map
};

// "unchecked", "kept", "exceeded", "uniform fallback".
const char* QualityVerdictName(QualityVerdict verdict);

struct QualitySideData {
  std::vector<ModelId> models;
  SensitivityUnit unit = SensitivityUnit::kNone;
  // Error energy E = sum of s_b * SSE_b in `unit`: what was allowed (0: no
  // budget) and what was measured (0 while unchecked).
  double budget = 0;
  QualityVerdict verdict = QualityVerdict::kUnchecked;
  double error_energy = 0;
  // The sensitivity that has offset 0, in `unit`; 0 unknown.
  double reference = 0;
  int chroma_qp_offset = 0;
  // All else holds up to the next such message; the map, too, or only for
  // the picture it travels with.
  bool map_holds = false;
  std::optional<QualityMap> map;  // none: uniform
};

// kInvalidArgument: figures negative or not finite, a map that does not fit
// its size or has offsets odd or beyond kMaxQpOffset.
absl::StatusOr<std::vector<uint8_t>> EncodeSideData(
    const QualitySideData& data);

// kDataLoss with the offset when `bytes` are not such data.
absl::StatusOr<QualitySideData> DecodeSideData(std::span<const uint8_t> bytes,
                                               const CodecLimits& limits);

// `data` as a whole SEI NAL unit, header byte and emulation prevention
// included, without a start code.
absl::StatusOr<std::vector<uint8_t>> SideDataSei(const QualitySideData& data);

// Puts `sei` into an Annex B access unit, before its first slice.
// kInvalidArgument when there is none.
absl::Status InsertSei(std::span<const uint8_t> sei,
                       std::vector<uint8_t>* access_unit);

// The side data of an access unit; nullopt without any. kDataLoss when there
// is but it is damaged, or the unit's framing is.
absl::StatusOr<std::optional<QualitySideData>> FindSideData(
    std::span<const uint8_t> access_unit, NalFraming framing,
    const CodecLimits& limits);

}  // namespace fovea

#endif  // FOVEA_CODEC_QUALITY_SIDE_DATA_H_
