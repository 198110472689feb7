// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/decision.h"

namespace fovea {

const char* DecisionKindName(DecisionKind kind) {
  switch (kind) {
    case DecisionKind::kRun:
      return "run";
    case DecisionKind::kHold:
      return "hold";
    case DecisionKind::kReuse:
      return "reuse";
    case DecisionKind::kDrop:
      return "drop";
    case DecisionKind::kRunFailed:
      return "run-failed";
    case DecisionKind::kGap:
      break;
  }
  return "gap";
}

const char* DecisionCauseName(DecisionCause cause) {
  switch (cause) {
    case DecisionCause::kFirst:
      return "first";
    case DecisionCause::kBlindTime:
      return "blind-time";
    case DecisionCause::kNotCertified:
      return "not-certified";
    case DecisionCause::kBypass:
      return "bypass";
    case DecisionCause::kGate:
      return "gate";
    case DecisionCause::kCache:
      return "cache";
    case DecisionCause::kStored:
      return "stored";
    case DecisionCause::kClock:
      return "clock";
    case DecisionCause::kTooDear:
      break;
  }
  return "too-dear";
}

}  // namespace fovea
