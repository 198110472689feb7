// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is given about coded pictures, held against what the model said of the
// originals: which frames are kept, how answers are judged, what is claimed.

#include "api/original_answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "api/cache_report.h"
#include "api/model_folder.h"
#include "api/model_reuse.h"
#include "api/original_audit.h"
#include "api/result_file.h"
#include "api/run_model.h"
#include "api/stored_results.h"
#include "filter/auditor.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/reuse_story.h"
#include "tests/support/memory_store.h"
#include "tests/support/script_model.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kFrames = 200;
constexpr double kShare = 0.25;

AuditQuery About(StreamId stream) {
  AuditQuery query;
  query.stream = stream;
  return query;
}

// --- the coin and the bound ---------------------------------------------

TEST(OriginalsTest, TheCoinIsFairAndItsOwn) {
  constexpr uint64_t kThrows = 40000;
  const OriginalsOptions options{0.1, 1};
  int64_t heads = 0;
  int64_t other_stream = 0;
  int64_t checked = 0;
  for (uint64_t i = 0; i < kThrows; ++i) {
    if (!IsOriginalKept(options, 3, Model(1), i)) continue;
    ++heads;
    other_stream += IsOriginalKept(options, 4, Model(1), i);
    // As InferenceReuse throws it for frame i under the same seed.
    checked += AuditCoin(CoinSeed(1, 3, Model(1)), i * 1024) < 0.1;
  }
  const double deviation = std::sqrt(kThrows * 0.09);
  EXPECT_NEAR(static_cast<double>(heads), kThrows * 0.1, 4 * deviation);
  for (const int64_t both : {other_stream, checked}) {
    EXPECT_NEAR(static_cast<double>(both), kThrows * 0.01,
                4 * std::sqrt(kThrows * 0.0099));
  }
  int64_t all = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    all += IsOriginalKept({1, 9}, 3, Model(1), i);
  }
  EXPECT_EQ(all, 1000);
}

TEST(OriginalsTest, SharesThatAreNoneAreRefused) {
  for (const double share : {0.0, -0.1, 1.01, std::nan("")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckOriginalsOptions({share, 1})));
  }
  EXPECT_TRUE(CheckOriginalsOptions({1, 1}).ok());
}

Answer Wheels(int count) {
  Answer answer;
  for (int i = 0; i < count; ++i)
    answer.detections.push_back({1, 0.9F, 16, 16, 40, 40});
  return answer;
}

// Answers about `frames` frames, wrong in bursts, judged as they come.
struct Footage {
  int64_t wrong = 0;
  AuditedOriginals audited;
};
Footage Judged(int frames, double burst, uint64_t seed) {
  MemoryStore store;
  const ModelDescription model = ProgramDescription(1);
  const OriginalsOptions options{0.1, seed};
  OriginalAnswers answers(&store, 3, &model);
  std::mt19937_64 chance(17);  // the footage is always the same
  Footage footage;
  bool bad = false;
  for (int i = 0; i < frames; ++i) {
    const auto index = static_cast<uint64_t>(i);
    if (chance() % 20 == 0) {
      bad = std::uniform_real_distribution<double>()(chance) < burst;
    }
    footage.wrong += bad;
    if (!IsOriginalKept(options, 3, model.id.digest, index)) continue;
    EXPECT_TRUE(answers.Keep(options, index, Wheels(1)).ok());
    const Answer given = Wheels(bad ? 2 : 1);
    EXPECT_TRUE(answers.Judge(index, {&given, {}, true, true}).ok());
  }
  CommitBatch batch;
  EXPECT_TRUE(answers.MoveTo(&batch).ok());
  EXPECT_TRUE(store.Commit(std::move(batch)).ok());
  const auto audited = ReadOriginals(&store, About(3), std::nullopt);
  EXPECT_TRUE(audited.ok()) << audited.status();
  if (audited.ok() && audited->size() == 1) footage.audited = (*audited)[0];
  return footage;
}

