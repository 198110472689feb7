// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files of a generated scene: same bytes for the same seed, readable by
// our own readers, agreeing with the scene they come from.

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "api/scene.h"
#include "codec/formats/source.h"
#include "nlohmann/json.hpp"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

class SceneWriterTest : public ::testing::Test {
 protected:
  SceneWriterTest() {
    options_.width = 320;
    options_.height = 180;
    options_.seconds = 1.5;
    options_.second_camera = true;
  }

  SceneFiles Write(const std::string& name) {
    auto files = WriteScene(options_, dir_.File(name), {});
    EXPECT_TRUE(files.ok()) << files.status();
    return files.ok() ? *files : SceneFiles();
  }

  std::vector<uint8_t> Bytes(const std::string& folder,
                             const std::string& file) const {
    return testing::ReadFileBytes(dir_.File(folder + "/" + file));
  }

  nlohmann::json Truth(const std::string& folder) const {
    const auto bytes = Bytes(folder, "truth.json");
    return nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr, false);
  }

  testing::TempDir dir_;
  SceneOptions options_;
};

constexpr const char* kFiles[] = {"camera.mp4", "camera2.mp4", "imu.csv",
                                  "truth.json"};

TEST_F(SceneWriterTest, SameSeedSameBytes) {
  Write("a");
  Write("b");
  for (const char* file : kFiles) {
    EXPECT_FALSE(Bytes("a", file).empty()) << file;
    EXPECT_EQ(Bytes("a", file), Bytes("b", file)) << file;
  }
}

TEST_F(SceneWriterTest, AnotherSeedOtherBytes) {
  Write("a");
  options_.seed = 99;
  Write("b");
  for (const char* file : kFiles) {
    EXPECT_NE(Bytes("a", file), Bytes("b", file)) << file;
  }
}

TEST_F(SceneWriterTest, ReportAddsUp) {
  const SceneFiles files = Write("a");
  ASSERT_EQ(files.written.size(), 4U);
  uint64_t bytes = 0;
  for (const std::string& path : files.written) {
    bytes += std::filesystem::file_size(path);
  }
  EXPECT_EQ(files.bytes, bytes);
  EXPECT_EQ(files.frames, 45);
  EXPECT_EQ(files.imu_samples, 301);
  EXPECT_NEAR(files.measured_noise, 1.47, 0.22);
  // Nothing half-written stays behind.
  const std::filesystem::directory_iterator folder(dir_.File("a"));
  EXPECT_EQ(std::distance(begin(folder), end(folder)), 4);
}

TEST_F(SceneWriterTest, ProgressCountsEveryFrame) {
  std::vector<std::pair<int64_t, int64_t>> calls;
  const auto files = WriteScene(
      options_, dir_.File("a"),
      [&](int64_t done, int64_t total) { calls.emplace_back(done, total); });
  ASSERT_TRUE(files.ok());
  ASSERT_EQ(calls.size(), 45U);
  for (size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(calls[i].first, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(calls[i].second, 45);
  }
}

TEST_F(SceneWriterTest, TruthFileSaysWhatTheSceneSays) {
  Write("a");
  const nlohmann::json json = Truth("a");
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["schema"], "fovea.truth/1");
  EXPECT_EQ(json["options"]["seed"], "1");
  EXPECT_EQ(json["options"]["shot_noise"], 1.2);
  ASSERT_EQ(json["frames"].size(), 45U);
  const auto scene = Scene::Create(options_);
  ASSERT_TRUE(scene.ok());
  for (const int64_t index : {0, 20, 44}) {
    const SceneTruth truth = (*scene)->Truth(index);
    const nlohmann::json& frame = json["frames"][static_cast<size_t>(index)];
    EXPECT_EQ(frame["time_ns"], std::to_string(truth.time_ns));
    EXPECT_EQ(frame["position_m"], truth.pose.position_m);
    EXPECT_EQ(frame["orientation_wxyz"], truth.pose.orientation);
    EXPECT_EQ(frame["homography"], truth.homography);
    for (size_t camera = 0; camera < 2; ++camera) {
      const auto& boxes = truth.boxes[camera];
      const nlohmann::json& listed = frame["boxes"][camera];
      ASSERT_EQ(listed.size(), boxes.size());
      for (size_t i = 0; i < boxes.size(); ++i) {
        EXPECT_EQ(listed[i]["label"], boxes[i].label);
        EXPECT_EQ(listed[i]["x"], boxes[i].x);
        EXPECT_EQ(listed[i]["height"], boxes[i].height);
      }
    }
  }
}

TEST_F(SceneWriterTest, BadOptionsWriteNothing) {
  options_.width = 0;
  const auto files = WriteScene(options_, dir_.File("a"), {});
  EXPECT_EQ(files.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(dir_.File("a")));
}

TEST_F(SceneWriterTest, FolderThatCannotBeIsNamed) {
  testing::WriteFileText(dir_.File("plain"), "a file");
  const auto files = WriteScene(options_, dir_.File("plain/inside"), {});
  ASSERT_FALSE(files.ok());
  EXPECT_NE(std::string(files.status().message()).find("plain/inside"),
            std::string::npos);
}

TEST_F(SceneWriterTest, OurReadersReadItBack) {
  Write("a");
  auto video = OpenSource(dir_.File("a/camera.mp4"), SourceOptions());
  ASSERT_TRUE(video.ok()) << video.status();
  const auto scene = Scene::Create(options_);
  int64_t frames = 0;
  while (true) {
    auto item = (*video)->Next();
    ASSERT_TRUE(item.ok()) << item.status();
    if (!item->has_value()) break;
    const auto* frame = std::get_if<Frame>(&(*item)->value);
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(frame->time_ns, (*scene)->Truth(frames).time_ns);
    ++frames;
  }
  EXPECT_EQ(frames, 45);
}

TEST_F(SceneWriterTest, InertialFileReadsBackExactly) {
  Write("a");
  auto imu = OpenSource(dir_.File("a/imu.csv"), SourceOptions());
  ASSERT_TRUE(imu.ok()) << imu.status();
  ASSERT_EQ((*imu)->info().tracks.size(), 1U);
  EXPECT_EQ((*imu)->info().tracks[0].kind, StreamKind::kImu);
  const auto& read_channels = (*imu)->info().tracks[0].series.channels;
  EXPECT_EQ(read_channels, Scene::ImuInfo(200).channels);
  SeriesBatch all;
  while (true) {
    auto item = (*imu)->Next();
    ASSERT_TRUE(item.ok()) << item.status();
    if (!item->has_value()) break;
    const auto* batch = std::get_if<SeriesBatch>(&(*item)->value);
    ASSERT_NE(batch, nullptr);
    all.time_ns.insert(all.time_ns.end(), batch->time_ns.begin(),
                       batch->time_ns.end());
    all.values.insert(all.values.end(), batch->values.begin(),
                      batch->values.end());
  }
  const auto scene = Scene::Create(options_);
  EXPECT_EQ(all.time_ns, (*scene)->Imu().time_ns);
  EXPECT_EQ(all.values, (*scene)->Imu().values);
}

}  // namespace
}  // namespace fovea
