// SPDX-License-Identifier: GPL-2.0-or-later
//
// SIGKILL at random instants of 'dedup --apply'. What is left is whole: of
// each GOP the old form or the new one, all frames. Applied again, and
// killed again, until it is through, it ends where an undisturbed one does.
//
// FOVEA_DEDUP_KILL_CYCLES and FOVEA_DEDUP_KILL_SEED override cycles and
// seed; tests/campaigns/dedup_kill.sh runs the long form.

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "api/scene.h"
#include "api/store.h"
#include "index/frame_index.h"
#include "tests/support/campaign.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr char kStreams[][6] = {"left", "right"};
constexpr int kFrames = 48;
constexpr int kGopFrames = 8;

// Of each stream the GOPs' chunks, in index order.
using Chunks = std::vector<std::vector<ChunkId>>;

class DedupKillTest : public Cli {
 protected:
  std::string StorePath() const { return dir_.File("store"); }

  // A store with two overlapping cameras; kept aside for each new start.
  void MakeStore() {
    SceneOptions options;
    options.width = 320;
    options.height = 192;
    options.fps = 10;
    options.seconds = kFrames / options.fps;
    options.second_camera = true;
    options.overlap = 0.75;
    auto files = WriteScene(options, dir_.File("scene"), nullptr);
    ASSERT_TRUE(files.ok()) << files.status();
    StoreOptions writing;
    writing.create = true;
    writing.path = StorePath();
    auto store = Store::Open(writing);
    ASSERT_TRUE(store.ok()) << store.status();
    IngestOptions ingest;
    ingest.jobs = 1;
    ingest.gop_seconds = kGopFrames / options.fps;
    for (const auto& [file, name] : {std::pair("scene/camera.mp4", "left"),
                                     {"scene/camera2.mp4", "right"}}) {
      ingest.name = name;
      const auto report =
          (*store)->Ingest(dir_.File(file), ingest, nullptr, nullptr);
      ASSERT_TRUE(report.ok()) << report.status();
    }
    store->reset();
    std::filesystem::copy(StorePath(), dir_.File("before"),
                          std::filesystem::copy_options::recursive);
    before_ = ChunksIn();
  }

  void StartAfresh() {
    std::filesystem::remove_all(StorePath());
    std::filesystem::copy(dir_.File("before"), StorePath(),
                          std::filesystem::copy_options::recursive);
  }

  // What an undisturbed run makes of it, and how long it takes.
  void ApplyUndisturbed() {
    const auto begun = steady_clock::now();
    const ProcessResult applied = OnStore({"dedup", "--apply"});
    length_ =
        std::chrono::duration_cast<microseconds>(steady_clock::now() - begun);
    if (applied.err.find("feature detector") != std::string::npos) {
      GTEST_SKIP() << applied.err;
    }
    ASSERT_EQ(applied.exit_code, 0) << applied.err;
    after_ = ChunksIn();
    status_ = StatusText();
    ASSERT_EQ(after_[0].size(), before_[0].size());
    ASSERT_EQ(after_[1].size(), before_[1].size());
    ASSERT_NE(after_, before_);
  }

  // Kills it `life` after its start or, later, after its first byte written.
  // Whether it ended before.
  bool ApplyAndKill(bool once_writing, microseconds life) {
    const auto before = BytesIn(StorePath() + "/segments");
    Process apply(Command({"dedup", "--apply", "--store", "store"}), Options());
    const auto latest = steady_clock::now() + 20 * length_;
    while (once_writing && BytesIn(StorePath() + "/segments") == before &&
           steady_clock::now() < latest) {
      std::this_thread::sleep_for(microseconds(500));
    }
    std::this_thread::sleep_for(life);
    apply.Signal(SIGKILL);
    return apply.Finish().exit_code == 0;
  }