// Whatever clusters the footage has: the coin alone is random.
TEST(OriginalsTest, TheBoundIsTooSmallAsSeldomAsItSays) {
  constexpr int kRuns = 300;
  for (const double burst : {0.02, 0.1, 0.5}) {
    int too_small = 0;
    for (uint64_t seed = 0; seed < kRuns; ++seed) {
      const Footage footage = Judged(1500, burst, seed);
      EXPECT_EQ(footage.audited.all.compared, footage.audited.kept);
      too_small +=
          footage.audited.all.bound * 1500 < static_cast<double>(footage.wrong);
    }
    // Four deviations above.
    EXPECT_LT(too_small, kRuns * 0.05 + 4 * std::sqrt(kRuns * 0.05 * 0.95))
        << burst;
  }
}

// --- over a store -------------------------------------------------------

class OriginalAnswersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    WriteStillScene(dir_.File("cam.y4m"), kFrames);
    options_.jobs = 1;
    options_.motion = false;
    options_.gop_seconds = 0.4;  // 10 frames
    options_.originals = {kShare, 5};
  }

  ExternalModel* Program(const std::string& answer) {
    const std::string name = "own" + std::to_string(programs_.size());
    WriteScriptModel(dir_.File(name), name, AnsweringScript(answer));
    auto opened = OpenLookingModels({dir_.File(name)}, "", NetworkOptions());
    EXPECT_TRUE(opened.ok()) << opened.status();
    programs_.push_back(std::move(opened->programs[0]));
    return programs_.back().get();
  }
  // Sees one wheel more once Blur() was called, as of coarse pictures.
  ExternalModel* Blurred() {
    return Program("echo 16,16,40,40,0.9,1; [ -e " + dir_.File("blur") +
                   " ] && echo 50,16,90,40,0.9,1; echo");
  }
  void Blur() { WriteFileText(dir_.File("blur"), "yes"); }

  IngestReport Ingest(const std::string& name, ExternalModel* model,
                      const std::atomic<bool>* stop = nullptr,
                      IngestObserver* observer = nullptr) {
    options_.name = name;
    options_.external_models = {model};
    const auto report =
        store_->Ingest(dir_.File("cam.y4m"), options_,
                       observer != nullptr ? observer : &notes_, stop);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : IngestReport();
  }

  RunReport Run(const std::string& name, ExternalModel* model, int every = 1,
                bool again = false) {
    RunOptions options;
    options.every = every;
    options.again = again;
    options.reuse = reuse_;
    options.external_models = {model};
    const auto report =
        RunModels(store_.get(), name, options, nullptr, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : RunReport();
  }

  StreamId IdOf(const std::string& name) { return store_->Describe(name)->id; }

  AuditedOriginals Audit(const std::string& name,
                         std::optional<AnswerLoss> loss = std::nullopt) {
    const auto audited =
        ReadOriginals(store_->chunks(), About(IdOf(name)), loss);
    EXPECT_TRUE(audited.ok()) << audited.status();
    if (!audited.ok() || audited->size() != 1) {
      ADD_FAILURE() << "not one audit";
      return {};
    }
    const AuditedOriginals& one = (*audited)[0];
    EXPECT_EQ(one.kept,
              one.all.compared + one.not_given + one.unanswered + one.copied);
    return one;
  }

  // Frames of which something is kept.
  std::vector<uint64_t> Kept(const std::string& name) {
    std::vector<uint64_t> kept;
    EXPECT_TRUE(store_->chunks()
                    ->Scan(Family::kRes, "", "",
                           [&](std::string_view key, std::string_view) {
                             const auto parts = ParseResultKey(key);
                             if (parts->kind == kOriginalKind &&
                                 parts->stream == IdOf(name)) {
                               kept.push_back(parts->index);
                             }
                             return true;
                           })
                    .ok());
    return kept;
  }
  std::vector<uint64_t> Chosen(const std::string& name,
                               const ExternalModel* model, uint64_t end) {
    std::vector<uint64_t> chosen;
    for (uint64_t i = 0; i < end; ++i) {
      if (IsOriginalKept(*options_.originals, IdOf(name),
                         model->description().id.digest, i)) {
        chosen.push_back(i);
      }
    }
    return chosen;
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<ExternalModel>> programs_;
  IngestOptions options_;
  std::optional<ReuseOptions> reuse_;
  NoteKeeper notes_;
};

TEST_F(OriginalAnswersTest, TheFramesOfTheCoinAreKeptAndNoOthers) {
  ExternalModel* model = Program(kOneBox);
  Ingest("cam", model);
  EXPECT_EQ(Kept("cam"), Chosen("cam", model, kFrames));
  const AuditedOriginals audit = Audit("cam");
  EXPECT_EQ(audit.not_given, audit.kept) << "nobody has looked yet";
  EXPECT_EQ(audit.all.bound, 1);
  EXPECT_EQ(audit.share, kShare);
  EXPECT_EQ(audit.seed, 5U);
}

TEST_F(OriginalAnswersTest, WhatCodingChangedIsCaughtWithoutASecondLook) {
  ExternalModel* model = Blurred();
  Ingest("cam", model);
  Blur();
  EXPECT_EQ(Run("cam", model, 1, /*again=*/true).models[0].inferences, kFrames)
      << "as many as without an audit";
  const AuditedOriginals audit = Audit("cam");
  EXPECT_EQ(audit.all.compared, audit.kept);
  EXPECT_EQ(audit.all.differ, audit.kept);
  EXPECT_EQ(audit.coding.differ, audit.kept);
  EXPECT_EQ(audit.reuse.compared, 0);
  EXPECT_EQ(Audit("cam", AnswerLoss::kLabels).all.differ, 0)
      << "two wheels are wheels";
  EXPECT_EQ(Audit("cam", AnswerLoss::kBoxes).all.differ, audit.kept);
}

TEST_F(OriginalAnswersTest, HeldAnswersAreJudgedAsTheyWereGiven) {
  ExternalModel* model = Blurred();
  Ingest("cam", model);
  reuse_.emplace();
  const RunReport report = Run("cam", model, 1, /*again=*/true);
  ASSERT_LT(report.models[0].inferences, kFrames);
  const AuditedOriginals right = Audit("cam");
  EXPECT_EQ(right.all.compared, right.kept);
  EXPECT_EQ(right.all.differ, 0);
  EXPECT_GT(right.reuse.compared, 0);
  EXPECT_GT(right.coding.compared, 0);
  EXPECT_EQ(right.reuse.compared + right.coding.compared, right.kept);
  Blur();
  reuse_->use_cache = false;
  Run("cam", model, 1, /*again=*/true);
  EXPECT_EQ(Audit("cam").all.differ, right.kept);
}

TEST_F(OriginalAnswersTest, FramesNobodyLookedAtAreCountedApart) {
  ExternalModel* model = Program(kOneBox);
  Ingest("cam", model);
  Run("cam", model, 4);
  const AuditedOriginals some = Audit("cam");
  EXPECT_GT(some.all.compared, 0);
  EXPECT_GT(some.not_given, some.all.compared);
  Run("cam", model, 1);
  EXPECT_EQ(Audit("cam").not_given, 0);
  Run("cam", model, 4, /*again=*/true);
  EXPECT_EQ(Audit("cam").not_given, some.not_given)
      << "what was given is given no more";
}

TEST_F(OriginalAnswersTest, WhatIsDecidedDoesNotDependOnTheCoin) {
  options_.reuse.emplace();
  ExternalModel* model = Program(kOneBox);
  Ingest("with", model);
  options_.originals.reset();
  const auto aside = OpenStore(dir_.File("aside"));
  ASSERT_NE(aside, nullptr);
  options_.name = "with";
  ASSERT_TRUE(
      aside->Ingest(dir_.File("cam.y4m"), options_, &notes_, nullptr).ok());
  const ModelDigest& digest = model->description().id.digest;
  EXPECT_EQ(DecisionsOf(store_->chunks(), IdOf("with"), digest),
            DecisionsOf(aside->chunks(), aside->Describe("with")->id, digest));
  const AuditedOriginals audit = Audit("with");
  EXPECT_EQ(audit.all.compared, audit.kept) << "the ingest has answered";
  EXPECT_EQ(audit.all.differ, 0);
  EXPECT_EQ(audit.coding.compared, 0) << "no coded picture was looked at";
  EXPECT_GT(audit.reuse.compared, 0);
}

TEST_F(OriginalAnswersTest, NoFrameIsAskedAboutTwice) {
  const std::string asks = dir_.File("asks");
  ExternalModel* model =
      Program("echo x >> " + asks + "; " + std::string(kOneBox));
  const auto asked = [&] { return ReadFileBytes(asks).size() / 2; };
  options_.originals = {1, 5};
  for (const bool reuse : {false, true}) {
    if (reuse) options_.reuse.emplace();
    const size_t before = asked();
    Ingest(reuse ? "reused" : "cam", model);
    EXPECT_EQ(asked() - before, static_cast<size_t>(kFrames));
  }
}

TEST_F(OriginalAnswersTest, AModelThatFailsLeavesFramesUnanswered) {
  ExternalModel* model = Program("[ -e " + dir_.File("blur") + " ] && exit; " +
                                 std::string(kOneBox));
  Ingest("cam", model);
  Blur();
  const RunReport report = Run("cam", model);
  EXPECT_FALSE(report.models[0].error.ok());
  const AuditedOriginals audit = Audit("cam");
  EXPECT_EQ(audit.all.compared, 0);
  EXPECT_LE(audit.unanswered, 1);
  EXPECT_GE(audit.not_given, audit.kept - 1);
}

TEST_F(OriginalAnswersTest, AModelThatFailsInTheIngestIsToldOnce) {
  ExternalModel* model =
      Program("[ $n = 12 ] && exit; " + std::string(kOneBox));
  const IngestReport report = Ingest("cam", model);
  ASSERT_THAT(report.failed_models, SizeIs(1));
  EXPECT_TRUE(report.lossy());
  EXPECT_LT(Kept("cam").size(), 12U);
}

TEST_F(OriginalAnswersTest, CopiedAnswersAreCountedApart) {
  ExternalModel* model = Program(kOneBox);
  options_.originals.reset();
  Ingest("first", model);
  options_.originals = {kShare, 5};
  Ingest("twin", model);
  Run("first", model);
  const RunReport report = Run("twin", model);
  ASSERT_EQ(report.models[0].copied, kFrames);
  const AuditedOriginals audit = Audit("twin");
  EXPECT_EQ(audit.copied, audit.kept);
  EXPECT_EQ(audit.all.compared, 0);
}

TEST_F(OriginalAnswersTest, TheyGoWithTheirFootage) {
  ExternalModel* model = Program(kOneBox);
  Ingest("cam", model);
  const auto removed = store_->Remove("cam", {0, 3'900'000'000});
  ASSERT_TRUE(removed.ok()) << removed.status();
  ASSERT_THAT(Kept("cam"), Not(IsEmpty()));
  EXPECT_GE(Kept("cam").front(), 90U);
}

// Stops after so many acknowledged frames.
class Stopper : public NoteKeeper {
 public:
  void OnAcknowledged(const Acknowledgement& ack) override {
    if (ack.last_index >= 60) stop = true;
  }
  std::atomic<bool> stop = false;
};

TEST_F(OriginalAnswersTest, NoneIsStoredBeforeItsFrameAndAllAfter) {
  ExternalModel* model = Program(kOneBox);
  options_.commit_age_ns = 0;
  Stopper stopper;
  Ingest("cam", model, &stopper.stop, &stopper);
  const uint64_t end = store_->Describe("cam")->end_index;
  ASSERT_LT(end, kFrames);
  EXPECT_EQ(Kept("cam"), Chosen("cam", model, end));
  options_.resume = true;
  Ingest("cam", model);
  EXPECT_EQ(Kept("cam"), Chosen("cam", model, kFrames));
}

TEST_F(OriginalAnswersTest, TheyAreNoAnswersToBeGivenPrunedOrExported) {
  ExternalModel* model = Program(kOneBox);
  Ingest("cam", model);
  const ModelDigest digest = model->description().id.digest;
  int loaded = 0;
  ASSERT_TRUE(StoredResults(store_->chunks())
                  .Load(digest, InputKind::kFrame, 0,
                        [&](Result) {
                          ++loaded;
                          return true;
                        })
                  .ok());
  EXPECT_EQ(loaded, 0);
  const auto listed = ListCachedModels(store_.get());
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_THAT(*listed, SizeIs(1));
  EXPECT_EQ((*listed)[0].results, 0);
  EXPECT_EQ((*listed)[0].originals, static_cast<int64_t>(Kept("cam").size()));
  EXPECT_EQ(PruneCache(store_.get(), {}, nullptr)->results, 0);
  EXPECT_THAT(Kept("cam"), Not(IsEmpty()));
  const auto exported =
      ExportResults(store_->chunks(), dir_.File("answers"), {});
  ASSERT_TRUE(exported.ok()) << exported.status();
  EXPECT_EQ(exported->results, 0);
  const auto verified = store_->Verify({});
  ASSERT_TRUE(verified.ok()) << verified.status();
}

TEST_F(OriginalAnswersTest, CoinsAreNeverPooled) {
  ExternalModel* model = Program(kOneBox);
  Ingest("cam", model);
  options_.append = true;
  options_.originals = {0.5, 6};
  Ingest("cam", model);
  Run("cam", model);
  const auto audited =
      ReadOriginals(store_->chunks(), About(IdOf("cam")), std::nullopt);
  ASSERT_TRUE(audited.ok()) << audited.status();
  ASSERT_THAT(*audited, SizeIs(2));
  EXPECT_LT((*audited)[0].last_index, kFrames);
  EXPECT_GE((*audited)[1].first_index, kFrames);
}

TEST_F(OriginalAnswersTest, WhereAllAreKeptThereIsNoDoubt) {
  options_.originals = {1, 5};
  ExternalModel* model = Blurred();
  Ingest("cam", model);
  Run("cam", model, 1, /*again=*/true);
  EXPECT_EQ(Audit("cam").all.compared, kFrames);
  EXPECT_EQ(Audit("cam").all.bound, 0);
}

TEST_F(OriginalAnswersTest, ADamagedRowIsNamedByTheAuditAndStopsNoRun) {
  ExternalModel* model = Program(kOneBox);
  Ingest("cam", model);
  const uint64_t index = Kept("cam").front();
  CommitBatch batch;
  batch.PutRow(Family::kRes,
               OriginalKey(model->description().id.digest, IdOf("cam"), index),
               "\2");
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  Run("cam", model);
  const auto audited =
      ReadOriginals(store_->chunks(), About(IdOf("cam")), std::nullopt);
  EXPECT_TRUE(absl::IsDataLoss(audited.status())) << audited.status();
  EXPECT_THAT(std::string(audited.status().message()),
              HasSubstr("at " + std::to_string(index)));
}

TEST_F(OriginalAnswersTest, ConfidencesThatAreNoneAreRefused) {
  AuditQuery query = About(7);
  query.confidence = 1;
  EXPECT_TRUE(absl::IsInvalidArgument(
      ReadOriginals(store_->chunks(), query, std::nullopt).status()));
}

}  // namespace
}  // namespace fovea::testing
