// SPDX-License-Identifier: GPL-2.0-or-later
//
// A store in which pictures are there twice, and a model that says the same
// about the same picture, for tests.

#ifndef FOVEA_TESTS_API_COPIED_LOOKS_FIXTURE_H_
#define FOVEA_TESTS_API_COPIED_LOOKS_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "api/copied_looks.h"
#include "api/decision_book.h"
#include "api/model_folder.h"
#include "api/run_model.h"
#include "index/observation_reader.h"
#include "index/observations.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/script_model.h"
#include "tests/support/test_data.h"

namespace fovea {

inline constexpr int kFrames = 62;
inline constexpr int kEvery = 2;
inline constexpr int kLooks = 31;
inline constexpr int64_t kFrameNs = 40'000'000;

// What it says follows from the picture alone: one box that moves a little,
// of a seventh of all pictures none.
inline constexpr char kByPicture[] =
    "s=$(cksum < $path); s=${s%% *}; x=$((16 + s % 5)); "
    "[ $((s % 7)) = 0 ] || echo $x,16,$((x + 24)),40,0.9,$((s / 7 % 2)); echo";

// Of each frame: label, edges, score.
using Boxes =
    std::map<uint64_t,
             std::vector<std::tuple<std::string, int, int, int, int, int>>>;

class CopiedLooksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::WriteSmallVideo(dir_.File("cam.y4m"), 96, 64, kFrames);
    Reopen();
    options_.every = kEvery;
    options_.commit_gops = 2;
    model_ = Program("watcher", kByPicture);
  }

  void Reopen() {
    store_.reset();
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

  void Ingest(const std::string& name, bool append = false) {
    IngestOptions options;
    options.name = name;
    options.append = append;
    options.jobs = 1;
    options.gop_seconds = 0.2;  // 5 frames
    options.motion = false;
    IngestFile(dir_.File("cam.y4m"), options);
  }

  // Kept as they came: the clip in GOPs of 5 frames, and what of it begins
  // with frame 25.
  void IngestCopies(const std::string& whole, const std::string& rest) {
    const std::string clip = dir_.File("clip.mp4");
    testing::Ffmpeg("-v error -i " + dir_.File("cam.y4m") +
                    " -c:v libx264 -g 5 -bf 0 -sc_threshold 0 -threads 1 " +
                    clip);
    testing::Ffmpeg("-v error -ss 1 -i " + clip + " -c copy " +
                    dir_.File("rest.mp4"));
    IngestOptions options;
    options.source.copy = true;
    options.motion = false;
    options.name = whole;
    IngestFile(clip, options);
    options.name = rest;
    IngestFile(dir_.File("rest.mp4"), options);
  }

  void IngestFile(const std::string& file, const IngestOptions& options) {
    const auto report = store_->Ingest(file, options, &notes_, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  absl::StatusOr<RunReport> TryRun(const std::string& stream) {
    if (options_.external_models.empty()) options_.external_models = {model_};
    return RunModels(store_.get(), stream, options_, nullptr, nullptr);
  }

  ModelRun Run(const std::string& stream) {
    const auto report = TryRun(stream);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return ModelRun();
    decoded_ = report->frames_decoded;
    return report->models[0];
  }

  // What is there is what the model says when it is asked.
  void ExpectAsAsked(const std::string& stream) {
    const Boxes copied = BoxesOf(stream);
    EXPECT_THAT(copied, ::testing::Not(::testing::IsEmpty()));
    const auto asked = std::exchange(options_.again, true);
    EXPECT_EQ(Run(stream).copied, 0);
    options_.again = asked;
    EXPECT_EQ(copied, BoxesOf(stream));
  }

  StreamId IdOf(const std::string& name) {
    const auto summary = store_->Describe(name);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? summary->id : 0;
  }

  std::vector<Observation> Observed(const std::string& name) {
    const auto page = ListObservations(store_->chunks(), {IdOf(name)}, 10000);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->observations : std::vector<Observation>();
  }

  Boxes BoxesOf(const std::string& name) {
    Boxes boxes;
    for (const Observation& o : Observed(name)) {
      for (const ObservedBox& b : o.boxes) {
        boxes[b.index].emplace_back(o.label, b.left, b.top, b.right, b.bottom,
                                    b.score);
      }
    }
    for (auto& [index, of_frame] : boxes) std::ranges::sort(of_frame);
    return boxes;
  }

  std::vector<LookSpan> Looked(const std::string& name) {
    const auto book = LookBook::Read(store_->chunks(), IdOf(name));
    EXPECT_TRUE(book.ok()) << book.status();
    return book->SpansOf(model_->description().id.digest);
  }

  std::vector<DecidedInput> Decisions(const std::string& name) {
    std::vector<DecidedInput> decisions;
    EXPECT_TRUE(ReadDecisions(store_->chunks(), {IdOf(name)},
                              [&](const DecidedInput& input) {
                                decisions.push_back(input);
                                return true;
                              })
                    .ok());
    return decisions;
  }

  testing::TempDir dir_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<ExternalModel>> programs_;
  ExternalModel* model_ = nullptr;
  RunOptions options_;
  int64_t decoded_ = 0;  // frames, by the last run
  testing::NoteKeeper notes_;
};

}  // namespace fovea

#endif  // FOVEA_TESTS_API_COPIED_LOOKS_FIXTURE_H_
