// SPDX-License-Identifier: GPL-2.0-or-later
//
// SIGKILL at random instants of an ingest under a model, of a model run over
// what is stored, and of packs being joined. Whatever the instant was: what
// was acknowledged is there with all the model said of it, nothing is observed
// on frames that are not there, the index of labels says what the
// observations do.
//
// FOVEA_OBSERVATION_KILL_CYCLES and FOVEA_OBSERVATION_KILL_SEED override
// cycles and seed; tests/campaigns/observation_kill.sh runs the long form.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "api/store.h"
#include "index/frame_index.h"
#include "index/observation_reader.h"
#include "tests/api/small_video.h"
#include "tests/support/campaign.h"
#include "tests/support/script_model.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

constexpr uint64_t kFrames = 600;

class ObservationKillTest : public Cli {
 protected:
  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 96, 64, kFrames);
    testing::WriteScriptModel(dir_.File("own"), "watcher",
                              testing::AnsweringScript(testing::kOneBox));
    testing::WriteScriptModel(
        dir_.File("other"), "looker",
        testing::AnsweringScript("echo 50,20,70,40,0.8,0; echo"));
  }

  // Starts `arguments` on the store and kills it `life` after its
  // acknowledgement number `acks`, or after its start for 0, unless it ends
  // before. Returns whether it ended by itself.
  bool WorkAndKill(std::vector<std::string> arguments, size_t acks,
                   std::chrono::microseconds life) {
    arguments.insert(arguments.end(), {"--store", "store"});
    Process work(Command(arguments), Options());
    std::promise<void> begin;
    std::thread killer([&] {
      begin.get_future().wait();
      std::this_thread::sleep_for(life);
      work.Signal(SIGKILL);
    });
    bool begun = false;
    const auto begin_if = [&](bool due) {
      if (due && !begun) begin.set_value();
      begun = begun || due;
    };
    begin_if(acks == 0);
    size_t seen = 0;
    for (std::string line; work.ReadLine(&line);) {
      if (Note(line)) begin_if(++seen >= acks);
    }
    begin_if(true);
    killer.join();
    const ProcessResult end = work.Finish();
    EXPECT_TRUE(end.signal == SIGKILL || end.exit_code == 0) << end.err;
    return end.signal != SIGKILL && end.exit_code == 0;
  }

  bool Note(const std::string& line) {
    const Json event = Json::parse(line, nullptr, false);
    if (event.is_discarded() || !event.contains("ack")) return false;
    acknowledged_ =
        std::max(acknowledged_, Number(event["ack"]["last_index"]) + 1);
    ++acks_;
    return true;
  }

  static uint64_t Number(const Json& value) {
    return value.is_string() ? std::stoull(value.get<std::string>())
                             : value.get<uint64_t>();
  }

  bool IngestAndKill(size_t acks, std::chrono::microseconds life) {
    return WorkAndKill({"ingest", "cam.y4m", "--name", "cam", "--model", "own",
                        "--gradient-every", "1", "--resume", "--progress",
                        "json", "--commit-every", "1ms", "--jobs", "1"},
                       acks, life);
  }

  // Opens what the kill left.
  void CheckStore() {
    if (!std::filesystem::exists(dir_.File("store/FOVEA"))) {
      EXPECT_EQ(acknowledged_, 0u) << "acknowledged into no store";
      return;
    }
    auto store = Store::Open({.path = dir_.File("store")});
    ASSERT_TRUE(store.ok()) << store.status();
    const auto verified = (*store)->Verify({.deep = true});
    ASSERT_TRUE(verified.ok()) << verified.status();
    for (const StoreProblem& problem : verified->problems) {
      ADD_FAILURE() << problem.object << ": " << problem.what;
    }
    const auto presence = (*store)->RebuildIndex(/*check_only=*/true, {});
    ASSERT_TRUE(presence.ok()) << presence.status();
    EXPECT_EQ(presence->faults(), 0);
    EXPECT_EQ(presence->unreadable, 0);
    CheckObservations(store->get());
  }

  void CheckObservations(Store* store) {
    const auto stream = store->Describe("cam");
    if (absl::IsNotFound(stream.status())) {
      EXPECT_EQ(acknowledged_, 0u);
      return;
    }
    ASSERT_TRUE(stream.ok()) << stream.status();
    EXPECT_GE(stream->end_index, acknowledged_);
    std::set<uint64_t> seen;  // by the model that looks along
    const absl::Status read = VisitObservations(
        store->chunks(), {stream->id}, [&](const Observation& o) {
          EXPECT_LT(o.last_index, stream->end_index) << o.label;
          ++observations_;
          if (o.label != "wheel") return true;
          for (const ObservedBox& box : o.boxes) seen.insert(box.index);
          return true;
        });
    EXPECT_TRUE(read.ok()) << read;
    const FrameIndex index(store->chunks());
    for (const uint64_t frame : seen) {
      EXPECT_TRUE(index.AtIndex(stream->id, frame).ok()) << frame;
    }
    // Every frame that is there was looked at in the commit that brought it.
    EXPECT_EQ(seen.size(), stream->end_index);
  }

  void StartAfresh() {
    std::filesystem::remove_all(dir_.File("store"));
    acknowledged_ = 0;
  }

  uint64_t acknowledged_ = 0;  // frames
  int64_t acks_ = 0;
  int64_t observations_ = 0;  // found whole, over all checks
};

TEST_F(ObservationKillTest, RowsAndBytesComeTogether) {
  const uint32_t cycles =
      testing::CampaignNumber("FOVEA_OBSERVATION_KILL_CYCLES", 10);
  const uint32_t seed =
      testing::CampaignNumber("FOVEA_OBSERVATION_KILL_SEED", 1);
  std::printf("%u cycles, seed %u\n", cycles, seed);
  std::mt19937 random(seed);
  int ended = 0, runs = 0, joins = 0;
  bool whole = false;
  for (uint32_t cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    const auto life = std::chrono::microseconds(random() % 400'000);
    if (whole && random() % 2 == 0) {
      StartAfresh();
      whole = false;
      ++ended;
    }
    if (!whole) {
      whole = IngestAndKill(random() % 4, life);
    } else if (random() % 2 == 0) {
      WorkAndKill({"run", "cam", "--model", "other", "--every", "1", "--again"},
                  0, life);
      ++runs;
    } else {
      WorkAndKill({"index", "join"}, 0, life / 8);
      ++joins;
    }
    CheckStore();
  }
  std::printf(
      "%lld acknowledgements held, %lld observations found, %d ingests "
      "completed, %d model runs and %d joins killed\n",
      static_cast<long long>(acks_), static_cast<long long>(observations_),
      ended, runs, joins);
  EXPECT_GT(acks_, 0);
  EXPECT_GT(observations_, 0);
}

}  // namespace
}  // namespace fovea
