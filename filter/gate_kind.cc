// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/gate_kind.h"

#include "filter/grid_gate.h"

namespace fovea {

const char* GateKindName(GateKind kind) {
  switch (kind) {
    case GateKind::kGrid:
      return "grid";
    case GateKind::kPixel:
      return "pixel";
    case GateKind::kArea:
      return "area";
    case GateKind::kEdge:
      return "edge";
    case GateKind::kCorner:
      return "corner";
    case GateKind::kMse:
      return "mse";
    case GateKind::kBlocks:
      return "blocks";
    case GateKind::kBackground:
      return "background";
  }
  return "unknown";
}

std::optional<GateKind> ParseGateKind(std::string_view name) {
  for (const GateKind kind : kGateKinds) {
    if (name == GateKindName(kind)) return kind;
  }
  return std::nullopt;
}

std::optional<DifferenceKind> DifferenceKindOf(GateKind kind) {
  switch (kind) {
    case GateKind::kGrid:
      break;
    case GateKind::kPixel:
      return DifferenceKind::kPixel;
    case GateKind::kArea:
      return DifferenceKind::kArea;
    case GateKind::kEdge:
      return DifferenceKind::kEdge;
    case GateKind::kCorner:
      return DifferenceKind::kCorner;
    case GateKind::kMse:
      return DifferenceKind::kMse;
    case GateKind::kBlocks:
      return DifferenceKind::kBlocks;
    case GateKind::kBackground:
      return DifferenceKind::kBackground;
  }
  return std::nullopt;
}

std::unique_ptr<Gate> MakeGate(GateKind kind, const ReusePredictor& predictor) {
  if (const auto difference = DifferenceKindOf(kind)) {
    return std::make_unique<DifferenceGate>(*difference);
  }
  return std::make_unique<GridGate>(predictor);
}

uint64_t GateId(GateKind kind, const ReusePredictor& predictor) {
  if (kind != GateKind::kGrid) return static_cast<uint64_t>(kind);
  if (predictor == ReusePredictor()) return 0;
  uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char byte : predictor.Text()) {
    hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001B3ULL;
  }
  return hash;
}

}  // namespace fovea
