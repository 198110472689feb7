// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a run within a decode budget leaves in the store, and what it makes of
// what is there, of failures and of damage.

#include "api/packet_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/run_model.h"
#include "tests/api/packet_story.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using testing::kOneBox;
using PacketRunTest = PacketStory;

TEST_F(PacketRunTest, WhatHasBeenLookedAtIsLeftAsItIs) {
  Ingest("a");
  Ingest("b");
  EXPECT_GT(Run().Total().looked, 0);
  const auto seen = Observed("a");
  const PacketRunReport second = Run();
  EXPECT_EQ(second.Total().packets, 0);
  EXPECT_EQ(second.Total().known, 2 * kFrames);
  EXPECT_EQ(Observed("a"), seen);
}

// How seldom it looked is noted, so that a plain run knows what it lacks.
TEST_F(PacketRunTest, APlainRunAsksWhereItLookedTooSeldom) {
  Ingest("a");
  Ingest("b");
  Run();
  RunOptions plain;
  plain.external_models = {options_.external_model};
  plain.every = 1;
  const Decisions decisions = DecisionsOf("a");
  int64_t known = 0;
  for (const LookSpan& span : Looked("a")) {
    uint64_t since = 0;
    for (uint64_t i = span.first_index; i < span.end_index; ++i) {
      since = decisions.at(i).kind == DecisionKind::kRun ? 0 : since + 1;
      EXPECT_LT(since, span.step);
    }
    if (span.step == 1) {
      known += static_cast<int64_t>(span.end_index - span.first_index);
    }
  }
  const auto report = RunModels(store_.get(), "a", plain, nullptr, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->models[0].reused, known);
  EXPECT_EQ(report->models[0].inferences, kFrames - known);
  EXPECT_LT(known, kFrames);
}

// The same pictures lie in both; what was held of one is no answer to be had
// of a model that is asked about the other.
TEST_F(PacketRunTest, WhatIsHeldIsNotCopied) {
  Ingest("a");
  options_.budget = {0, 0.5};
  EXPECT_GT(Run().Total().held, 0);
  Ingest("b");
  RunOptions plain;
  plain.external_models = {options_.external_model};
  plain.every = 30;
  const auto report = RunModels(store_.get(), "b", plain, nullptr, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->models[0].copied, 0);
  EXPECT_EQ(report->models[0].inferences, 3);
}

TEST_F(PacketRunTest, AGapEndsWhatIsHeld) {
  Ingest("a");
  Ingest("b");
  const auto removed = store_->Remove("a", {20 * kFrameNs, 30 * kFrameNs});
  ASSERT_TRUE(removed.ok()) << removed.status();
  const PacketRunReport report = Run();
  EXPECT_EQ(report.cameras[0].packets, kFrames - 10);
  const Decisions decisions = DecisionsOf("a");
  EXPECT_EQ(decisions.size(), static_cast<size_t>(kFrames - 10));
  for (const auto& [index, decision] : decisions) {
    EXPECT_TRUE(index < 20 || index >= 30);
    if (index < 30 || decision.kind != DecisionKind::kHold) continue;
    EXPECT_GE(decision.reference_index, 30U);
  }
  for (const Observation& seen : Observed("a")) {
    EXPECT_TRUE(seen.end_ns <= 20 * kFrameNs || seen.start_ns >= 30 * kFrameNs);
  }
}

TEST_F(PacketRunTest, AModelThatFailsEndsTheRunAndTheNextOneGoesOn) {
  Ingest("a");
  Ingest("b");
  options_.external_model = Program(
      "frail", "[ -e " + dir_.File("well") + " ] || [ $n -lt 9 ] || exit; " +
                   std::string(kOneBox));
  const PacketRunReport report = Run();
  EXPECT_TRUE(report.lossy());
  EXPECT_EQ(report.Total().run.inferences, 7);  // it is tried once before
  int failed = 0, undecided = 0;
  for (const PacketCameraReport& camera : report.cameras) {
    const Decisions decisions = DecisionsOf(camera.stream);
    undecided += kFrames - static_cast<int>(decisions.size());
    for (const auto& [index, decision] : decisions) {
      if (decision.kind != DecisionKind::kRunFailed) continue;
      ++failed;
      EXPECT_EQ(camera.run.failed_index, index);
      EXPECT_FALSE(camera.run.error.ok());
    }
  }
  EXPECT_EQ(failed, 1);
  EXPECT_GT(undecided, kFrames);
  testing::WriteFileText(dir_.File("well"), "");
  const PacketRunReport rest = Run();
  EXPECT_FALSE(rest.lossy());
  EXPECT_GT(rest.Total().known, 0);
  for (const std::string& name : streams_) {
    const Decisions decisions = DecisionsOf(name);
    EXPECT_EQ(decisions.size(), static_cast<size_t>(kFrames));
    for (const auto& [index, decision] : decisions) {
      EXPECT_NE(decision.kind, DecisionKind::kRunFailed);
    }
    EXPECT_EQ(Run().Total().packets, 0);
  }
}

