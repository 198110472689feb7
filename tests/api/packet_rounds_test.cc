// SPDX-License-Identifier: GPL-2.0-or-later
//
// The packets of several stored cameras as rounds: all of them, each once, by
// time, none twice in a round.

#include "api/packet_rounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/frame_table.h"
#include "store/rows.h"
#include "tests/support/memory_store.h"

namespace fovea {
namespace {

constexpr int64_t kMs = 1'000'000;

class PacketRoundsTest : public ::testing::Test {
 protected:
  // A GOP whose pictures are shown at these times, by decoding order.
  void AddGop(StreamId stream, const std::vector<int64_t>& shown_ms) {
    uint64_t& index = end_[stream];
    FrameTable table;
    for (const int64_t shown : shown_ms) {
      FrameEntry entry;
      entry.pts = shown;
      entry.time_ns = shown * kMs;
      entry.size = 100;
      table.frames.push_back(entry);
    }
    GopRow row;
    row.start_ns = std::ranges::min(shown_ms) * kMs;
    row.duration_ns = std::ranges::max(shown_ms) * kMs - row.start_ns + kMs;
    row.frames = static_cast<uint32_t>(shown_ms.size());
    CommitBatch batch;
    batch.PutRow(Family::kGop, GopKey(stream, 0, index), EncodeGopRow(row));
    batch.PutRow(Family::kFtab, GopKey(stream, 0, index),
                 EncodeFrameTable(table));
    batch.PutRow(Family::kTime, TimeKey(stream, row.start_ns, index),
                 EncodeTimeRow());
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
    index += shown_ms.size();
  }

  // Of each round "stream.number@ms" of its packets.
  std::vector<std::string> Rounds(int64_t longest_ms) {
    std::vector<std::unique_ptr<PacketCursor>> cursors;
    std::vector<PacketCursor*> cameras;
    for (const auto& [stream, end] : end_) {
      cursors.push_back(std::make_unique<PacketCursor>(
          &store_, stream, std::vector<FrameSpan>{{0, end}}));
      cameras.push_back(cursors.back().get());
    }
    PacketRounds rounds(cameras, longest_ms * kMs);
    std::vector<std::string> texts;
    int64_t last_ns = INT64_MIN;
    while (true) {
      const auto round = rounds.Next();
      EXPECT_TRUE(round.ok()) << round.status();
      if (!round.ok() || round->packets.empty()) break;
      EXPECT_GE(round->time_ns, last_ns);
      last_ns = round->time_ns;
      std::string text;
      for (const RoundPacket& each : round->packets) {
        EXPECT_LE(each.packet.time_ns, round->time_ns);
        text += (text.empty() ? "" : " ") + std::to_string(each.camera) + "." +
                std::to_string(each.packet.gop->ref.first_index +
                               each.packet.number) +
                "@" + std::to_string(each.packet.time_ns / kMs);
      }
      texts.push_back(text);
    }
    for (const auto& cursor : cursors) {
      for (const auto& [index, error] : cursor->TakeUnread()) {
        unread_.push_back(index);
      }
    }
    return texts;
  }

  using Texts = std::vector<std::string>;
  testing::MemoryStore store_;
  std::map<StreamId, uint64_t> end_;
  std::vector<uint64_t> unread_;
};

TEST_F(PacketRoundsTest, ARoundHasOneOfEachCamera) {
  AddGop(1, {0, 40, 80});
  AddGop(2, {3, 43, 83});
  AddGop(1, {120});
  EXPECT_EQ(Rounds(40), (Texts{"0.0@0 1.0@3", "0.1@40 1.1@43", "0.2@80 1.2@83",
                               "0.3@120"}));
}

TEST_F(PacketRoundsTest, ASlowCameraIsInSomeOfThem) {
  AddGop(1, {0, 40, 80, 120, 160});
  AddGop(2, {50, 150});
  EXPECT_EQ(Rounds(40), (Texts{"0.0@0", "0.1@40 1.0@50", "0.2@80",
                               "0.3@120 1.1@150", "0.4@160"}));
}

TEST_F(PacketRoundsTest, CamerasThatNeverRunTogetherShareNoRound) {
  AddGop(1, {0, 40});
  AddGop(2, {1000, 1040});
  EXPECT_EQ(Rounds(40), (Texts{"0.0@0", "0.1@40", "1.0@1000", "1.1@1040"}));
}

// Shown 0 120 40 80: the second one comes when the second one is shown.
TEST_F(PacketRoundsTest, PacketsComeInDecodingOrder) {
  AddGop(1, {0, 120, 40, 80});
  EXPECT_EQ(Rounds(40), (Texts{"0.0@0", "0.1@40", "0.2@80", "0.3@120"}));
}

TEST_F(PacketRoundsTest, TimesThatRunBackwardWait) {
  AddGop(1, {0, 40, 80});
  AddGop(1, {20, 60, 100});
  AddGop(2, {90});
  EXPECT_EQ(Rounds(40), (Texts{"0.0@0", "0.1@40", "0.2@80", "0.3@80",
                               "0.4@80 1.0@90", "0.5@100"}));
}

TEST_F(PacketRoundsTest, TimesMayLieAnywhere) {
  AddGop(1, {INT64_MIN / kMs + 1});
  AddGop(2, {INT64_MAX / kMs - 1});
  EXPECT_EQ(Rounds(40).size(), 2U);
}

TEST_F(PacketRoundsTest, ATableThatCannotBeReadIsPassedOverAndTold) {
  AddGop(1, {0, 40});
  AddGop(1, {80, 120});
  AddGop(1, {160});
  const auto table = store_.Get(Family::kFtab, GopKey(1, 0, 2));
  ASSERT_TRUE(table.ok()) << table.status();
  CommitBatch batch;
  batch.PutRow(Family::kFtab, GopKey(1, 0, 2),
               table->substr(0, table->size() / 2));
  ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  EXPECT_EQ(Rounds(40), (Texts{"0.0@0", "0.1@40", "0.4@160"}));
  EXPECT_EQ(unread_, std::vector<uint64_t>{2});
}

}  // namespace
}  // namespace fovea
