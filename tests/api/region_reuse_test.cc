// SPDX-License-Identifier: GPL-2.0-or-later
//
// An application asks about parts of a frame: what each is spared, what they
// share, and what is kept of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/audit_log.h"
#include "api/reuse.h"
#include "filter/inference_reuse.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/reuse_story.h"
#include "tests/support/memory_store.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Region kLeft = {1, {0, 0, 48, 64}};
constexpr Region kRight = {2, {48, 0, 96, 64}};

// As many boxes as `count`, the first of them where the picture begins.
absl::StatusOr<Answer> Boxes(int count) {
  Answer answer;
  for (int i = 0; i < count; ++i) {
    answer.detections.push_back({1, 0.9F, 0, 0, 16, 16});
  }
  return answer;
}

// Frames of 96 x 64 whose halves are noise of these seeds.
Frame DrawHalves(uint32_t left, uint32_t right) {
  const Frame a = DrawNoise(96, 64, left), b = DrawNoise(96, 64, right);
  auto buffer = FrameBuffer::Allocate(96, 64);
  EXPECT_TRUE(buffer.ok()) << buffer.status();
  const auto fill = [&](int plane, Plane Frame::*of, int width, int height) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const int half = width / 2;
        // Halves show the same where their seeds do.
        const Plane& from = x < half ? a.*of : b.*of;
        buffer->plane(plane)[y * buffer->stride(plane) + x] =
            from.data[y * from.stride + x % half];
      }
    }
  };
  fill(0, &Frame::y, 96, 64);
  fill(1, &Frame::u, 48, 32);
  fill(2, &Frame::v, 48, 32);
  return std::move(*buffer).Release();
}

class RegionReuseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteStillScene(dir_.File("cam.y4m"), 5);
    store_ = OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    for (const char* name : {"cam", "beside"}) {
      IngestOptions ingest;
      ingest.motion = false;
      ingest.name = name;
      NoteKeeper notes;
      ASSERT_TRUE(
          store_->Ingest(dir_.File("cam.y4m"), ingest, &notes, nullptr).ok());
    }
    options_.reuse.max_error = 1;  // nothing has to be learnt
    Open();
  }

  void Open(const std::string& stream = "cam") {
    reuse_.reset();
    auto opened =
        Reuse::Open(store_.get(), stream, ProgramDescription(1), options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    reuse_ = *std::move(opened);
  }

  absl::StatusOr<Answered> TryCompute(uint64_t index, const Region& region) {
    Frame frame = shows_(index);
    frame.time_ns = static_cast<int64_t>(index) * 40'000'000;
    return reuse_->GetOrCompute(index, frame, region,
                                [this](const Frame& picture) {
                                  pictures_.push_back(picture);
                                  return says_(picture);
                                });
  }

  Answered Compute(uint64_t index, const Region& region) {
    auto answered = TryCompute(index, region);
    EXPECT_TRUE(answered.ok()) << answered.status();
    return answered.ok() ? *std::move(answered) : Answered();
  }

  std::string Error(uint64_t index, const Region& region) {
    const auto refused = TryCompute(index, region);
    EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << refused.status();
    return std::string(refused.status().message());
  }

  std::vector<DecidedInput> Decided(const std::string& stream = "cam") {
    EXPECT_TRUE(reuse_->Commit().ok());
    return DecisionsOf(store_->chunks(), store_->Describe(stream)->id,
                       ProgramDescription(1).id.digest);
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  Reuse::Options options_;
  std::unique_ptr<Reuse> reuse_;
  std::function<Frame(uint64_t)> shows_ = [](uint64_t) {
    return DrawHalves(1, 2);
  };
  std::function<absl::StatusOr<Answer>(const Frame&)> says_ = [](const Frame&) {
    return Boxes(1);
  };
  std::vector<Frame> pictures_;  // that the function was called with
};

TEST_F(RegionReuseTest, TheFunctionSeesTheRegionAlone) {
  Compute(0, {1, {50, 20, 60, 40}});
  ASSERT_THAT(pictures_, SizeIs(1));
  const Frame& picture = pictures_[0];
  EXPECT_EQ(picture.width, 16);
  EXPECT_EQ(picture.height, 32);
  const Frame whole = shows_(0);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 16; ++x) {
      ASSERT_EQ(picture.y.data[y * picture.y.stride + x],
                whole.y.data[(y + 16) * whole.y.stride + x + 48]);
    }
  }
}

