// SPDX-License-Identifier: GPL-2.0-or-later
//
// `fovea ingest` of a feed whose server goes away twice for three seconds:
// both gaps are recorded, the exit code says so, and every picture that was
// sent is stored.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/ffmpeg_tool.h"
#include "tests/support/live_server.h"
#include "tests/system/cli_fixture.h"

namespace fovea {
namespace {

using testing::Ffmpeg;
using testing::LiveServer;
using testing::LiveSession;

constexpr int kFrames[] = {40, 55, 35};  // at 25 per second
constexpr double kAwaySeconds = 3;

class LiveTest : public Cli {
 protected:
  // Three sessions with pauses between them.
  std::vector<LiveSession> Sessions(const std::string& suffix) const {
    std::vector<LiveSession> sessions;
    for (const int frames : kFrames) {
      const std::string file = dir_.File(std::to_string(frames) + suffix);
      Ffmpeg("-f lavfi -i testsrc2=s=320x240:r=25 -frames:v " +
             std::to_string(frames) +
             " -c:v libx264 -pix_fmt yuv420p -bf 2 -g 10 '" + file + "'");
      sessions.push_back(
          {testing::ReadFileBytes(file), frames / 25.0, 0, kAwaySeconds});
    }
    sessions.back().away_seconds = 0;
    return sessions;
  }

  std::unique_ptr<Process> Start(const LiveServer& server,
                                 const std::string& store,
                                 std::vector<std::string> more) const {
    std::vector<std::string> arguments = {
        "ingest", server.url(), "--name",   "cam",       "--store",
        store,    "--json",     "--preset", "ultrafast", "--max-reconnects",
        "4"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::make_unique<Process>(Command(arguments), Options());
  }

  void ExpectGapsAndEveryFrame(const ProcessResult& result,
                               const std::string& store) const {
    ASSERT_EQ(result.exit_code, 3) << result.err;
    EXPECT_THAT(result.err, Not(HasSubstr("secret")));
    const Json counts =
        Json::parse(result.out)["sources"][0]["streams"][0]["counts"];
    EXPECT_EQ(counts["stored"], kFrames[0] + kFrames[1] + kFrames[2]);
    EXPECT_EQ(counts["rejected"], 0) << counts;
    EXPECT_EQ(counts["conserved"], true);
    ASSERT_EQ(counts["gaps"].size(), 2U) << counts;
    for (const Json& gap : counts["gaps"]) {
      const int64_t start = std::stoll(gap["start_ns"].get<std::string>());
      const int64_t end = std::stoll(gap["end_ns"].get<std::string>());
      EXPECT_GE(end - start, static_cast<int64_t>(kAwaySeconds * 0.9e9));
    }
    const ProcessResult verify = Fovea({"verify", "--deep", "--store", store});
    EXPECT_EQ(verify.exit_code, 0) << verify.out;
  }
};

TEST_F(LiveTest, BothGapsAreRecordedAndNothingSentIsLost) {
  FOVEA_NEED_FFMPEG();
  const LiveServer transport(Sessions(".ts"));
  const std::vector<LiveSession> bare = Sessions(".h264");
  const LiveServer annex_b(bare);
  const auto encoded = Start(transport, "encoded", {});
  const auto copied = Start(annex_b, "copied", {"--copy"});
  ExpectGapsAndEveryFrame(encoded->Finish(), "encoded");
  ExpectGapsAndEveryFrame(copied->Finish(), "copied");
  EXPECT_EQ(transport.connections(), 3);
  EXPECT_EQ(annex_b.connections(), 3);

  // What was copied comes out as it was sent, gaps and all.
  std::vector<uint8_t> sent;
  for (const LiveSession& session : bare) {
    sent.insert(sent.end(), session.bytes.begin(), session.bytes.end());
  }
  ASSERT_EQ(Fovea({"export", "cam", "--original", "-o", "out.h264", "--store",
                   "copied"})
                .exit_code,
            0);
  EXPECT_EQ(testing::ReadFileBytes(dir_.File("out.h264")), sent);
}

}  // namespace
}  // namespace fovea
