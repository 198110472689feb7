// SPDX-License-Identifier: GPL-2.0-or-later
//
// An application brings its own inference: what it is spared, and what its
// failures cost.

#include "api/reuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/reuse_story.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ReuseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteStillScene(dir_.File("cam.y4m"), 5);
    store_ = OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    IngestOptions ingest;
    ingest.motion = false;
    NoteKeeper notes;
    ASSERT_TRUE(
        store_->Ingest(dir_.File("cam.y4m"), ingest, &notes, nullptr).ok());
    options_.reuse.max_error = 1;  // nothing has to be learnt
    Open();
  }

  void Open(int digest = 1) {
    reuse_.reset();
    auto opened =
        Reuse::Open(store_.get(), "cam", ProgramDescription(digest), options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    reuse_ = *std::move(opened);
  }

  Answered Compute(uint64_t index, const Reuse::Function& function,
                   int picture = 3) {
    Frame frame = DrawSmallFrame(96, 64, picture);
    frame.time_ns = static_cast<int64_t>(index) * 40'000'000;
    auto answered = reuse_->GetOrCompute(index, frame, function);
    EXPECT_TRUE(answered.ok()) << answered.status();
    return answered.ok() ? *std::move(answered) : Answered();
  }

  // A function that counts.
  Reuse::Function Box() {
    return [this](const Frame&) {
      ++calls_;
      return OneBox();
    };
  }

  std::vector<DecidedInput> Decided() {
    EXPECT_TRUE(reuse_->Commit().ok());
    return DecisionsOf(store_->chunks(), store_->Describe("cam")->id,
                       ProgramDescription(1).id.digest);
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  Reuse::Options options_;
  std::unique_ptr<Reuse> reuse_;
  int calls_ = 0;
};

TEST_F(ReuseTest, IsCalledOnlyWhereTheAnswerIsNotKnown) {
  for (uint64_t i = 0; i < 200; ++i) {
    const auto answered = Compute(i, Box());
    ASSERT_TRUE(answered.answer.has_value()) << i;
    EXPECT_THAT(answered.answer->detections, SizeIs(1));
  }
  EXPECT_LT(calls_, 60);
  EXPECT_EQ(reuse_->Report().runs, calls_);
  EXPECT_EQ(IndexesOf(Decided()), IndexesFrom(0, 200));
}

TEST_F(ReuseTest, AnswersOutliveTheProcess) {
  for (uint64_t i = 0; i < 50; ++i) Compute(i, Box());
  reuse_.reset();  // commits
  store_.reset();
  store_ = OpenStore(dir_.File("store"));
  Open();
  calls_ = 0;
  const auto first = Compute(50, Box());
  EXPECT_EQ(first.decision.kind, DecisionKind::kReuse);
  EXPECT_EQ(reuse_->Report().audit.inputs, 51);
}

TEST_F(ReuseTest, AnotherVersionOfTheFunctionIsGivenNoneOfThem) {
  for (uint64_t i = 0; i < 50; ++i) Compute(i, Box());
  Open(2);
  calls_ = 0;
  EXPECT_TRUE(Compute(50, Box()).run);
  EXPECT_EQ(calls_, 1);
}

TEST_F(ReuseTest, WhatItThrowsIsTold) {
  const auto threw = Compute(0, [](const Frame&) -> absl::StatusOr<Answer> {
    throw std::runtime_error("no GPU");
  });
  EXPECT_FALSE(threw.answer.has_value());
  EXPECT_THAT(std::string(threw.error.message()), HasSubstr("no GPU"));
  EXPECT_EQ(threw.decision.kind, DecisionKind::kRunFailed);
  EXPECT_TRUE(Compute(1, Box()).answer.has_value());
  EXPECT_EQ(IndexesOf(Decided()), IndexesFrom(0, 2));
}

// The frame's pixels are the application's, which has gone on long since.
TEST_F(ReuseTest, OneThatHangsHoldsUpNobody) {
  options_.longest_call_ns = 50'000'000;
  options_.reuse.use_cache = false;
  Open();
  const auto release = std::make_shared<std::latch>(1);
  const auto returned = std::make_shared<std::latch>(1);
  const auto seen = std::make_shared<int>(-1);
  {
    const Frame kept = DrawSmallFrame(96, 64, 3);
    Frame borrowed = kept;
    borrowed.pixels = nullptr;
    const auto late = reuse_->GetOrCompute(
        0, borrowed, [release, returned, seen](const Frame& frame) {
          release->wait();
          *seen = frame.y.data[20 * frame.y.stride + 20];
          returned->count_down();
          return OneBox();
        });
    ASSERT_TRUE(late.ok()) << late.status();
    EXPECT_TRUE(absl::IsDeadlineExceeded(late->error)) << late->error;
    EXPECT_EQ(late->decision.kind, DecisionKind::kRunFailed);
  }
  const auto next = Compute(1, Box());
  EXPECT_TRUE(absl::IsUnavailable(next.error)) << next.error;
  EXPECT_EQ(calls_, 0);
  release->count_down();
  returned->wait();
  const Frame shown = DrawSmallFrame(96, 64, 3);
  EXPECT_EQ(*seen, shown.y.data[20 * shown.y.stride + 20]);
  uint64_t index = 2;
  while (!Compute(index, Box()).answer && index < 1000) {
    absl::SleepFor(absl::Milliseconds(1));
    ++index;
  }
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(IndexesOf(Decided()), IndexesFrom(0, index + 1));
}

TEST_F(ReuseTest, OfflineItIsNeverCalled) {
  Compute(0, Box());
  options_.reuse.offline = true;
  Open();
  calls_ = 0;
  EXPECT_TRUE(Compute(1, Box()).answer.has_value());
  EXPECT_EQ(calls_, 0);
}

TEST_F(ReuseTest, FramesOfAnotherSizeAreAnError) {
  const auto refused =
      reuse_->GetOrCompute(0, DrawSmallFrame(64, 64, 0), Box());
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << refused.status();
  EXPECT_EQ(calls_, 0);
}

TEST_F(ReuseTest, WhatCannotBeOpenedIsNamed) {
  const auto open = [&](const std::string& stream,
                        const ModelDescription& model) {
    return Reuse::Open(store_.get(), stream, model, options_).status();
  };
  EXPECT_TRUE(absl::IsNotFound(open("cma", ProgramDescription(1))));
  EXPECT_THAT(open("cam", ProgramDescription(0)).ToString(),
              AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr("has no digest")));
  options_.reuse.max_error = 2;
  EXPECT_TRUE(absl::IsInvalidArgument(open("cam", ProgramDescription(1))));
}

TEST_F(ReuseTest, AllGoesWithTheStream) {
  const uint64_t stream = store_->Describe("cam")->id;
  const ModelDigest model = ProgramDescription(1).id.digest;
  for (uint64_t i = 0; i < 20; ++i) Compute(i, Box());
  ASSERT_TRUE(reuse_->Commit().ok());
  const std::string key = AuditKey(stream, model, 0);
  ASSERT_TRUE(store_->chunks()->Get(Family::kMeta, key).ok());
  const auto removed = store_->Remove("cam", TimeRange());
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_TRUE(
      absl::IsNotFound(store_->chunks()->Get(Family::kMeta, key).status()));
  EXPECT_THAT(DecisionsOf(store_->chunks(), stream, model), SizeIs(0));
  int64_t rows = 0;
  ASSERT_TRUE(store_->chunks()
                  ->Scan(Family::kRes, "", "",
                         [&rows](std::string_view, std::string_view) {
                           ++rows;
                           return true;
                         })
                  .ok());
  EXPECT_EQ(rows, 0);
}

}  // namespace
}  // namespace fovea::testing
