// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pictures that are in the store twice: what a model said of them once is
// known, and is what it would say again.

#include "api/copied_looks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "codec/formats/image_writer.h"
#include "tests/api/copied_looks_fixture.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kOneBox;
using ::testing::SizeIs;

TEST_F(CopiedLooksTest, AClipThatCameTwiceIsLookedAtOnce) {
  Ingest("first");
  Ingest("second");
  EXPECT_EQ(Run("first").inferences, kLooks);
  Reopen();
  const ModelRun second = Run("second");
  EXPECT_EQ(second.inferences, 0);
  EXPECT_EQ(second.copied, kLooks);
  EXPECT_EQ(decoded_, 0);
  EXPECT_THAT(Looked("second"), ElementsAre(LookSpan{0, kFrames, kEvery}));
  std::vector<Observation> first = Observed("first");
  EXPECT_EQ(second.observations, static_cast<int64_t>(first.size()));
  for (Observation& seen : first) seen.stream = IdOf("second");
  EXPECT_EQ(Observed("second"), first);
  ExpectAsAsked("second");
}

TEST_F(CopiedLooksTest, ATrackGoesOnThroughCommits) {
  model_ = Program("steady", kOneBox);
  Ingest("first");
  Ingest("second");
  Run("first");
  options_.commit_gops = 1;
  EXPECT_EQ(Run("second").copied, kLooks);
  ASSERT_THAT(Observed("second"), SizeIs(1));
  EXPECT_THAT(Observed("second")[0].boxes, SizeIs(kLooks));
}

TEST_F(CopiedLooksTest, WhatIsThereAlreadyIsNotCopied) {
  Ingest("first");
  Ingest("second");
  Run("first");
  Run("second");
  const auto before = Observed("second");
  const ModelRun again = Run("second");
  EXPECT_EQ(again.copied, 0);
  EXPECT_EQ(again.reused, kLooks);
  EXPECT_EQ(Observed("second"), before);
}

TEST_F(CopiedLooksTest, PartOfAClipIsKnownFromTheWhole) {
  FOVEA_NEED_FFMPEG();
  options_.every = 1;
  IngestCopies("whole", "rest");
  EXPECT_EQ(Run("whole").inferences, kFrames);
  const ModelRun rest = Run("rest");
  EXPECT_EQ(rest.inferences, 0);
  EXPECT_EQ(rest.copied, kFrames - 25);
  EXPECT_EQ(decoded_, 0);
  ExpectAsAsked("rest");
}

TEST_F(CopiedLooksTest, OfTheWholeOnlyTheRestIsAsked) {
  FOVEA_NEED_FFMPEG();
  options_.every = 1;
  IngestCopies("whole", "rest");
  Run("rest");
  const ModelRun whole = Run("whole");
  EXPECT_EQ(whole.inferences, 25);
  EXPECT_EQ(whole.copied, kFrames - 25);
  EXPECT_EQ(decoded_, 25);
  EXPECT_THAT(Looked("whole"), ElementsAre(LookSpan{0, kFrames, 1}));
  ExpectAsAsked("whole");
}

TEST_F(CopiedLooksTest, LooksThatDoNotMeetAreNotCopied) {
  FOVEA_NEED_FFMPEG();
  IngestCopies("whole", "rest");  // 25 frames later: even ones become odd
  Run("whole");
  const ModelRun rest = Run("rest");
  EXPECT_EQ(rest.copied, 0);
  EXPECT_EQ(rest.inferences, (kFrames - 25 + 1) / kEvery);
}

TEST_F(CopiedLooksTest, AStreamThatRepeatsItselfIsItsOwnTwin) {
  Ingest("loop");
  Ingest("loop", /*append=*/true);
  const ModelRun run = Run("loop");
  EXPECT_EQ(run.inferences, kLooks);
  EXPECT_EQ(run.copied, kLooks);
  EXPECT_LE(decoded_, kFrames);
  EXPECT_THAT(Looked("loop"), ElementsAre(LookSpan{0, 2 * kFrames, kEvery}));
  ExpectAsAsked("loop");
}

