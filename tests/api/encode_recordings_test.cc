// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recordings encoded in every way there is: the same bytes again, and not a
// word of complaint from another decoder.

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <tuple>

#include "api/encode_file.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

struct Way {
  const char* name;
  std::function<void(EncodeFileOptions*)> set;
};

const Way kWays[] = {
    {"Proxy", [](EncodeFileOptions*) {}},
    {"Exact",
     [](EncodeFileOptions* o) { o->encoder.map_mode = MapMode::kExact; }},
    {"ZeroLatencyThreads",
     [](EncodeFileOptions* o) {
       o->encoder.zero_latency = true;
       o->encoder.threads = 3;
     }},
    {"BudgetThreads",
     [](EncodeFileOptions* o) {
       o->bytes_per_second = 100'000;
       o->max_bytes_per_second = 150'000;
       o->encoder.threads = 2;
     }},
    {"FreezeMediumWeights",
     [](EncodeFileOptions* o) {
       o->freeze = true;
       o->side_data = SideDataPlace::kFrame;
       o->encoder.preset = "medium";
       for (auto& plane : o->encoder.tables.frequency_weight) {
         for (size_t k = 0; k < 64; ++k) {
           plane[k] = 1 + 0.05F * static_cast<float>(k % 8 + k / 8);
         }
       }
     }},
};

void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }

using Setting = std::tuple<std::string, Way>;

class EncodeRecordingsTest : public ::testing::TestWithParam<Setting> {
 protected:
  void SetUp() override {
    VideoEncoderOptions small;
    small.camera.width = small.camera.height = 16;
    if (NewVideoEncoder(small).status().code() ==
        absl::StatusCode::kUnimplemented) {
      GTEST_SKIP() << "this build has no libx264";
    }
  }

  // Frames encoded.
  int64_t Encode(const std::string& input, const std::string& output) {
    EncodeFileOptions options;
    options.input = input;
    options.output = output;
    options.source.max_duration_ns = 1'500'000'000;
    options.encoder.gop_frames = 20;
    std::get<1>(GetParam()).set(&options);
    const auto report = EncodeFile(options, nullptr, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? report->frames : 0;
  }

  testing::TempDir dir_;
};

TEST_P(EncodeRecordingsTest, RepeatsAndDecodesWithoutAWarning) {
  FOVEA_NEED_FFMPEG();
  FOVEA_NEED_TEST_DATA(input, std::get<0>(GetParam()));
  for (const char* suffix : {".h264", ".mp4"}) {
    const std::string first = dir_.File(std::string("a") + suffix);
    const std::string second = dir_.File(std::string("b") + suffix);
    const int64_t frames = Encode(input, first);
    EXPECT_GT(frames, 0);
    EXPECT_EQ(Encode(input, second), frames);
    EXPECT_EQ(testing::ReadFileBytes(first), testing::ReadFileBytes(second));
    EXPECT_EQ(static_cast<int64_t>(testing::ProbeFrameTicks(first).size()),
              frames);
    EXPECT_EQ(testing::RunTool("ffmpeg -nostdin -v warning -i '" + first +
                               "' -f null - 2>&1"),
              "");
  }
}

std::string NameOf(const ::testing::TestParamInfo<Setting>& info) {
  std::string name = std::get<0>(info.param);
  name = name.substr(name.rfind('/') + 1);
  name = name.substr(0, name.find_first_of("-_."));
  return name + "_" + std::get<1>(info.param).name;
}

INSTANTIATE_TEST_SUITE_P(
    Clips, EncodeRecordingsTest,
    ::testing::Combine(
        ::testing::Values<std::string>("video/towncentre_street_41f.mp4",
                                       "video/uadetrac_intersection_a.mp4",
                                       "video/dashcam_solidWhiteRight.mp4",
                                       "camera_imu/gopro_max-heromode.mp4"),
        ::testing::ValuesIn(kWays)),
    NameOf);

}  // namespace
}  // namespace fovea
