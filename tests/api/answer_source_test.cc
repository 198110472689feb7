// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/answer_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/api/small_video.h"
#include "tests/support/script_model.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// 6 x 4 macroblocks.
constexpr int kWidth = 96, kHeight = 64;

// The same map for every frame.
class FixedSource final : public MapSource {
 public:
  explicit FixedSource(int offset)
      : map_{6, 4, std::vector<uint8_t>(24, static_cast<uint8_t>(offset))} {}
  absl::StatusOr<const QualityMap*> Next(const Frame&, const Grid*) override {
    return &map_;
  }
  const std::vector<Box>& boxes() const override { return boxes_; }
  QualitySideData SideData() const override {
    QualitySideData data;
    data.models = {{"fixed", {}}};
    return data;
  }
  std::optional<int> chroma_qp_offset() const override { return std::nullopt; }
  std::string description() const override { return "fixed"; }

 private:
  const QualityMap map_;
  const std::vector<Box> boxes_;
};

class AnswerSourceTest : public ::testing::Test {
 protected:
  AnswerSourceTest() {
    camera_.width = kWidth;
    camera_.height = kHeight;
    options_.every = 4;
  }

  void Start(const std::string& answer, double threshold = 0.5) {
    StartProgram({"/bin/sh", "-c", testing::AnsweringScript(answer)},
                 threshold);
  }

  void StartProgram(const std::vector<std::string>& command,
                    double threshold = 0.5) {
    ModelDescription watcher{{"watcher", {}}, {}, {}};
    watcher.card.threshold = threshold;
    auto model = ExternalModel::Start(watcher, {command});
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *std::move(model);
    options_.model = model_.get();
    Open();
  }

  void Open() {
    AnswerEvents events;
    events.answered = [this](const ModelDescription&, const Frame&,
                             const Answer& answer) {
      told_.push_back(answer.detections.size());
    };
    events.failed = [this](const ModelDescription& model, int64_t index,
                           const absl::Status& status) {
      failures_.push_back(model.id.name + "@" + std::to_string(index) + ": " +
                          std::string(status.message()));
    };
    auto source = OpenAnswerSource(
        options_, camera_, std::make_unique<FixedSource>(2), std::move(events));
    ASSERT_TRUE(source.ok()) << source.status();
    source_ = *std::move(source);
  }

  std::vector<uint8_t> Next() {
    const auto map = source_->Next(
        testing::DrawSmallFrame(kWidth, kHeight, frames_++), nullptr);
    EXPECT_TRUE(map.ok()) << map.status();
    EXPECT_NE(*map, nullptr);
    return map.ok() && *map != nullptr ? (*map)->qp_offset
                                       : std::vector<uint8_t>();
  }

  CameraInfo camera_;
  AnswerOptions options_;
  std::unique_ptr<ExternalModel> model_;
  std::unique_ptr<MapSource> source_;
  std::vector<size_t> told_;
  std::vector<std::string> failures_;
  int frames_ = 0;
};

TEST_F(AnswerSourceTest, BoxesGrownByAMacroblockKeepTheirQuality) {
  Start("echo 32,16,48,32,0.9,1; echo");
  EXPECT_THAT(Next(), ElementsAre(12, 0, 0, 0, 12, 12,  //
                                  12, 0, 0, 0, 12, 12,  //
                                  12, 0, 0, 0, 12, 12,  //
                                  12, 12, 12, 12, 12, 12));
  EXPECT_THAT(source_->boxes(), ElementsAre(Box{32, 16, 48, 32}));
  EXPECT_EQ(source_->SideData().models[0].name, "watcher");
  EXPECT_EQ(source_->SideData().unit, SensitivityUnit::kNone);
}

TEST_F(AnswerSourceTest, DoubtfulBoxesCountDownToAScore) {
  Start("echo 0,0,8,8,0.3,1; echo 80,48,96,64,0.29,1; echo");
  const auto map = Next();
  EXPECT_EQ(map.front(), 0);
  EXPECT_EQ(map.back(), 12);
}

TEST_F(AnswerSourceTest, ALowerThresholdCountsHereToo) {
  Start("echo 80,48,96,64,0.29,1; echo", 0.2);
  EXPECT_EQ(Next().back(), 0);
}

TEST_F(AnswerSourceTest, IsAskedEverySoManyFramesAndHoldsInBetween) {
  Start(
      "for i in $(seq $n); do echo $((16*n)),0,$((16*n+1)),1,1,0; done; echo");
  std::vector<std::vector<uint8_t>> maps;
  for (int i = 0; i < 9; ++i) maps.push_back(Next());
  EXPECT_THAT(told_, ElementsAre(1, 2, 3));
  EXPECT_EQ(maps[3], maps[0]);
  EXPECT_NE(maps[4], maps[0]);
  EXPECT_EQ(maps[7], maps[4]);
}

TEST_F(AnswerSourceTest, NothingSeenIsCoarseAllOver) {
  Start("echo");
  EXPECT_THAT(Next(), Each(12));
}

TEST_F(AnswerSourceTest, WhereItFailsAnotherSourceStandsIn) {
  Start("[ $n = 2 ] && exit; echo");
  for (int i = 0; i < 4; ++i) EXPECT_THAT(Next(), Each(12));
  for (int i = 0; i < 6; ++i) EXPECT_THAT(Next(), Each(2));
  EXPECT_THAT(failures_, ElementsAre(HasSubstr("watcher@4: ")));
  EXPECT_EQ(source_->SideData().models[0].name, "fixed");
  EXPECT_EQ(source_->description(), "fixed");
  Open();  // for another stream: started anew
  EXPECT_THAT(Next(), Each(12));
}

TEST_F(AnswerSourceTest, OneThatCannotBeStartedAnewFailsAtOnce) {
  const testing::TempDir dir;
  testing::WriteScriptModel(dir.path(), "watcher", "#!/bin/sh\nexit\n");
  StartProgram({dir.File("detect.sh")});
  EXPECT_THAT(Next(), Each(2));
  std::filesystem::remove(dir.File("detect.sh"));
  Open();
  EXPECT_THAT(Next(), Each(2));
  EXPECT_THAT(failures_, ElementsAre(HasSubstr("watcher@0: "),
                                     HasSubstr("cannot be started")));
}

TEST_F(AnswerSourceTest, TheFinerOfTwoSourcesDecides) {
  Start("echo 32,16,48,32,0.9,1; echo");
  std::vector<std::unique_ptr<MapSource>> sources;
  sources.push_back(std::move(source_));
  sources.push_back(std::make_unique<FixedSource>(4));
  source_ = CombineSources(std::move(sources));
  EXPECT_THAT(Next(), ElementsAre(4, 0, 0, 0, 4, 4,  //
                                  4, 0, 0, 0, 4, 4,  //
                                  4, 0, 0, 0, 4, 4,  //
                                  4, 4, 4, 4, 4, 4));
  EXPECT_THAT(source_->SideData().models, SizeIs(2));
  EXPECT_EQ(source_->SideData().map->qp_offset[0], 4);
}

TEST_F(AnswerSourceTest, NeedsAModelAndAStep) {
  EXPECT_FALSE(OpenAnswerSource(options_, camera_, nullptr, {}).ok());
  Start("echo");
  options_.every = 0;
  EXPECT_FALSE(OpenAnswerSource(options_, camera_, nullptr, {}).ok());
}

}  // namespace
}  // namespace fovea