TEST_F(RegionReuseTest, IsCalledOnlyWhereARegionsAnswerIsNotKnown) {
  for (uint64_t i = 0; i < 100; ++i) {
    for (const Region& region : {kLeft, kRight}) {
      const auto answered = Compute(i, region);
      ASSERT_TRUE(answered.answer.has_value());
      EXPECT_EQ(answered.answer->detections[0].left, 0);
    }
  }
  const ReuseReport report = reuse_->RegionReport();
  EXPECT_EQ(report.inputs, 200);
  EXPECT_EQ(report.runs, static_cast<int64_t>(pictures_.size()));
  EXPECT_LT(report.runs, 60);
  EXPECT_EQ(report.audit.inputs, 200);
  EXPECT_EQ(reuse_->Report().inputs, 0);
}

TEST_F(RegionReuseTest, AnswersAreHeldFromTheSameRegion) {
  options_.reuse.use_cache = false;
  Open();
  says_ = [this](const Frame&) {
    return Boxes(static_cast<int>(pictures_.size()));
  };
  EXPECT_TRUE(Compute(0, kLeft).run);
  EXPECT_TRUE(Compute(0, kRight).run) << "nothing is known of it yet";
  for (uint64_t i = 1; i < 20; ++i) {
    const auto left = Compute(i, kLeft), right = Compute(i, kRight);
    if (left.run || right.run) break;  // a check
    EXPECT_THAT(left.answer->detections, SizeIs(1));
    EXPECT_THAT(right.answer->detections, SizeIs(2));
  }
}

TEST_F(RegionReuseTest, WhatIsKnownOfOneRegionServesOthersAndOtherStreams) {
  shows_ = [](uint64_t) { return DrawHalves(1, 1); };
  Compute(0, kLeft);
  const auto beside = Compute(0, kRight);
  EXPECT_EQ(beside.decision.kind, DecisionKind::kReuse);
  EXPECT_EQ(beside.decision.distance, 0);
  const uint64_t cam = store_->Describe("cam")->id;
  Open("beside");
  const auto elsewhere = Compute(7, kRight);
  EXPECT_EQ(elsewhere.decision.kind, DecisionKind::kReuse);
  EXPECT_EQ(elsewhere.decision.reference_stream, cam);
  EXPECT_EQ(elsewhere.decision.reference_index, 0u);
}

TEST_F(RegionReuseTest, WhatIsKnownOfFramesIsNotGivenOfRegions) {
  Frame frame = shows_(0);
  const auto whole =
      reuse_->GetOrCompute(0, frame, [](const Frame&) { return Boxes(1); });
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_TRUE(Compute(0, {1, {0, 0, 96, 64}}).run);
}

// The object moves by a macroblock a frame, and its region with it.
TEST_F(RegionReuseTest, ARegionThatMovesIsComparedWhereverItLies) {
  options_.reuse.use_cache = false;
  Open();
  shows_ = [](uint64_t i) {
    const int shift = static_cast<int>(i) * 16;
    auto buffer = FrameBuffer::Allocate(96, 64);
    for (int plane = 0; plane < 3; ++plane) {
      const int size = plane == 0 ? 1 : 2;
      for (int y = 0; y < 64 / size; ++y) {
        for (int x = 0; x < 96 / size; ++x) {
          const int from = x - shift / size;
          const bool object = plane == 0 && from >= 0 && from < 32 && y < 32;
          buffer->plane(plane)[y * buffer->stride(plane) + x] =
              static_cast<uint8_t>(object ? 120 + from * 4 : 60);
        }
      }
    }
    return std::move(*buffer).Release();
  };
  Compute(0, {1, {0, 0, 32, 32}});
  for (uint64_t i = 1; i < 4; ++i) {
    const float left = static_cast<float>(i) * 16;
    const auto followed = Compute(i, {1, {left, 0, left + 32, 32}});
    EXPECT_EQ(followed.decision.kind, DecisionKind::kHold);
    EXPECT_EQ(followed.decision.distance, 0);
    const auto stands = Compute(i, {2, {0, 0, 32, 32}});
    EXPECT_EQ(stands.decision.distance > 0, i > 1) << i;
  }
}