TEST_F(CopiedLooksTest, AnotherModelKnowsNothing) {
  Ingest("first");
  Ingest("second");
  Run("first");
  // The same program, trusted from another score on.
  testing::WriteScriptModel(dir_.File("upgrade"), "watcher",
                            testing::AnsweringScript(kByPicture),
                            "threshold: 0.4\n");
  auto opened = OpenLookingModels({dir_.File("upgrade")}, "", NetworkOptions());
  ASSERT_TRUE(opened.ok()) << opened.status();
  options_.external_models = {opened->programs[0].get()};
  const ModelRun run = Run("second");
  EXPECT_EQ(run.copied, 0);
  EXPECT_EQ(run.inferences, kLooks);
}

TEST_F(CopiedLooksTest, ARarerLookIsNotEnoughAndACloserOneIs) {
  Ingest("first");
  Ingest("second");
  options_.every = 4;
  Run("first");
  options_.every = 2;
  EXPECT_EQ(Run("second").copied, 1);  // of the last GOP only 60 is due
  Ingest("third");
  ASSERT_TRUE(store_->Remove("first", TimeRange()).ok());
  options_.every = 4;
  EXPECT_EQ(Run("third").copied, 16);
  EXPECT_THAT(Looked("third"), ElementsAre(LookSpan{0, kFrames, 2}));
  EXPECT_EQ(BoxesOf("third"), BoxesOf("second"));
}

TEST_F(CopiedLooksTest, NothingIsCopiedWhenAskedAgain) {
  Ingest("first");
  Ingest("second");
  Run("first");
  options_.again = true;
  const ModelRun run = Run("second");
  EXPECT_EQ(run.copied, 0);
  EXPECT_EQ(run.inferences, kLooks);
}

TEST_F(CopiedLooksTest, ARangeIsCopiedAndNoMore) {
  Ingest("first");
  Ingest("second");
  Run("first");
  options_.ranges = {{8 * kFrameNs, 21 * kFrameNs},
                     {44 * kFrameNs, 46 * kFrameNs}};
  const ModelRun run = Run("second");
  EXPECT_EQ(run.inferences, 0);
  EXPECT_EQ(run.copied, 7 + 1);
  EXPECT_THAT(Looked("second"),
              ElementsAre(LookSpan{8, 21, kEvery}, LookSpan{44, 46, kEvery}));
  for (const auto& [index, boxes] : BoxesOf("second")) {
    EXPECT_TRUE((index >= 8 && index < 21) || index == 44) << index;
  }
  ExpectAsAsked("second");
}

TEST_F(CopiedLooksTest, WhereTheTwinWasNotLookedAtTheModelIsAsked) {
  Ingest("first");
  Ingest("second");
  options_.ranges = {{20 * kFrameNs, 40 * kFrameNs}};  // four GOPs
  Run("first");
  options_.ranges.clear();
  const ModelRun run = Run("second");
  EXPECT_EQ(run.copied, 10);
  EXPECT_EQ(run.inferences, kLooks - 10);
  ExpectAsAsked("second");
}

TEST_F(CopiedLooksTest, WhateverWasLookedAtItIsAsIfAsked) {
  const unsigned seed = 11;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto any_ranges = [&] {
    std::vector<TimeRange> ranges;
    for (auto i = random() % 3; i > 0; --i) {
      const auto from = static_cast<int64_t>(random() % kFrames);
      const auto length = static_cast<int64_t>(1 + random() % kFrames);
      ranges.push_back({from * kFrameNs, (from + length) * kFrameNs});
    }
    return ranges;
  };
  int64_t copied = 0;
  for (int round = 0; round < 8; ++round) {
    SCOPED_TRACE(round);
    const std::string name = std::to_string(round);
    Ingest(name);
    options_.every = 2;
    options_.ranges = any_ranges();
    options_.commit_gops = 1 + static_cast<int>(random() % 20);
    copied += Run(name).copied;
    ExpectAsAsked(name);
  }
  EXPECT_GT(copied, 0);
}

