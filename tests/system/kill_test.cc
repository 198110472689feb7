// SPDX-License-Identifier: GPL-2.0-or-later
//
// SIGKILL at random instants of an ingest (tests/store/store_kill_test.cc
// kills the store's other work). Another process, this one, reads
// the acknowledgements through a pipe and holds the store to them: every
// one must be there, byte for byte, whatever the instant was. The ingest is
// then resumed, and killed again, until it is through.
//
// FOVEA_KILL_CYCLES and FOVEA_KILL_SEED override cycles and seed;
// tests/campaigns/kill.sh runs the long form.

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/scene.h"
#include "api/store.h"
#include "index/frame_index.h"
#include "nlohmann/json.hpp"
#include "tests/support/build_paths.h"
#include "tests/support/campaign.h"
#include "tests/support/process.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using nlohmann::json;
using testing::Process;
using testing::TempDir;

struct Ack {
  std::string stream;
  uint64_t first = 0;
  uint64_t last = 0;
  std::string chunk;
};

class KillTest : public ::testing::Test {
 protected:
  void MakeScene() {
    SceneOptions options;
    options.width = 320;
    options.height = 240;
    options.seconds = 12;
    auto files = WriteScene(options, dir_.File("scene"), nullptr);
    ASSERT_TRUE(files.ok()) << files.status();
  }

  // Starts or goes on with the ingest and kills it `life` after its
  // acknowledgement number `acks`, or after its start for 0, unless it ends
  // before. Returns whether it ended by itself.
  bool IngestAndKill(size_t acks, std::chrono::microseconds life) {
    Process ingest(
        {testing::FoveaBinary(), "ingest", dir_.File("scene/camera.mp4"),
         "--imu", dir_.File("scene/imu.csv"), "--name", "cam", "--store",
         StorePath(), "--resume", "--progress", "json", "--commit-every", "1ms",
         "--jobs", "1"},
        {});
    std::promise<void> begin;
    std::thread killer([&] {
      begin.get_future().wait();
      std::this_thread::sleep_for(life);
      ingest.Signal(SIGKILL);
    });
    const size_t wanted = acks_.size() + acks;
    bool begun = false;
    const auto begin_if = [&](bool due) {
      if (due && !begun) begin.set_value();
      begun = begun || due;
    };
    begin_if(acks == 0);
    for (std::string line; ingest.ReadLine(&line);) {
      Note(line);
      begin_if(acks_.size() >= wanted);
    }
    begin_if(true);
    killer.join();
    return ingest.Finish().exit_code == 0;
  }

  void Note(const std::string& line) {
    const json event = json::parse(line, nullptr, false);
    if (event.is_discarded() || !event.contains("ack")) return;
    const json& ack = event["ack"];
    acks_.push_back({ack.at("stream"), Number(ack.at("first_index")),
                     Number(ack.at("last_index")), ack.at("chunk")});
  }

  static uint64_t Number(const json& value) {
    return value.is_string() ? std::stoull(value.get<std::string>())
                             : value.get<uint64_t>();
  }

  // Opens what the kill left and checks every acknowledgement so far.
  void CheckStore() {
    if (!std::filesystem::exists(StorePath() + "/FOVEA")) {
      EXPECT_TRUE(acks_.empty()) << "acknowledged into no store";
      return;
    }
    auto store = Store::Open({.path = StorePath()});
    ASSERT_TRUE(store.ok()) << store.status();
    auto verified = (*store)->Verify({.deep = true});
    ASSERT_TRUE(verified.ok()) << verified.status();
    for (const StoreProblem& problem : verified->problems) {
      ADD_FAILURE() << problem.object << ": " << problem.what;
    }
    for (const Ack& ack : acks_) CheckAck(store->get(), ack);
  }

