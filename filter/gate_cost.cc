// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/gate_cost.h"

namespace fovea {
namespace {

// Of a mean over the latest: the 64th part of each new value.
constexpr double kForget = 1.0 / 64;

constexpr int64_t kWeighAfter = 256, kRestFor = 4096;  // decisions

void Blend(double value, double* mean) {
  *mean += *mean == 0 ? value : kForget * (value - *mean);
}

}  // namespace

void GateCost::Ran(int64_t took_ns) {
  Blend(static_cast<double>(took_ns), &run_ns_);
}

void GateCost::Decided(int64_t took_ns, bool given, bool could_give) {
  if (too_dear_) {
    too_dear_ = ++weighed_ < kRestFor;
    if (!too_dear_) weighed_ = 0;
    return;
  }
  Blend(static_cast<double>(took_ns), &decide_ns_);
  if (!could_give) {
    weighed_ = 0;
    return;
  }
  given_share_ += kForget * ((given ? 1 : 0) - given_share_);
  if (++weighed_ < kWeighAfter) return;
  weighed_ = 0;
  too_dear_ = run_ns_ > 0 && decide_ns_ > given_share_ * run_ns_;
}

}  // namespace fovea
