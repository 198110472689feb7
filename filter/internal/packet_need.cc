// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/internal/packet_need.h"

#include <algorithm>
#include <cmath>

namespace fovea::internal {
namespace {

constexpr float kSurprises[] = {-4, 8};
// A quantile moves by so much of the spread at a size; ten times as fast at
// first.
constexpr float kQuantileStep = 0.05F;
constexpr float kLeastSpread = 0.05F;  // octaves
constexpr float kPriorHazard = 0.05F;  // a packet
constexpr float kKeepStream = 0.97F, kKeepPool = 0.999F;
constexpr float kLearningStep = 0.1F, kPaceStep = 0.3F;

float Logit(float chance) {
  const float safe = std::clamp(chance, 0.01F, 0.99F);
  return std::log(safe / (1 - safe));
}

// The middle of a bucket, in packets.
float MiddleAge(size_t bucket) {
  return 1.5F * static_cast<float>(1U << bucket) - 0.5F;
}

void Move(float size, float share, float step, float* quantile) {
  *quantile += step * (size > *quantile ? share : share - 1);
}

}  // namespace

float SizeScale::Surprise(int64_t bytes) {
  const float size = std::log2(static_cast<float>(bytes));
  if (seen_++ == 0) {
    low_ = size - 0.25F, middle_ = size, high_ = size + 0.25F;
    return 0;
  }
  const float upper = std::max(high_ - middle_, kLeastSpread);
  const float surprise =
      std::clamp((size - middle_) / upper, kSurprises[0], kSurprises[1]);
  const float pace = 1 + 9 / (1 + static_cast<float>(seen_) / 8);
  const float step =
      pace * kQuantileStep * std::max(high_ - low_, 2 * kLeastSpread);
  Move(size, 0.1F, step, &low_);
  Move(size, 0.5F, step, &middle_);
  Move(size, 0.9F, step, &high_);
  low_ = std::min(low_, middle_);
  high_ = std::max(high_, middle_);
  return surprise;
}

float SurpriseWindow::Mean() const {
  float sum = 0;
  for (const float surprise : last_) sum += surprise;
  return sum / static_cast<float>(last_.size());
}

void NeedCurve::Add(int64_t age, bool needed, float keep,
                    const NeedCurve* prior) {
  for (size_t i = 0; i < kAgeBuckets; ++i) {
    looks_at_[i] *= keep;
    needs_at_[i] *= keep;
  }
  looks_ = looks_ * keep + 1;
  const size_t bucket = AgeBucket(age);
  looks_at_[bucket] += 1;
  needs_at_[bucket] += needed ? 1.0F : 0.0F;
  // One step up the likelihood of 1 - exp(-pace * hazard), in log(pace).
  const float hazard = Hazard(bucket, prior) * std::exp(log_pace_);
  const float slope = needed ? hazard / std::expm1(hazard) : -hazard;
  log_pace_ = std::clamp(log_pace_ + kPaceStep * std::clamp(slope, -1.0F, 1.0F),
                         -6.0F, 6.0F);
}

// -log of the chance that an answer still does, where `prior` holds.
float NeedCurve::Hazard(size_t bucket, const NeedCurve* prior) {
  return prior != nullptr
             ? -std::log(1 - std::min(0.99F, prior->At(bucket, nullptr)))
             : kPriorHazard * MiddleAge(bucket);
}

float NeedCurve::At(size_t bucket, const NeedCurve* prior) const {
  const float before =
      1 - std::exp(-std::exp(log_pace_) * Hazard(bucket, prior));
  return (needs_at_[bucket] + kPriorLooks * before) /
         (looks_at_[bucket] + kPriorLooks);
}

// Size surprise speaks for a change even before anything was learnt.
NeedModel::NeedModel() : weights_{0, 0.3F, 0.2F, 0, 0, 0, 0} {
  squares_.fill(1);
}

float NeedModel::Chance(float offset, const NeedInputs& inputs) const {
  float sum = offset;
  for (size_t i = 0; i < kNeedInputs; ++i) sum += weights_[i] * inputs[i];
  return 1 / (1 + std::exp(-sum));
}

void NeedModel::Learn(float offset, const NeedInputs& inputs, bool needed) {
  const float error = Chance(offset, inputs) - (needed ? 1.0F : 0.0F);
  for (size_t i = 0; i < kNeedInputs; ++i) {
    const float gradient = error * inputs[i];
    squares_[i] += gradient * gradient;
    weights_[i] -= kLearningStep * gradient / std::sqrt(squares_[i]);
  }
}

void StreamNeed::See(int64_t bytes, bool intra, bool bidirectional) {
  const size_t kind = intra ? 0 : bidirectional ? 2 : 1;
  const float surprise = scales_[kind].Surprise(bytes);
  if (intra) {
    intra_now_ = std::log2(static_cast<float>(bytes));
    if (intra_then_ == 0) intra_then_ = intra_now_;
    intra_.Add(surprise);
  } else {
    inter_.Add(surprise);
    sum_ += surprise;
    greatest_ = std::max(greatest_, surprise);
  }
  ++age_;
}

void StreamNeed::Looked(bool needed, bool first, int64_t packets,
                        NeedCurve* pool, NeedModel* model) {
  const int64_t age = std::max<int64_t>(1, age_ - packets);
  if (!first) {
    if (model != nullptr) model->Learn(Offset(*pool), Inputs(), needed);
    curve_.Add(age, needed, kKeepStream, pool);
    pool->Add(age, needed, kKeepPool, nullptr);
    was_needed_ = needed;
  }
  sum_ = greatest_ = 0;
  intra_then_ = intra_now_;
  age_ = packets;
}

float StreamNeed::Chance(const NeedCurve& pool, const NeedModel* model) const {
  const float offset = Offset(pool);
  if (model != nullptr) return model->Chance(offset, Inputs());
  return 1 / (1 + std::exp(-offset));
}

PacketWorth StreamNeed::Worth(int64_t horizon, float price,
                              const NeedCurve& pool,
                              const NeedModel* model) const {
  // An answer is no better for being older.
  std::array<float, kAgeBuckets> wrong;
  for (size_t i = 0; i < kAgeBuckets; ++i) {
    wrong[i] = std::max(i > 0 ? wrong[i - 1] : 0, curve_.At(i, &pool));
  }
  const auto at = [&](int64_t age) {
    return age > 0 ? wrong[AgeBucket(age)] : 0;
  };
  PacketWorth worth;
  for (int64_t i = 0; i < horizon; ++i) {
    worth.gain += at(age_ + i) - at(i);
    if (i > 0) worth.future += std::max(0.0F, at(i) - price);
  }
  // Sizes tell of now. What they say of it, they say of what follows.
  const float now = Chance(pool, model);
  worth.gain *= std::clamp(now / at(std::max<int64_t>(1, age_)), 0.33F, 3.0F);
  return worth;
}

NeedInputs StreamNeed::Inputs() const {
  const auto age = static_cast<float>(std::max<int64_t>(1, age_));
  return {1,
          sum_ / age,
          greatest_ / 4,
          inter_.Mean(),
          std::abs(intra_now_ - intra_then_),
          intra_.Mean(),
          was_needed_ ? 1.0F : 0.0F};
}

float StreamNeed::Offset(const NeedCurve& pool) const {
  return Logit(curve_.At(AgeBucket(age_), &pool));
}

}  // namespace fovea::internal