TEST_F(RegionReuseTest, ARegionOfAnotherSizeIsRun) {
  Compute(0, {1, {0, 0, 48, 48}});
  const auto larger = Compute(1, {1, {0, 0, 64, 48}});
  EXPECT_TRUE(larger.run);
  EXPECT_EQ(larger.decision.cause, DecisionCause::kFirst);
  EXPECT_FALSE(Compute(2, {1, {0, 0, 63, 47}}).run) << "as many macroblocks";
}

TEST_F(RegionReuseTest, EachDecisionIsLoggedWithItsRegion) {
  for (uint64_t i = 0; i < 3; ++i) {
    const Frame frame = shows_(i);
    ASSERT_TRUE(
        reuse_->GetOrCompute(i, frame, [](const Frame&) { return Boxes(1); })
            .ok());
    Compute(i, kLeft);
    Compute(i, {1000, {0, 0, 16, 16}});
  }
  std::vector<std::pair<uint64_t, uint32_t>> places;
  for (const DecidedInput& input : Decided()) {
    EXPECT_EQ(input.kind,
              input.region == 0 ? InputKind::kFrame : InputKind::kRegion);
    if (input.region != 0) places.emplace_back(input.index, input.region);
  }
  using Place = std::pair<uint64_t, uint32_t>;
  EXPECT_THAT(places, ElementsAre(Place{0, 1}, Place{0, 1000}, Place{1, 1},
                                  Place{1, 1000}, Place{2, 1}, Place{2, 1000}));
  AuditQuery query;
  query.stream = store_->Describe("cam")->id;
  const auto audited = ReadAudit(store_->chunks(), query);
  ASSERT_TRUE(audited.ok()) << audited.status();
  ASSERT_THAT(*audited, SizeIs(2));
  EXPECT_EQ((*audited)[0].kind, InputKind::kFrame);
  EXPECT_EQ((*audited)[0].inputs, 3);
  EXPECT_EQ((*audited)[1].kind, InputKind::kRegion);
  EXPECT_EQ((*audited)[1].inputs, 6);
}

TEST_F(RegionReuseTest, AnswersAndTheAuditOutliveTheProcess) {
  for (uint64_t i = 0; i < 30; ++i) {
    Compute(i, kLeft);
    Compute(i, kRight);
  }
  reuse_.reset();  // commits
  store_.reset();
  store_ = OpenStore(dir_.File("store"));
  Open();
  EXPECT_TRUE(Compute(29, kRight).run) << "its coin has been seen";
  EXPECT_EQ(Compute(30, kRight).decision.kind, DecisionKind::kHold);
  EXPECT_EQ(Compute(31, kLeft).decision.kind, DecisionKind::kReuse);
  EXPECT_EQ(reuse_->RegionReport().audit.inputs, 63);
  EXPECT_THAT(Decided(), SizeIs(62));
}

TEST_F(RegionReuseTest, FailuresAreOfTheRegionAlone) {
  Compute(0, kLeft);
  says_ = [](const Frame&) -> absl::StatusOr<Answer> {
    return absl::UnavailableError("no GPU");
  };
  const auto failed = Compute(0, kRight);
  EXPECT_EQ(failed.decision.kind, DecisionKind::kRunFailed);
  EXPECT_THAT(std::string(failed.error.message()), HasSubstr("no GPU"));
  EXPECT_TRUE(Compute(1, kLeft).answer.has_value());
}

