// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pictures that are in the store twice: what a model said of them once is
// known, and is what it would say again.

#include "api/copied_looks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "api/decision_book.h"
#include "api/model_folder.h"
#include "api/run_model.h"
#include "codec/formats/image_writer.h"
#include "index/observation_reader.h"
#include "index/observations.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/small_video.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/script_model.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kOneBox;
using ::testing::SizeIs;

constexpr int kFrames = 62;
constexpr int kEvery = 2;
constexpr int kLooks = 31;
constexpr int64_t kFrameNs = 40'000'000;

// What it says follows from the picture alone: one box that moves a little,
// of a seventh of all pictures none.
constexpr char kByPicture[] =
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
    EXPECT_THAT(copied, Not(IsEmpty()));
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

TEST_F(CopiedLooksTest, WithReuseTheLogTellsWhereAnAnswerCameFrom) {
  Ingest("first");
  Ingest("second");
  options_.reuse.emplace();
  Run("first");
  const ModelRun run = Run("second");
  EXPECT_EQ(run.copied, kLooks);
  ASSERT_TRUE(run.reuse.has_value());
  EXPECT_EQ(run.reuse->inputs, 0);
  const auto decisions = Decisions("second");
  ASSERT_THAT(decisions, SizeIs(kLooks));
  for (const DecidedInput& input : decisions) {
    EXPECT_EQ(input.decision.kind, DecisionKind::kReuse);
    EXPECT_EQ(input.decision.cause, DecisionCause::kStored);
    EXPECT_EQ(input.decision.reference_stream, IdOf("first"));
    EXPECT_EQ(input.decision.reference_index, input.index);
  }
  EXPECT_EQ(BoxesOf("second"), BoxesOf("first"));
}

TEST_F(CopiedLooksTest, AnswersThatMayBeWrongerThanAskedForAreNotCopied) {
  Ingest("first");
  Ingest("second");
  options_.reuse.emplace().max_error = 0.2;
  Run("first");
  options_.reuse->max_error = 0.1;
  EXPECT_EQ(Run("second").copied, 0);
  Ingest("third");
  options_.reuse.reset();
  EXPECT_EQ(Run("third").copied, 0);
}

TEST_F(CopiedLooksTest, OfflineStoredAnswersAreCopiedToo) {
  Ingest("first");
  Ingest("second");
  options_.reuse.emplace();
  Run("first");
  options_.reuse->offline = true;
  options_.external_models.clear();
  const ModelDescription absent = model_->description();
  options_.absent_models = {&absent};
  const auto report =
      RunModels(store_.get(), "second", options_, nullptr, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->models[0].copied, kLooks);
  EXPECT_THAT(Looked("second"), ElementsAre(LookSpan{0, kFrames, kEvery}));
}

// The clip's first box was given once and held from there on.
TEST_F(CopiedLooksTest, ABoxThatWasHeldIsGivenWhereTheCopyBegins) {
  FOVEA_NEED_FFMPEG();
  options_.every = 1;
  options_.external_models = {model_};
  options_.reuse.emplace();
  IngestCopies("whole", "rest");
  const ModelId& model = model_->description().id;
  Observation held;
  held.stream = IdOf("whole");
  held.label = "wheel";
  held.model = model.digest;
  held.last_index = kFrames - 1;
  held.end_ns = kFrames * kFrameNs - 1;
  held.boxes = {{0, 0, 8, 8, 80, 80, 200}};
  auto looks = LookBook::Read(store_->chunks(), held.stream);
  ASSERT_TRUE(looks.ok()) << looks.status();
  ASSERT_TRUE(looks->Enter(model).ok());
  held.track = static_cast<uint64_t>(looks->FirstTrack(model.digest, 0));
  looks->Add(model.digest, {0, kFrames, 1});
  DecisionBook decisions(store_->chunks(), held.stream);
  for (uint64_t i = 0; i < kFrames; ++i) {
    DecidedInput input{model.digest, InputKind::kFrame, i, 0, Decision()};
    input.decision.kind = i == 0 ? DecisionKind::kRun : DecisionKind::kHold;
    ASSERT_TRUE(decisions.Add(input).ok());
  }
  CommitBatch batch;
  looks->Put(&batch);
  ASSERT_TRUE(decisions.Put(&batch).ok());
  ASSERT_TRUE(Observations(store_->chunks()).Put(held, &batch).ok());
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  EXPECT_EQ(Run("rest").copied, kFrames - 25);
  const auto copied = Observed("rest");
  ASSERT_THAT(copied, SizeIs(1));
  EXPECT_EQ(copied[0].first_index, 0U);
  EXPECT_EQ(copied[0].last_index, kFrames - 25 - 1U);
  EXPECT_EQ(copied[0].start_ns, 0);
  EXPECT_EQ(copied[0].end_ns, (kFrames - 25) * kFrameNs - 1);
  ASSERT_THAT(copied[0].boxes, SizeIs(1));
  EXPECT_EQ(copied[0].boxes[0].index, 0U);
  EXPECT_EQ(copied[0].boxes[0].right, 80);
}

}  // namespace
}  // namespace fovea
