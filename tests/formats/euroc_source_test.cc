// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/euroc_source.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/test_data.h"

namespace fovea {
namespace {

using testing::TempDir;
using testing::WriteFileText;

int64_t TimeOf(const SourceItem& item) {
  if (const auto* frame = std::get_if<Frame>(&item.value)) {
    return frame->time_ns;
  }
  if (const auto* batch = std::get_if<SeriesBatch>(&item.value)) {
    return batch->time_ns.front();
  }
  if (const auto* packet = std::get_if<OpaquePacket>(&item.value)) {
    return packet->time_ns;
  }
  return INT64_MIN;
}

int64_t SamplesOf(const SourceItem& item) {
  const auto* batch = std::get_if<SeriesBatch>(&item.value);
  return batch == nullptr ? 1 : static_cast<int64_t>(batch->time_ns.size());
}

// Samples per track name; rejected ones under "rejected NAME".
std::map<std::string, int64_t> Count(Source* source,
                                     std::vector<std::string>* reasons) {
  std::map<std::string, int64_t> counts;
  int64_t last = INT64_MIN;
  while (true) {
    auto item = source->Next();
    EXPECT_TRUE(item.ok()) << item.status();
    if (!item.ok() || !item->has_value()) return counts;
    const auto& track =
        source->info().tracks[static_cast<size_t>((*item)->track)];
    if (const auto* rejected = std::get_if<Rejected>(&(*item)->value)) {
      counts["rejected " + track.suffix] += rejected->samples;
      reasons->push_back(rejected->reason);
      continue;
    }
    EXPECT_GE(TimeOf(**item), last);
    last = TimeOf(**item);
    counts[track.suffix] += SamplesOf(**item);
  }
}

TEST(EurocSourceTest, ReadsTheStereoRecordingInTimeOrder) {
  FOVEA_NEED_TEST_DATA(folder, "camera_imu/euroc_v1_01_excerpt");
  EXPECT_TRUE(IsEurocTree(folder));
  EXPECT_TRUE(IsEurocTree(folder + "/mav0"));
  const auto source = OpenEurocSource(folder, {});
  ASSERT_TRUE(source.ok()) << source.status();
  std::vector<std::string> reasons;
  const auto counts = Count(source->get(), &reasons);
  EXPECT_EQ(counts.at("cam0"), 60);
  EXPECT_EQ(counts.at("cam1"), 60);
  EXPECT_EQ(counts.at("imu"), 29120);
  EXPECT_EQ(counts.at("cam0.yaml"), 1);
  EXPECT_EQ(counts.at("body.yaml"), 1);
  EXPECT_TRUE(reasons.empty());
  for (const Track& track : (*source)->info().tracks) {
    if (track.kind != StreamKind::kCamera) continue;
    EXPECT_EQ(track.camera.width, 752);
    EXPECT_EQ(track.camera.height, 480);
    EXPECT_EQ(track.camera.frame_rate, (Rational{20000, 1000}));
  }
}

TEST(EurocSourceTest, DurationCutsEveryTrack) {
  FOVEA_NEED_TEST_DATA(folder, "camera_imu/euroc_v1_01_excerpt");
  SourceOptions options;
  options.max_duration_ns = 2'500'000'000;
  const auto source = OpenEurocSource(folder, options);
  ASSERT_TRUE(source.ok()) << source.status();
  std::vector<std::string> reasons;
  const auto counts = Count(source->get(), &reasons);
  EXPECT_EQ(counts.at("imu"), 500);
  EXPECT_EQ(counts.at("cam0"), 15);
}

class MadeTree : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = root_.File(name);
    std::filesystem::create_directories(path.parent_path());
    WriteFileText(path.string(), text);
  }
  TempDir root_;
};

TEST_F(MadeTree, BadImagesAreRejectedOneByOne) {
  Write("cam0/data.csv",
        "#timestamp [ns],filename\n10,../../secret.png\n20,none.png\n"
        "30\n40,text.png\n");
  Write("cam0/data/text.png", "not an image");
  Write("secret.png", "x");
  Write("leica0/data.csv", "#t\n1\n");
  const auto source = OpenEurocSource(root_.path(), {});
  ASSERT_TRUE(source.ok()) << source.status();
  std::vector<std::string> reasons;
  const auto counts = Count(source->get(), &reasons);
  EXPECT_EQ(counts.at("rejected cam0"), 4);
  EXPECT_NE(reasons[0].find("leaves the data folder"), std::string::npos);
  EXPECT_NE(reasons[1].find("none.png"), std::string::npos);
  bool named = false;
  for (const Track& track : (*source)->info().tracks) {
    named |= track.suffix == "leica0" && !track.rejected.empty();
  }
  EXPECT_TRUE(named);
}

TEST_F(MadeTree, ErrorsNameTheFolder) {
  EXPECT_FALSE(IsEurocTree(root_.path()));
  EXPECT_FALSE(IsEurocTree(root_.File("none")));
  EXPECT_EQ(OpenEurocSource(root_.path(), {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  Write("cam0/data.csv", "#timestamp [ns],filename\n");
  EXPECT_EQ(OpenEurocSource(root_.path(), {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  Write("cam0/sensor.yaml", "%YAML:1.0\nrate_hz: [[[\n");
  const auto status = OpenEurocSource(root_.path(), {}).status();
  EXPECT_NE(status.message().find("sensor.yaml"), std::string::npos);
}

}  // namespace
}  // namespace fovea
