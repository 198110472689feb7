// SPDX-License-Identifier: GPL-2.0-or-later
//
// A made scene whose answer is known of every frame, its model, and the reuse
// of that model's answers at work on it.

#ifndef FOVEA_TESTS_FILTER_REUSE_WORLD_H_
#define FOVEA_TESTS_FILTER_REUSE_WORLD_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "filter/inference_reuse.h"
#include "tests/filter/made_places.h"
#include "tests/filter/result_cache_fixture.h"

namespace fovea {

inline constexpr int64_t kFrameNs = 100'000'000;

inline constexpr int64_t kBlindNs = 2 * kSecond;

inline InferenceReuseOptions Target(double max_error, uint64_t seed = 7) {
  InferenceReuseOptions options;
  options.audit.max_error = max_error;
  options.audit.seed = seed;
  options.blind_ns = kBlindNs;
  return options;
}

// All is given that can be, so that a story needs no warm-up.
inline InferenceReuseOptions Everything() {
  InferenceReuseOptions options = Target(1);
  options.audit.first_check = options.audit.least_check = 1e-9;
  return options;
}

class ReuseWorld {
 public:
  struct Seen {
    Decision decision;
    bool run = false;
    std::string answer;
  };

  explicit ReuseWorld(InferenceReuseOptions options = {}, uint64_t seed = 1)
      : dice_(seed) {
    auto reuse = InferenceReuse::Create(kModel, std::move(options));
    EXPECT_TRUE(reuse.ok()) << reuse.status();
    reuse_ = *std::move(reuse);
  }

  // One frame at the clock's time; the clock goes on.
  Seen Next(Sight sight) {
    Seen seen = Show(index_, 0, sight);
    ++index_;
    time_ns_ += step_ns_;
    return seen;
  }

  // The same frame, or a region of it, as often as it is called.
  Seen Show(uint64_t index, uint32_t region, Sight sight) {
    const std::vector<int> levels = LevelsOf(sight, &dice_);
    const Grid grid = GridOf(levels, before_);
    before_ = levels;
    ReuseInput input = InputOf(sight, levels);
    input.index = index;
    input.region = region;
    input.grid = &grid;
    const ReuseVerdict verdict = reuse_->Decide(input);
    if (verdict.run) return Run(sight, verdict);
    const bool answered = verdict.decision.kind != DecisionKind::kGap;
    given_ += answered;
    wrong_ += answered && verdict.answer != TextOf(Truth(sight));
    return {verdict.decision, false, verdict.answer};
  }

  // Things come and go in one place.
  void Live(int frames) {
    for (int i = 0; i < frames; ++i) {
      if (dice_() % 20 == 0) things_ = static_cast<int>(dice_() % 4);
      Next({0, things_});
    }
  }
  // Things come and go until answers are given; false: that never came.
  bool LiveUntilGiving(int most = 20'000) {
    for (int i = 0; i < most && !gives(); ++i) Live(1);
    return gives();
  }
  // From place to place, four frames at each, so that only what was kept of
  // it can tell.
  void Travel(int frames, int places) {
    for (int i = 0; i < frames; ++i) {
      const uint64_t stop = index_ / 4 % static_cast<uint64_t>(places);
      Next({static_cast<int>(stop) + 1, 0});
    }
  }

  // What a run on it would leave in a cache, if it said so.
  Result ResultOf(Sight sight, uint64_t index, Sight said) {
    const ReuseInput input = InputOf(sight, LevelsOf(sight, &dice_));
    Result result;
    result.model = kModel;
    result.stream = kStream;
    result.index = index;
    result.fingerprint = input.fingerprint;
    result.features = input.features;
    result.answer = TextOf(said);
    result.vote = VoteOf(said);
    result.time_ns = time_ns_;
    result.cost_ns = cost_ns_;
    return result;
  }

  bool gives() const { return reuse_->auditor().threshold().has_value(); }
  AuditReport report() const { return reuse_->auditor().Report(); }
  InferenceReuse& reuse() { return *reuse_; }
  int64_t given() const { return given_; }
  int64_t wrong() const { return wrong_; }  // of those given
  int64_t runs() const { return runs_; }
  uint64_t index() const { return index_; }
  const std::vector<AuditAlarm>& alarms() const { return alarms_; }
  const std::vector<absl::Status>& faults() const { return faults_; }

  // To be set by a story.
  int64_t time_ns_ = 0, step_ns_ = kFrameNs, cost_ns_ = 20'000'000;
  uint64_t index_ = 0;
  int hidden_ = 0;      // things that no filter can see
  bool fails_ = false;  // the model gives no answer
  bool blank_ = false;  // pictures of which nothing is known
  InputKind kind_ = InputKind::kFrame;

 private:
  Sight Truth(Sight sight) const {
    return {sight.place, sight.things + hidden_};
  }

  Seen Run(Sight sight, const ReuseVerdict& verdict) {
    ++runs_;
    InferenceReuse::Learnt learnt;
    if (fails_) {
      learnt = reuse_->Failed();
    } else {
      const Sight truth = Truth(sight);
      learnt = reuse_->Ran({{VoteOf(truth), {}}, TextOf(truth), cost_ns_});
    }
    if (learnt.alarm) alarms_.push_back(*learnt.alarm);
    if (!learnt.stored.ok()) faults_.push_back(learnt.stored);
    EXPECT_TRUE(verdict.answer.empty());
    return {learnt.decision, true, fails_ ? "" : TextOf(Truth(sight))};
  }

  ReuseInput InputOf(Sight sight, const std::vector<int>& levels) const {
    ReuseInput input;
    input.stream = kStream;
    input.kind = kind_;
    input.time_ns = time_ns_;
    input.fingerprint = FingerprintOf(sight);
    if (!blank_) input.features = FeaturesOf(levels);
    return input;
  }

  std::mt19937_64 dice_;
  std::unique_ptr<InferenceReuse> reuse_;
  std::vector<int> before_;
  int things_ = 0;
  int64_t given_ = 0, wrong_ = 0, runs_ = 0;
  std::vector<AuditAlarm> alarms_;
  std::vector<absl::Status> faults_;
};

inline bool IsGiven(const ReuseWorld::Seen& seen) {
  return !seen.run && !seen.answer.empty();
}

}  // namespace fovea

#endif  // FOVEA_TESTS_FILTER_REUSE_WORLD_H_
