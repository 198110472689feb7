// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which frames are on show when, borders walked.

#include "api/shown_frames.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fovea {
namespace {

class ShownFramesTest : public ::testing::Test {
 protected:
  // Pictures in decoding order, shown at these times.
  void Build(const std::vector<int64_t>& times, int64_t start_ns,
             int64_t duration_ns) {
    gop_.row.start_ns = start_ns;
    gop_.row.duration_ns = duration_ns;
    gop_.row.frames = static_cast<uint32_t>(times.size());
    table_.frames.clear();
    for (const int64_t time : times) {
      FrameEntry frame;
      frame.pts = time;
      frame.time_ns = time;
      table_.frames.push_back(frame);
    }
  }

  // "1-2", or "none".
  std::string Shown(int64_t from_ns, int64_t to_ns) {
    const auto ranks = RanksShown(gop_, table_, from_ns, to_ns);
    return ranks.has_value() ? absl::StrCat(ranks->first, "-", ranks->last)
                             : "none";
  }

  GopRef gop_;
  FrameTable table_;
};

TEST_F(ShownFramesTest, AFrameIsShownUntilTheNextOne) {
  Build({0, 10, 20}, 0, 30);
  EXPECT_EQ(Shown(0, 1), "0-0");
  EXPECT_EQ(Shown(9, 10), "0-0");
  EXPECT_EQ(Shown(9, 11), "0-1");
  EXPECT_EQ(Shown(10, 11), "1-1");
  EXPECT_EQ(Shown(29, 99), "2-2");
  EXPECT_EQ(Shown(30, 99), "none");
  EXPECT_EQ(Shown(-5, 0), "none");
  EXPECT_EQ(Shown(INT64_MIN, INT64_MAX), "0-2");
}

TEST_F(ShownFramesTest, RanksFollowPresentationNotDecoding) {
  Build({0, 30, 10, 20}, 0, 40);
  EXPECT_EQ(Shown(12, 13), "1-1");
  EXPECT_EQ(Shown(35, 36), "3-3");
}

TEST_F(ShownFramesTest, AFrameWithoutDurationIsShownAtItsTime) {
  Build({5, 5, 7}, 5, 2);
  EXPECT_EQ(Shown(5, 6), "0-1");
  EXPECT_EQ(Shown(7, 8), "2-2");
  EXPECT_EQ(Shown(8, 9), "none");
}

TEST_F(ShownFramesTest, EndsOfTimeDoNotOverflow) {
  Build({INT64_MAX - 5, INT64_MAX - 1}, INT64_MAX - 5, INT64_MAX);
  EXPECT_EQ(Shown(INT64_MAX - 1, INT64_MAX), "1-1");
}

}  // namespace
}  // namespace fovea
