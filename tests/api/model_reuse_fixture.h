// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model over a camera, asked only where its answer is not known, for tests.

#ifndef FOVEA_TESTS_API_MODEL_REUSE_FIXTURE_H_
#define FOVEA_TESTS_API_MODEL_REUSE_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "api/model_reuse.h"
#include "tests/api/any_result.h"
#include "tests/api/reuse_story.h"
#include "tests/support/memory_store.h"

namespace fovea::testing {

inline constexpr StreamId kStream = 3;
inline constexpr int64_t kFrameNs = 40'000'000;

class ModelReuseTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  // As after a restart: nothing but the store is left.
  void Open() {
    auto meter = GridMeter::Create(96, 64);
    ASSERT_TRUE(meter.ok()) << meter.status();
    meter_ = *std::move(meter);
    auto opened = ModelReuse::Open(&store_, kStream, &model_, options_, [this] {
      now_ns_ += tick_ns_;
      return now_ns_;
    });
    ASSERT_TRUE(opened.ok()) << opened.status();
    reuse_ = *std::move(opened);
  }

  absl::Status OpenError() {
    return ModelReuse::Open(&store_, kStream, &model_, options_,
                            [] { return int64_t{0}; })
        .status();
  }

  void Reopen() {
    reuse_->Reset();
    Commit();
    Open();
  }

  void Commit() {
    CommitBatch batch;
    const absl::Status put = reuse_->Put(&batch);
    ASSERT_TRUE(put.ok()) << put;
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  }

  absl::StatusOr<Answered> TryLook(uint64_t index, int64_t time_ns) {
    const Frame frame = shows_(static_cast<int>(index));
    const auto grid = meter_->Measure(frame);
    EXPECT_TRUE(grid.ok()) << grid.status();
    return reuse_->GetOrAsk(index, time_ns, **grid, frame, [&] {
      ++asked_;
      now_ns_ += 5'000'000;
      return says_(index);
    });
  }

  Answered Look(uint64_t index) {
    auto answered = TryLook(index, static_cast<int64_t>(index) * kFrameNs);
    EXPECT_TRUE(answered.ok()) << answered.status();
    return answered.ok() ? *std::move(answered) : Answered();
  }

  // Every answer there is is the one that the model would give.
  void LookFrom(uint64_t first, uint64_t end) {
    for (uint64_t i = first; i < end; ++i) {
      const auto answered = Look(i);
      if (!answered.answer) continue;
      EXPECT_THAT(answered.answer->detections,
                  ::testing::SizeIs(says_(i)->detections.size()));
    }
  }

  // Inputs are runs, held, reused or gaps, and each has one decision.
  void ExpectConserved(uint64_t first, uint64_t end) {
    const ReuseReport report = reuse_->Report();
    EXPECT_EQ(report.inputs,
              report.runs + report.held + report.reused + report.gaps);
    Commit();
    EXPECT_EQ(IndexesOf(Decided()), IndexesFrom(first, end));
  }

  std::vector<DecidedInput> Decided() {
    return DecisionsOf(&store_, kStream, model_.id.digest);
  }

  MemoryStore store_;
  ModelDescription model_ = ProgramDescription(1);
  ReuseOptions options_;
  std::function<Frame(int)> shows_ = [](int) {
    return DrawSmallFrame(96, 64, 3);
  };
  std::function<absl::StatusOr<Answer>(uint64_t)> says_ = [](uint64_t) {
    return OneBox();
  };
  int64_t asked_ = 0;
  int64_t now_ns_ = 0, tick_ns_ = 0;
  std::unique_ptr<GridMeter> meter_;
  std::unique_ptr<ModelReuse> reuse_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_API_MODEL_REUSE_FIXTURE_H_