TEST_F(PacketRunTest, AStoppedRunGoesOnWithTheGopsUnderWay) {
  Ingest("a");
  Ingest("b");
  progress_ = [this](int64_t done, int64_t) { stop_ = done >= 60; };
  const PacketRunReport report = Run();
  EXPECT_TRUE(report.stopped);
  EXPECT_EQ(report.Total().packets, 60);
  progress_ = nullptr;
  stop_ = false;
  const PacketRunReport rest = Run();
  EXPECT_FALSE(rest.stopped);
  EXPECT_EQ(rest.Total().known + rest.Total().packets, 2 * kFrames);
  for (const std::string& name : streams_) {
    EXPECT_EQ(DecisionsOf(name).size(), static_cast<size_t>(kFrames));
  }
}

TEST_F(PacketRunTest, ADamagedGopIsToldAndAnswersNothing) {
  Ingest("a");
  Ingest("b");
  const auto gops =
      GopsOf(store_->chunks(), Describe("a").id, {10, 15}, SIZE_MAX);
  ASSERT_TRUE(gops.ok()) << gops.status();
  const auto bytes = store_->chunks()->ReadChunk(gops->front().row.chunk);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const std::string text(bytes->begin(), bytes->end());
  const std::string segment = testing::FileHolding(dir_.File("store"), text);
  ASSERT_NE(segment, "");
  auto file = testing::ReadFileBytes(segment);
  const auto at =
      std::search(file.begin(), file.end(), bytes->begin(), bytes->end());
  ++*(at + static_cast<std::ptrdiff_t>(bytes->size() / 2));
  testing::WriteFileBytes(segment, file);

  options_.budget = {4, 0};
  const PacketRunReport report = Run();
  EXPECT_TRUE(report.lossy());
  // The same pictures are in the same chunk: both cameras lack it.
  for (const PacketCameraReport& camera : report.cameras) {
    EXPECT_EQ(camera.gops_unread, 1);
    ASSERT_EQ(camera.unread.size(), 1U);
    EXPECT_EQ(camera.unread[0].first_index, 10U);
    EXPECT_EQ(camera.unanswered, 5);
    for (const auto& [index, decision] : DecisionsOf(camera.stream)) {
      EXPECT_EQ(decision.kind == DecisionKind::kGap, index >= 10 && index < 15);
    }
  }
}

TEST_F(PacketRunTest, OfARangeWholeGopsAreGoneThrough) {
  Ingest("a");
  options_.ranges = {{12 * kFrameNs, 22 * kFrameNs}};
  EXPECT_EQ(Run().Total().packets, 15);
  const Decisions decisions = DecisionsOf("a");
  EXPECT_EQ(decisions.begin()->first, 10U);
  EXPECT_EQ(decisions.rbegin()->first, 24U);
  options_.ranges.clear();
  const PacketRunReport rest = Run();
  EXPECT_EQ(rest.Total().packets, kFrames - 15);
  EXPECT_EQ(rest.Total().known, 15);
}

TEST_F(PacketRunTest, MistakesAreNamed) {
  Ingest("a");
  const auto refused = [this] {
    const absl::Status status = TryRun().status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  options_.budget = {0, 0};
  EXPECT_THAT(refused(), HasSubstr("0 pictures a round"));
  options_.budget = {1, 0.5};
  EXPECT_THAT(refused(), HasSubstr("or else a share"));
  options_.budget = {0, 1.5};
  EXPECT_THAT(refused(), HasSubstr("1.5 of all"));
  options_.budget = {1, 0};
  streams_ = {"a", "a"};
  EXPECT_THAT(refused(), HasSubstr("named twice"));
  streams_ = {};
  EXPECT_THAT(refused(), HasSubstr("needs a stream"));
  streams_ = {"a"};
  options_.external_model = nullptr;
  EXPECT_THAT(refused(), HasSubstr("for one model"));
  options_.external_model = programs_.front().get();
  streams_ = {"a", "b"};
  EXPECT_TRUE(absl::IsNotFound(TryRun().status()));
}

}  // namespace
}  // namespace fovea
