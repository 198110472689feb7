// SPDX-License-Identifier: GPL-2.0-or-later
//
// NAL splitting, parameter sets, slice headers, SEI and avcC over any bytes.
// The first byte chooses the framing.

#include <cstdint>
#include <cstdlib>
#include <span>

#include "absl/status/status.h"
#include "codec/h264_syntax.h"

namespace {

constexpr fovea::NalFraming kFramings[] = {0, 1, 2, 4};

// Pieces lie inside the unit, one behind the other.
void CheckPieces(std::span<const uint8_t> unit, const fovea::SplitUnit& split) {
  size_t end = split.leading;
  for (const fovea::NalPiece& piece : split.pieces) {
    if (piece.offset < end) std::abort();
    if (piece.size > unit.size() - piece.offset) std::abort();
    end = piece.offset + piece.size;
  }
}

void ParseUnits(std::span<const uint8_t> unit, const fovea::SplitUnit& split) {
  fovea::ParameterSets sets;
  for (const fovea::NalPiece& piece : split.pieces) {
    const auto nal = unit.subspan(piece.offset, piece.size);
    fovea::ParameterSetId(nal);
    fovea::FindRecoveryPoint(nal);
    if (auto sps = fovea::ParseSps(nal); sps.ok()) sets.sps[sps->id] = *sps;
    if (auto pps = fovea::ParsePps(nal); pps.ok()) sets.pps[pps->id] = *pps;
    fovea::ParseSliceHeader(nal, sets).IgnoreError();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::span<const uint8_t> unit(data + 1, size - 1);
  const auto split = fovea::SplitAccessUnit(unit, kFramings[data[0] & 3], {});
  if (split.ok()) {
    CheckPieces(unit, *split);
    ParseUnits(unit, *split);
  }
  const auto config = fovea::ParseCodecConfig(unit, {});
  if (config.ok()) {
    for (const auto set : config->parameter_sets) {
      if (set.data() < unit.data() ||
          set.data() + set.size() > unit.data() + unit.size()) {
        std::abort();
      }
    }
  }
  return 0;
}