  void CheckAck(Store* store, const Ack& ack) {
    auto stream = store->Describe(ack.stream);
    ASSERT_TRUE(stream.ok()) << stream.status();
    EXPECT_GT(stream->end_index, ack.last);
    if (stream->description.kind == StreamKind::kCamera) {
      auto ref = FrameIndex(store->chunks()).AtIndex(stream->id, ack.first);
      ASSERT_TRUE(ref.ok()) << ref.status();
      EXPECT_EQ(ref->gop.row.chunk.ToHex(), ack.chunk);
      auto payload = store->chunks()->ReadChunk(ref->gop.row.chunk);
      ASSERT_TRUE(payload.ok()) << payload.status();
      EXPECT_EQ(ChunkId::Of(*payload).ToHex(), ack.chunk);
    } else {
      EXPECT_EQ(BlockAt(store, stream->id, ack.first), ack.chunk);
    }
  }

  // The id of the block's bytes as they lie in the store.
  static std::string BlockAt(Store* store, StreamId stream, uint64_t first) {
    std::string id = "no block";
    EXPECT_TRUE(store->chunks()
                    ->Scan(Family::kBlock, StreamPrefix(stream),
                           StreamPrefix(stream + 1),
                           [&](std::string_view, std::string_view value) {
                             auto row = DecodeBlockRow(value);
                             if (!row.ok() || row->first_index != first) {
                               return true;
                             }
                             std::vector<uint8_t> bytes(row->bytes.begin(),
                                                        row->bytes.end());
                             if (row->is_chunk) {
                               auto chunk =
                                   store->chunks()->ReadChunk(row->chunk);
                               EXPECT_TRUE(chunk.ok()) << chunk.status();
                               if (chunk.ok()) bytes = *std::move(chunk);
                             }
                             id = ChunkId::Of(bytes).ToHex();
                             return false;
                           })
                    .ok());
    return id;
  }

  void CheckComplete() {
    auto store = Store::Open({.path = StorePath()});
    ASSERT_TRUE(store.ok()) << store.status();
    auto camera = (*store)->Describe("cam");
    ASSERT_TRUE(camera.ok()) << camera.status();
    EXPECT_EQ(camera->counts.samples_in, 360);
    EXPECT_EQ(camera->counts.stored, 360);
    EXPECT_EQ(camera->end_index, 360u);
    auto imu = (*store)->Describe("cam.imu");
    ASSERT_TRUE(imu.ok()) << imu.status();
    EXPECT_EQ(imu->counts.stored, imu->counts.samples_in);
    EXPECT_GE(imu->counts.stored, 2400);
  }

  void StartAfresh() {
    std::filesystem::remove_all(StorePath());
    acks_.clear();
  }

  std::string StorePath() const { return dir_.File("store"); }

  TempDir dir_;
  std::vector<Ack> acks_;
};

TEST_F(KillTest, NothingAcknowledgedIsLost) {
  const uint32_t cycles = testing::CampaignNumber("FOVEA_KILL_CYCLES", 50);
  const uint32_t seed = testing::CampaignNumber("FOVEA_KILL_SEED", 1);
  std::printf("%u cycles, seed %u\n", cycles, seed);
  MakeScene();
  std::mt19937 random(seed);
  int64_t acks = 0;
  int ended = 0;
  for (uint32_t cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    const size_t before = acks_.size();
    // By the clock, which also hits the start, and by progress, which a
    // slow machine does not change.
    const bool by_clock = cycle % 2 == 0;
    const auto life = std::chrono::microseconds(
        by_clock ? 20'000 + random() % 1'500'000 : random() % 150'000);
    const bool whole = IngestAndKill(by_clock ? 0 : 1 + random() % 12, life);
    acks += static_cast<int64_t>(acks_.size() - before);
    CheckStore();
    if (whole) {
      CheckComplete();
      StartAfresh();
      ++ended;
    }
  }
  std::printf("%lld acknowledgements held, %d ingests completed\n",
              static_cast<long long>(acks), ended);
  EXPECT_GT(acks, 0);
}

}  // namespace
}  // namespace fovea
