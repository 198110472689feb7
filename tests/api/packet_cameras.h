// SPDX-License-Identifier: GPL-2.0-or-later
//
// Several cameras in a store, kept in unlike ways, and programs that look at
// them.

#ifndef FOVEA_TESTS_API_PACKET_CAMERAS_H_
#define FOVEA_TESTS_API_PACKET_CAMERAS_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/external_model.h"
#include "api/model_folder.h"
#include "api/store.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/script_model.h"
#include "tests/support/test_data.h"

namespace fovea {

inline constexpr int kFrames = 62;
inline constexpr int64_t kFrameNs = 40'000'000;

// What it says follows from the picture alone: one box that moves a little,
// of a seventh of all pictures none.
inline constexpr char kByPicture[] =
    "s=$(cksum < $path); s=${s%% *}; x=$((16 + s % 5)); "
    "[ $((s % 7)) = 0 ] || echo $x,16,$((x + 24)),40,0.9,$((s / 7 % 2)); echo";

class PacketCameras : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 96, 64, kFrames);
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
  }

  ExternalModel* Program(const std::string& name, const std::string& answer) {
    testing::WriteScriptModel(dir_.File(name), name,
                              testing::AnsweringScript(answer));
    auto opened = OpenLookingModels({dir_.File(name)}, "", NetworkOptions());
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return nullptr;
    programs_.push_back(std::move(opened->programs[0]));
    return programs_.back().get();
  }

  // Closed GOPs of 5 frames, 62 in all.
  void Ingest(const std::string& name) {
    IngestOptions options;
    options.name = name;
    options.jobs = 1;
    options.gop_seconds = 0.2;
    options.motion = false;
    Ingest(dir_.File("cam.y4m"), options);
  }

  void Ingest(const std::string& file, const IngestOptions& options) {
    const auto report = store_->Ingest(file, options, &notes_, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
    streams_.push_back(options.name);
  }

  // As the encoder made it: `coding` is x264's.
  void IngestCoded(const std::string& name, const std::string& coding,
                   double seconds, double rate) {
    const std::string clip = dir_.File(name + ".mp4");
    testing::Ffmpeg(
        "-f lavfi -i testsrc2=size=98x66:rate=" + std::to_string(rate) +
        ":duration=" + std::to_string(seconds) +
        " -pix_fmt yuv420p -c:v libx264 -threads 1 -x264-params "
        "scenecut=0:b-adapt=0:" +
        coding + " " + clip);
    IngestOptions options;
    options.name = name;
    options.motion = false;
    options.source.copy = true;
    Ingest(clip, options);
  }

  void IngestUnlikeCameras() {
    IngestCoded("closed", "keyint=12:bframes=0", 4, 25);
    IngestCoded("pyramid", "keyint=20:bframes=3:b-pyramid=normal", 4, 25);
    IngestCoded("open", "keyint=15:bframes=3:b-pyramid=none:open-gop=1", 4, 25);
    IngestCoded("tower", "keyint=14:bframes=3:b-pyramid=normal:open-gop=1", 4,
                25);
    IngestCoded("slow", "keyint=10:bframes=2:b-pyramid=none", 4, 8);
  }

  StreamSummary Describe(const std::string& name) {
    const auto summary = store_->Describe(name);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? *summary : StreamSummary();
  }

  testing::TempDir dir_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<ExternalModel>> programs_;
  std::vector<std::string> streams_;
  testing::NoteKeeper notes_;
};

}  // namespace fovea

#endif  // FOVEA_TESTS_API_PACKET_CAMERAS_H_