TEST_F(RegionReuseTest, WhatCannotBeAskedAboutIsNamedAndLeavesNothing) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(Error(0, {0, kLeft.box}),
              AllOf(HasSubstr("region 0 of frame 0"), HasSubstr("1 to 1023")));
  Error(0, {kMostRegions + 1, kLeft.box});
  EXPECT_THAT(Error(0, {1, {96, 0, 120, 10}}),
              AllOf(HasSubstr("outside"), HasSubstr("96x64")));
  Error(0, {1, {nan, 0, 10, 10}});
  Error(0, {1, {20, 20, 10, 30}});
  EXPECT_THAT(pictures_, IsEmpty());
  EXPECT_THAT(Decided(), IsEmpty());
  Compute(5, {kMostRegions, kRight.box});
  EXPECT_THAT(Error(5, {kMostRegions, kRight.box}), HasSubstr("have to rise"));
  EXPECT_THAT(Error(5, kLeft),
              AllOf(HasSubstr("region 1 of frame 5"),
                    HasSubstr("behind region 1023 of frame 5")));
  Error(4, kRight);
  Compute(6, kLeft);
  EXPECT_THAT(Decided(), SizeIs(2));
}

TEST_F(RegionReuseTest, FramesOfAnotherSizeAreAnError) {
  Compute(0, kLeft);
  shows_ = [](uint64_t) { return DrawSmallFrame(192, 128, 0); };
  Error(0, {2, {100, 100, 150, 120}});
  Error(1, kLeft);
}

TEST_F(RegionReuseTest, AllGoesWithTheStream) {
  const uint64_t stream = store_->Describe("cam")->id;
  const ModelDigest model = ProgramDescription(1).id.digest;
  for (uint64_t i = 0; i < 5; ++i) Compute(i, kLeft);
  ASSERT_THAT(Decided(), Each(Field(&DecidedInput::region, 1u)));
  const std::string key =
      AuditKey(stream, model, static_cast<uint8_t>(InputKind::kRegion));
  ASSERT_TRUE(store_->chunks()->Get(Family::kMeta, key).ok());
  ASSERT_TRUE(store_->Remove("cam", TimeRange()).ok());
  EXPECT_TRUE(
      absl::IsNotFound(store_->chunks()->Get(Family::kMeta, key).status()));
  EXPECT_THAT(DecisionsOf(store_->chunks(), stream, model), IsEmpty());
  Open("beside");
  EXPECT_TRUE(Compute(0, kLeft).run) << "it is given an answer that went";
}

// The left half never shows the same twice, and its answer tells nothing of the
// next; the right one stands. By a clock that stands, so that nothing is dear.
TEST(ModelReuseOfRegionsTest, WhatGoesOnInOneRegionRunsNoOther) {
  MemoryStore store;
  const ModelDescription model = ProgramDescription(1);
  ReuseOptions options;
  options.use_cache = false;
  const auto reuse = ModelReuse::Open(
      &store, 3, &model, options, [] { return int64_t{0}; },
      InputKind::kRegion);
  ASSERT_TRUE(reuse.ok()) << reuse.status();
  const auto meter = *GridMeter::Create(96, 64);
  RegionGrids grids;
  const auto is_run = [&](uint64_t index, const Region& region, int boxes) {
    RegionGrids::Seen seen =
        grids.Of(region.number, *PartCovering(region.box, 96, 64));
    ReuseInput input;
    input.index = index;
    input.region = region.number;
    input.time_ns = static_cast<int64_t>(index) * 40'000'000;
    input.grid = &seen.grid;
    input.fingerprint = seen.fingerprint;
    input.features = seen.features;
    const auto answered =
        (*reuse)->GetOrAsk(input, [boxes] { return Boxes(boxes); });
    EXPECT_TRUE(answered.ok()) << answered.status();
    return answered.ok() && answered->run;
  };
  int left = 0, right = 0;  // runs, once it is known what may be held
  for (uint64_t i = 0; i < 2000; ++i) {
    const auto seed = static_cast<uint32_t>(i);
    grids.See(**meter->Measure(DrawHalves(100 + seed, 2)));
    const bool learnt = i >= 1000;
    left += is_run(i, kLeft, 1 + static_cast<int>(seed * 7 % 5)) && learnt;
    right += is_run(i, kRight, 1) && learnt;
  }
  EXPECT_GT(left, 950);
  EXPECT_LT(right, 400);
}

}  // namespace
}  // namespace fovea::testing
