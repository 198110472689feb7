// SPDX-License-Identifier: GPL-2.0-or-later
//
// The gates that a user may choose for a camera, by name.

#ifndef FOVEA_FILTER_GATE_KIND_H_
#define FOVEA_FILTER_GATE_KIND_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "filter/difference_gate.h"
#include "filter/gate.h"
#include "filter/reuse_predictor.h"

namespace fovea {

// Values are stored; never renumber.
enum class GateKind : uint8_t {
  kGrid = 0,  // filter/grid_gate.h: the only one that weighs cached answers
  // filter/difference_gate.h:
  kPixel = 1,
  kArea = 2,
  kEdge = 3,
  kCorner = 4,
  kMse = 5,
  kBlocks = 6,
  kBackground = 7,
};

inline constexpr GateKind kGateKinds[] = {
    GateKind::kGrid,   GateKind::kPixel,     GateKind::kArea,
    GateKind::kEdge,   GateKind::kCorner,    GateKind::kMse,
    GateKind::kBlocks, GateKind::kBackground};

// "grid", "pixel", "area", "edge", "corner", "mse", "blocks", "background".
const char* GateKindName(GateKind kind);
std::optional<GateKind> ParseGateKind(std::string_view name);

// nullopt: no difference of pictures.
std::optional<DifferenceKind> DifferenceKindOf(GateKind kind);

// `predictor` is for kGrid alone.
std::unique_ptr<Gate> MakeGate(GateKind kind, const ReusePredictor& predictor);

// Equal of gates whose risks are in one unit, so that an audit of one may go
// on with the other: the kind's value, or of kGrid with weights of its own a
// 64-bit FNV-1a hash of their text.
uint64_t GateId(GateKind kind, const ReusePredictor& predictor);

}  // namespace fovea

#endif  // FOVEA_FILTER_GATE_KIND_H_
