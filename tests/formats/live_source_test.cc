// SPDX-License-Identifier: GPL-2.0-or-later
//
// A server on loopback plays segments in real time and goes away between
// them; one that says nothing is left alone soon after being told to.

#include "codec/formats/live_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "codec/formats/file_source.h"
#include "codec/formats/internal/live_feed.h"
#include "tests/formats/source_log.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/live_server.h"
#include "tests/support/rtsp_server.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::fovea::testing::Ffmpeg;
using ::fovea::testing::LiveServer;
using ::fovea::testing::LiveSession;
using ::fovea::testing::ProbeFrameTicks;
using ::fovea::testing::ReadFileBytes;
using ::fovea::testing::RtspServer;
using ::fovea::testing::SourceLog;
using ::fovea::testing::TempDir;
using ::testing::HasSubstr;

void Sleep(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

class LiveSourceTest : public ::testing::Test {
 protected:
  std::vector<uint8_t> Clip(const std::string& name, int frames,
                            const std::string& size = "320x240") {
    const std::string path = dir_.File(name);
    Ffmpeg("-f lavfi -i testsrc2=s=" + size + ":r=25 -frames:v " +
           std::to_string(frames) +
           " -c:v libx264 -pix_fmt yuv420p -bf 2 -g 10 '" + path + "'");
    return ReadFileBytes(path);
  }

  static SourceOptions Options() {
    SourceOptions options;
    options.timeout_ns = 800'000'000;
    options.backoff_min_ns = 100'000'000;
    options.backoff_max_ns = 300'000'000;
    options.max_reconnects = 8;
    return options;
  }

  // Three sessions with 25, 40 and 30 frames: the second ends in silence.
  std::vector<LiveSession> ThreeSessions(const std::string& suffix) {
    return {{Clip("a" + suffix, 25), 1.0, 0, 1.2},
            {Clip("b" + suffix, 40), 1.6, 1.5, 0.3},
            {Clip("c" + suffix, 30), 1.2, 0, 0}};
  }

  void ExpectTwoGaps(const SourceLog& log) {
    ASSERT_TRUE(log.status.ok()) << log.status;
    EXPECT_TRUE(log.info.live);
    EXPECT_EQ(log.info.name.find("secret"), std::string::npos);
    ASSERT_EQ(log.gaps.size(), 2U);
    EXPECT_GE(log.gaps[0].end_ns - log.gaps[0].start_ns, 1'000'000'000);
    EXPECT_LT(log.gaps[0].start_ns, log.gaps[1].start_ns);
    EXPECT_THAT(log.gaps[1].reason, HasSubstr("timed out"));
    EXPECT_THAT(log.Camera().reason, HasSubstr("gave up after 8 tries"));
    EXPECT_EQ(log.Camera().rejected, 0)
        << ::testing::PrintToString(log.Camera().reasons);
    EXPECT_EQ(log.Camera().times.front(), 0);
  }

  TempDir dir_;
};

TEST_F(LiveSourceTest, GapsAreRecordedAndNothingBeforeThemIsLost) {
  FOVEA_NEED_FFMPEG();
  LiveServer server(ThreeSessions(".ts"));
  const SourceLog log =
      SourceLog::Drain(OpenLiveSource(server.url(), Options()));
  ExpectTwoGaps(log);
  const auto& times = log.Camera().times;
  ASSERT_EQ(times.size(), 25U + 40 + 30);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_LE(times[24], log.gaps[0].start_ns);
  // Times are on the grid of the source's clock: 90 kHz.
  constexpr double kTickNs = 1e9 / 90'000;
  EXPECT_NEAR(static_cast<double>(times[25] - log.gaps[0].end_ns), 0, kTickNs);
  EXPECT_NEAR(static_cast<double>(times[65] - log.gaps[1].end_ns), 0, kTickNs);
  const auto& ticks = log.Camera().ticks;
  EXPECT_TRUE(std::is_sorted(ticks.begin(), ticks.end()));
}

TEST_F(LiveSourceTest, CopyKeepsEveryUnitOverGaps) {
  FOVEA_NEED_FFMPEG();
  SourceOptions options = Options();
  options.copy = true;
  std::vector<LiveSession> sessions = ThreeSessions(".h264");
  std::vector<uint8_t> sent;
  for (const LiveSession& session : sessions) {
    sent.insert(sent.end(), session.bytes.begin(), session.bytes.end());
  }
  LiveServer server(std::move(sessions));
  const SourceLog log = SourceLog::Drain(OpenLiveSource(server.url(), options));
  ExpectTwoGaps(log);
  EXPECT_EQ(log.Camera().items, 25 + 40 + 30);
  EXPECT_EQ(log.Camera().bytes, sent);
}

TEST_F(LiveSourceTest, AnotherPictureSizeEndsTheSource) {
  FOVEA_NEED_FFMPEG();
  LiveServer server({{Clip("a.ts", 25), 0.5, 0, 0.2},
                     {Clip("b.ts", 25, "640x480"), 0.5, 0, 0}});
  const SourceLog log =
      SourceLog::Drain(OpenLiveSource(server.url(), Options()));
  EXPECT_EQ(log.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(log.status.message()),
              HasSubstr("from 320x240 to 640x480"));
  EXPECT_EQ(log.Camera().items, 25);
}

TEST_F(LiveSourceTest, StopEndsAWait) {
  FOVEA_NEED_FFMPEG();
  SourceOptions options = Options();
  options.timeout_ns = 60'000'000'000;
  LiveServer server({{Clip("a.ts", 25), 0.3, 2.0, 0}});
  auto source = OpenLiveSource(server.url(), options);
  ASSERT_TRUE(source.ok()) << source.status();
  std::thread stopper([&source] {
    Sleep(0.5);
    (*source)->Stop();
  });
  int items = 0;
  while (true) {
    auto item = (*source)->Next();
    ASSERT_TRUE(item.ok()) << item.status();
    if (!item->has_value()) break;
    ++items;
  }
  stopper.join();
  EXPECT_GT(items, 0);
}

// Sets a flag from another thread a moment after a reader began to wait.
class LentFlag {
 public:
  LentFlag() {
    setter_ = std::thread([this] {
      Sleep(0.3);
      flag_ = true;
    });
  }
  ~LentFlag() { setter_.join(); }
  SourceOptions Options() const {
    SourceOptions options;
    options.timeout_ns = 60'000'000'000;
    options.stop = &flag_;
    return options;
  }

 private:
  std::atomic<bool> flag_ = false;
  std::thread setter_;
};

TEST(LentFlagTest, EndsAnOpeningThatWaitsForFirstBytes) {
  LiveServer server({{{}, 0, 30, 0}});
  const LentFlag flag;
  const auto source = OpenSource(server.url(), flag.Options());
  EXPECT_EQ(source.status().code(), absl::StatusCode::kCancelled)
      << source.status();
}

TEST(LentFlagTest, EndsTheOpeningOfASilentPipe) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const LentFlag flag;
  const auto source = OpenPipeSource("pipe", ends[0], flag.Options());
  EXPECT_FALSE(source.ok());
  close(ends[0]);
  close(ends[1]);
}

// The first packet of an RTSP stream comes without a time; all others have
// the camera's, which must not be given up for it.
TEST_F(LiveSourceTest, RtspKeepsTheTimesOfTheCamera) {
  FOVEA_NEED_FFMPEG();
  const std::string path = dir_.File("clip.h264");
  Ffmpeg(
      "-f lavfi -i testsrc2=s=320x240:r=20 -frames:v 30 -c:v libx264 -pix_fmt "
      "yuv420p -bf 0 -g 10 -x264-params slices=1:sliced-threads=0 '" +
      path + "'");
  for (const bool copy : {false, true}) {
    const RtspServer server(ReadFileBytes(path), 20);
    SourceOptions options = Options();
    options.timeout_ns = 3'000'000'000;  // more than is analysed to open
    options.max_reconnects = 1;
    options.copy = copy;
    const SourceLog log = SourceLog::Drain(OpenSource(server.url(), options));
    ASSERT_TRUE(log.status.ok()) << log.status;
    EXPECT_EQ(log.info.name.find("secret"), std::string::npos);
    EXPECT_TRUE(log.info.notes.empty())
        << ::testing::PrintToString(log.info.notes);
    const std::vector<int64_t>& times = log.Camera().times;
    ASSERT_EQ(times.size(), 30U);
    for (size_t i = 0; i < times.size(); ++i) {
      EXPECT_EQ(times[i], static_cast<int64_t>(i) * 50'000'000) << copy;
    }
  }
}

TEST_F(LiveSourceTest, ALentFlagEndsAWait) {
  FOVEA_NEED_FFMPEG();
  LiveServer server({{Clip("a.ts", 50), 0.1, 30, 0}});
  const LentFlag flag;
  auto source = OpenSource(server.url(), flag.Options());
  ASSERT_TRUE(source.ok()) << source.status();
  while (true) {
    auto item = (*source)->Next();
    ASSERT_TRUE(item.ok()) << item.status();
    if (!item->has_value()) break;
  }
}

TEST_F(LiveSourceTest, ALentFlagEndsReconnecting) {
  FOVEA_NEED_FFMPEG();
  const LentFlag flag;
  SourceOptions options = flag.Options();
  options.backoff_min_ns = options.backoff_max_ns = 60'000'000'000;
  LiveServer server({{Clip("a.ts", 50), 0.1, 0, 30}});
  const SourceLog log = SourceLog::Drain(OpenSource(server.url(), options));
  EXPECT_TRUE(log.status.ok() || absl::IsCancelled(log.status)) << log.status;
}

TEST(WithoutCredentialsTest, HidesUserAndQuery) {
  EXPECT_EQ(av::WithoutCredentials("rtsp://u:p@cam/s?token=1"),
            "rtsp://cam/s?...");
  EXPECT_EQ(av::WithoutCredentials("rtsp://u:p@w@cam:554/a@b"),
            "rtsp://cam:554/a@b");
  EXPECT_EQ(av::WithoutCredentials("/dev/video0"), "/dev/video0");
}

class BacklogTest : public ::testing::Test {
 protected:
  void Push(av::Backlog* backlog, bool key, int64_t arrival_ns = 0) {
    av::PacketPtr packet(av_packet_alloc());
    ASSERT_EQ(av_new_packet(packet.get(), 1000), 0);
    packet->stream_index = 0;
    packet->pts = next_pts_++;
    if (key) packet->flags |= AV_PKT_FLAG_KEY;
    backlog->PushPacket(std::move(packet), 0, arrival_ns);
  }

  // What is inside: pts of packets, -n for a report of n dropped.
  std::vector<int64_t> Drain(av::Backlog* backlog) {
    backlog->PushEvent(av::Ended{});
    std::vector<int64_t> seen;
    while (true) {
      auto event = backlog->Pop();
      if (std::holds_alternative<av::Ended>(*event)) return seen;
      if (const auto* dropped = std::get_if<av::Dropped>(&*event)) {
        seen.push_back(-dropped->packets);
      } else {
        seen.push_back(std::get<av::PacketPtr>(*event)->pts);
      }
    }
  }

  int64_t next_pts_ = 0;
};

constexpr int64_t kFourPackets = 4 * (1000 + sizeof(AVPacket));
constexpr int64_t kLong = 1'000'000'000'000;

TEST_F(BacklogTest, OldestWholeGopsGoFirst) {
  av::Backlog backlog(kFourPackets, kLong);
  for (const bool key : {true, false, true, false, false}) {
    Push(&backlog, key);
  }
  EXPECT_THAT(Drain(&backlog), ::testing::ElementsAre(-2, 2, 3, 4));
}

TEST_F(BacklogTest, InsideOneGopTheNewestGoUntilAKeyPicture) {
  av::Backlog backlog(kFourPackets, kLong);
  for (const bool key :
       {true, false, false, false, false, false, true, false}) {
    Push(&backlog, key);
  }
  EXPECT_THAT(Drain(&backlog), ::testing::ElementsAre(-6, 6, 7));
}

// The clock of a machine that has been up for a while.
TEST_F(BacklogTest, EventsWithoutBytesDoNotFillIt) {
  av::Backlog backlog(1 << 30, 100);
  backlog.PushEvent(av::Dropped{0, 7});
  Push(&backlog, true, kLong);
  Push(&backlog, false, kLong + 60);
  EXPECT_THAT(Drain(&backlog), ::testing::ElementsAre(-7, 0, 1));
}

TEST_F(BacklogTest, TimeBoundsItToo) {
  av::Backlog backlog(1 << 30, 100);
  Push(&backlog, true, 0);
  Push(&backlog, false, 60);
  Push(&backlog, true, 120);
  EXPECT_THAT(Drain(&backlog), ::testing::ElementsAre(-2, 2));
}

}  // namespace
}  // namespace fovea