TEST_F(CopiedLooksTest, ADryRunTellsWhatWouldBeCopied) {
  Ingest("first");
  Ingest("second");
  Run("first");
  options_.dry_run = true;
  const ModelRun dry = Run("second");
  EXPECT_EQ(dry.inferences, 0);
  EXPECT_EQ(dry.copied, kLooks);
  EXPECT_THAT(Observed("second"), IsEmpty());
  EXPECT_THAT(Looked("second"), IsEmpty());
}

TEST_F(CopiedLooksTest, OfTwoModelsOneIsAsked) {
  Ingest("first");
  Ingest("second");
  Run("first");
  options_.external_models = {model_, Program("other", kOneBox)};
  const auto report = TryRun("second");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->models[0].inferences, 0);
  EXPECT_EQ(report->models[0].copied, kLooks);
  EXPECT_EQ(report->models[1].inferences, kLooks);
  EXPECT_EQ(report->models[1].copied, 0);
}

TEST_F(CopiedLooksTest, ARemovedTwinIsNone) {
  Ingest("first");
  Ingest("second");
  Run("first");
  ASSERT_TRUE(store_->Remove("first", {10 * kFrameNs, 19 * kFrameNs}).ok());
  const ModelRun run = Run("second");
  EXPECT_EQ(run.copied, kLooks - 5);
  EXPECT_EQ(run.inferences, 5);
  ExpectAsAsked("second");
  Ingest("third");
  ASSERT_TRUE(store_->Remove("first", TimeRange()).ok());
  ASSERT_TRUE(store_->Remove("second", TimeRange()).ok());
  EXPECT_EQ(Run("third").copied, 0);
}

TEST_F(CopiedLooksTest, ADamagedRowIsNamed) {
  Ingest("first");
  Ingest("second");
  Run("first");
  const std::string key = KeyOf(Observed("first").front());
  auto row = store_->chunks()->Get(Family::kSem, key);
  ASSERT_TRUE(row.ok()) << row.status();
  row->pop_back();
  CommitBatch batch;
  batch.PutRow(Family::kSem, key, *row);
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  const auto report = TryRun("second");
  EXPECT_EQ(report.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(
      std::string(report.status().message()),
      HasSubstr("seen in stream " + std::to_string(IdOf("first")) + ": "));
  EXPECT_THAT(Observed("second"), IsEmpty());
  EXPECT_THAT(Looked("second"), IsEmpty());
}

TEST_F(CopiedLooksTest, StillsAreCopiedWhereverTheyLie) {
  for (const char* folder : {"a", "b"}) {
    std::filesystem::create_directory(dir_.File(folder));
  }
  const auto write = [&](const std::string& name, int drawn) {
    const auto png =
        EncodePng(testing::DrawSmallFrame(96, 64, drawn), ColorInfo());
    ASSERT_TRUE(png.ok()) << png.status();
    testing::WriteFileBytes(dir_.File(name), *png);
  };
  for (int i = 0; i < 5; ++i) write("a/" + std::to_string(i) + ".png", i);
  for (int i = 0; i < 5; ++i) write("b/" + std::to_string(i) + ".png", 5 - i);
  IngestOptions options;
  options.name = "a";
  IngestFile(dir_.File("a"), options);
  options.name = "b";
  IngestFile(dir_.File("b"), options);
  options_.every = 1;
  EXPECT_EQ(Run("a").inferences, 5);
  const ModelRun run = Run("b");
  EXPECT_EQ(run.inferences, 1);
  EXPECT_EQ(run.copied, 4);
  EXPECT_EQ(decoded_, 1);
  ExpectAsAsked("b");
}

}  // namespace
}  // namespace fovea
