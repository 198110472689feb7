// SPDX-License-Identifier: GPL-2.0-or-later
//
// A run over several stored cameras within a decode budget, of a model whose
// answers follow from the pictures alone, and what it is held against.

#ifndef FOVEA_TESTS_API_PACKET_STORY_H_
#define FOVEA_TESTS_API_PACKET_STORY_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "api/decision_book.h"
#include "api/gop_reader.h"
#include "api/look_book.h"
#include "api/observation_book.h"
#include "api/packet_run.h"
#include "api/run_plan.h"
#include "index/observation_reader.h"
#include "tests/api/packet_cameras.h"

namespace fovea {

using Decisions = std::map<uint64_t, Decision>;

class PacketStory : public PacketCameras {
 protected:
  void SetUp() override {
    PacketCameras::SetUp();
    options_.external_model = Program("watcher", kByPicture);
    options_.budget.pictures = 1;
    options_.commit_gops = 2;
  }

  absl::StatusOr<PacketRunReport> TryRun() {
    return RunWithinBudget(store_.get(), streams_, options_, progress_, &stop_);
  }

  PacketRunReport Run() {
    const auto report = TryRun();
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : PacketRunReport();
  }

  Decisions DecisionsOf(const std::string& name) {
    Decisions decisions;
    const absl::Status read = ReadDecisions(
        store_->chunks(), {Describe(name).id}, [&](const DecidedInput& input) {
          decisions[input.index] = input.decision;
          return true;
        });
    EXPECT_TRUE(read.ok()) << read;
    return decisions;
  }

  std::vector<Observation> Observed(const std::string& name) {
    const auto page =
        ListObservations(store_->chunks(), {Describe(name).id}, 10000);
    EXPECT_TRUE(page.ok()) << page.status();
    auto seen = page.ok() ? page->observations : std::vector<Observation>();
    std::ranges::sort(seen, {}, [](const Observation& o) {
      return std::pair(o.track, o.start_ns);
    });
    return seen;
  }

  LookBook Looks(const std::string& name) {
    auto book = LookBook::Read(store_->chunks(), Describe(name).id);
    EXPECT_TRUE(book.ok()) << book.status();
    return *std::move(book);
  }

  std::vector<LookSpan> Looked(const std::string& name) {
    return Looks(name).SpansOf(model().id.digest);
  }

  const ModelDescription& model() const {
    return options_.external_model->description();
  }

  // What a book of observations holds if the model is asked about the frames
  // that were decided to be run, each decoded with its whole GOP.
  std::vector<Observation> Expected(const std::string& name) {
    const StreamSummary stream = Describe(name);
    const Decisions decisions = DecisionsOf(name);
    const LookBook looks = Looks(name);
    ObservationBook book(stream.id);
    const GopReader reader(store_->chunks(), &stream.description);
    const auto gops =
        GopsOf(store_->chunks(), stream.id, {0, stream.end_index}, SIZE_MAX);
    EXPECT_TRUE(gops.ok()) << gops.status();
    for (const GopRef& gop : *gops) {
      const auto table = FrameIndex(store_->chunks()).Table(gop);
      EXPECT_TRUE(table.ok()) << table.status();
      const std::vector<FrameTime> shown = ShownTimes(gop, *table);
      const absl::Status read =
          reader.Frames(gop, [&](uint32_t rank, const Frame& frame) {
            const auto decision = decisions.find(shown[rank].index);
            if (decision == decisions.end()) return true;
            if (decision->second.kind == DecisionKind::kHold) {
              book.HoldOn(&model(), shown[rank]);
            }
            if (decision->second.kind != DecisionKind::kRun) return true;
            const auto answer = options_.external_model->Ask(
                frame, stream.description.camera.color, INT64_MAX);
            EXPECT_TRUE(answer.ok()) << answer.status();
            book.Add(Observe(model(), *answer, frame),
                     looks.FirstTrack(model().id.digest, shown[rank].index),
                     shown[rank]);
            return true;
          });
      EXPECT_TRUE(read.ok()) << read;
    }
    std::vector<Observation> seen = book.TakeChanged();
    std::ranges::sort(seen, {}, [](const Observation& o) {
      return std::pair(o.track, o.start_ns);
    });
    return seen;
  }

  // Each packet has its decision, holds name the look before, and the report
  // says the same.
  void ExpectWhole(const PacketCameraReport& camera) {
    SCOPED_TRACE(camera.stream);
    const Decisions decisions = DecisionsOf(camera.stream);
    ASSERT_EQ(decisions.size(), Describe(camera.stream).end_index);
    int64_t run = 0, held = 0, gaps = 0;
    uint64_t last = 0, next = 0;
    for (const auto& [index, decision] : decisions) {
      EXPECT_EQ(index, next++);
      switch (decision.kind) {
        case DecisionKind::kRun:
          ++run;
          last = index;
          break;
        case DecisionKind::kHold:
          ++held;
          EXPECT_EQ(decision.reference_index, last);
          break;
        default:
          EXPECT_EQ(decision.kind, DecisionKind::kGap);
          EXPECT_EQ(run, 0);
          ++gaps;
      }
    }
    EXPECT_EQ(run, camera.looked);
    EXPECT_EQ(held, camera.held);
    EXPECT_EQ(gaps, camera.unanswered);
    EXPECT_EQ(run + held + gaps, camera.packets);
    EXPECT_LE(camera.looked, camera.decoded);
  }

  PacketRunOptions options_;
  std::function<void(int64_t, int64_t)> progress_;
  std::atomic<bool> stop_{false};
};

}  // namespace fovea

#endif  // FOVEA_TESTS_API_PACKET_STORY_H_
