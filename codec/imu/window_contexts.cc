// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/window_contexts.h"

#include <algorithm>

namespace fovea::imu {
namespace {

constexpr int kFine = 8;  // fraction bits of |coefficient|
constexpr uint64_t kUnit = uint64_t{1} << kFine;

// Scale classes at a block's start: means of 2, 1/4 and 1.
constexpr int kStartClass[kSideValues] = {28, 16, 24};
constexpr int kCoarserStart = 28;

// Shares of what is expected, in sixteenths: of the plan and of the two
// coefficients before; the window before has the rest.
constexpr uint64_t kPlanShare = 3;
constexpr uint64_t kNearShare = 7;

// The mean |level| where that of |coefficient| is `mean`: less than its
// share of a step where it is small, since most are rounded to 0. With
// Scale::kPoint fraction bits.
uint64_t MeanLevel(uint64_t mean, uint32_t step) {
  const uint64_t part = (mean << (Scale::kPoint - kFine)) / step;
  if (part >= uint64_t{1} << 31) return part;
  return part * part / (part + (uint64_t{1} << (Scale::kPoint - 1)));
}

}  // namespace

WindowContexts::WindowContexts(const WindowPlan& plan, int strength)
    : plan_(&plan),
      strength_(strength),
      steps_(plan.step.size()),
      past_(plan.channels * plan.window),
      now_(plan.window),
      firsts_(plan.channels),
      ends_(plan.channels),
      sides_(plan.channels * kSideValues) {
  coarser_scale_.Start(kCoarserStart);
  for (const uint8_t eighths : plan.usual) {
    usual_.push_back(StepOf(eighths) * kUnit);
  }
  for (size_t c = 0; c < plan.channels; ++c) {
    past_[c * plan.window] = StepOf(plan.level[c]) * kUnit;
  }
  for (size_t i = 0; i < sides_.size(); ++i) {
    sides_[i].Start(kStartClass[i % kSideValues]);
  }
}

void WindowContexts::BeginWindow(int coarser) {
  coarser_ = coarser;
  for (size_t i = 0; i < steps_.size(); ++i) {
    steps_[i] = StepOf(plan_->step[i] + strength_ + kCoarserEighths * coarser);
  }
}

void WindowContexts::BeginChannel(size_t channel) {
  channel_ = channel;
  std::ranges::fill(now_, 0);
}

uint64_t WindowContexts::MeanOf(size_t coefficient) const {
  const size_t k = coefficient;
  const uint32_t s = step(k);
  const uint64_t* const past = &past_[channel_ * plan_->window];
  if (k == 0) return (past[0] << (Scale::kPoint - kFine)) / s;
  const uint64_t plan =
      MeanLevel(usual_[channel_ * plan_->bands + plan_->BandOf(k)], s);
  // What was decoded has been rounded to 0 already; what is usual has not.
  const uint64_t near = k > 2    ? (2 * now_[k - 1] + now_[k - 2]) / 3
                        : k == 2 ? now_[1]
                                 : 0;
  const uint64_t near_level = (near << (Scale::kPoint - kFine)) / s;
  const uint64_t near_share = k > 1 ? kNearShare : 0;
  if (!begun_) {
    return (near_share * near_level + (16 - near_share) * plan) / 16;
  }
  const size_t after = std::min(k + 1, plan_->window - 1);
  const size_t before = std::max<size_t>(k - 1, 1);
  const uint64_t old = (past[before] + 2 * past[k] + past[after]) / 4;
  const uint64_t old_level = (old << (Scale::kPoint - kFine)) / s;
  return (near_share * near_level + (16 - kPlanShare - near_share) * old_level +
          kPlanShare * plan) /
         16;
}

void WindowContexts::Take(size_t coefficient, int32_t level) {
  const uint64_t magnitude = level < 0 ? 0U - static_cast<uint32_t>(level)
                                       : static_cast<uint32_t>(level);
  now_[coefficient] =
      std::min(magnitude * step(coefficient), uint64_t{1} << 31) * kUnit;
}

void WindowContexts::EndChannel() {
  uint64_t* const past = &past_[channel_ * plan_->window];
  for (size_t k = 1; k < now_.size(); ++k) {
    past[k] = begun_ ? (past[k] + now_[k]) / 2 : now_[k];
  }
  past[0] =
      begun_ ? (past[0] + now_[0]) / 2 : StepOf(plan_->drift[channel_]) * kUnit;
  if (channel_ + 1 == plan_->channels) begun_ = true;
}

}  // namespace fovea::imu