  static uintmax_t BytesIn(const std::string& folder) {
    uintmax_t bytes = 0;
    std::error_code gone;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      const uintmax_t size = file.file_size(gone);
      if (!gone) bytes += size;
    }
    return bytes;
  }

  // Opens what the kill left.
  void CheckStore() {
    const ProcessResult verified = OnStore({"verify", "--deep"});
    EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
    const Chunks now = ChunksIn();
    for (size_t i = 0; i < now.size(); ++i) {
      ASSERT_EQ(now[i].size(), before_[i].size());
      for (size_t gop = 0; gop < now[i].size(); ++gop) {
        EXPECT_TRUE(now[i][gop] == before_[i][gop] ||
                    now[i][gop] == after_[i][gop])
            << kStreams[i] << ", GOP " << gop << " is neither";
      }
    }
    for (const char* stream : kStreams) CheckFrames(stream);
  }

  void CheckEnd() {
    EXPECT_EQ(ChunksIn(), after_);
    EXPECT_EQ(StatusText(), status_);
    const Json usage = JsonOf({"du"});
    EXPECT_EQ(usage["usage"]["dead_chunk_bytes"], 0) << usage;
  }

  Chunks ChunksIn() const {
    auto store = Store::Open({.path = StorePath()});
    EXPECT_TRUE(store.ok()) << store.status();
    Chunks chunks(std::size(kStreams));
    for (size_t i = 0; store.ok() && i < chunks.size(); ++i) {
      const auto stream = (*store)->Describe(kStreams[i]);
      EXPECT_TRUE(stream.ok()) << stream.status();
      if (!stream.ok()) break;
      const absl::Status status =
          FrameIndex((*store)->chunks())
              .ForEachGop(stream->id, [&](const GopRef& gop) {
                chunks[i].push_back(gop.row.chunk);
                return true;
              });
      EXPECT_TRUE(status.ok()) << status;
    }
    return chunks;
  }

  // An export has all frames, and all of them decode.
  void CheckFrames(const std::string& stream) {
    const Json report = JsonOf({"export", stream, "-o", stream + ".mp4"});
    EXPECT_EQ(report["samples"], kFrames) << report;
    auto store = Store::Open({.path = StorePath()});
    ASSERT_TRUE(store.ok()) << store.status();
    const FrameSelection all;
    int decoded = 0;
    const absl::Status status =
        (*store)
            ->ReadFrames(stream, all,
                         [&](const ReadFrame& read) {
                           EXPECT_EQ(read.index,
                                     static_cast<uint64_t>(decoded));
                           ++decoded;
                           return true;
                         })
            .status();
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(decoded, kFrames);
  }

  std::string StatusText() const { return OnStore({"dedup", "--status"}).out; }

  Chunks before_, after_;
  std::string status_;
  microseconds length_{};
};

TEST_F(DedupKillTest, EachGopIsTheOldOneOrTheNewOne) {
  const uint32_t cycles = testing::CampaignNumber("FOVEA_DEDUP_KILL_CYCLES", 4);
  const uint32_t seed = testing::CampaignNumber("FOVEA_DEDUP_KILL_SEED", 1);
  std::printf("%u cycles, seed %u\n", cycles, seed);
  ASSERT_NO_FATAL_FAILURE(MakeStore());
  ASSERT_NO_FATAL_FAILURE(ApplyUndisturbed());
  if (IsSkipped()) return;
  StartAfresh();
  std::mt19937 random(seed);
  int kills = 0;
  int between = 0;  // kills that left some GOPs of each form
  int completed = 0;
  for (uint32_t cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    // By the clock, which also hits the plan, and by progress.
    const bool once_writing = cycle % 3 != 0;
    const bool ended =
        ApplyAndKill(once_writing, (once_writing ? length_ / 4 : length_) *
                                       (random() % 1000) / 1000);
    CheckStore();
    const Chunks now = ChunksIn();
    kills += ended ? 0 : 1;
    between += now != before_ && now != after_ ? 1 : 0;
    if (now != after_ && cycle + 1 < cycles) continue;
    // Through with its GOPs, though perhaps not with what comes after.
    EXPECT_EQ(OnStore({"dedup", "--apply"}).exit_code, 0);
    CheckEnd();
    StartAfresh();
    ++completed;
  }
  std::printf("%d kills, %d of them between two GOPs; %d times completed\n",
              kills, between, completed);
  EXPECT_GT(kills, 0);
  EXPECT_GT(completed, 0);
}

}  // namespace
}  // namespace fovea
