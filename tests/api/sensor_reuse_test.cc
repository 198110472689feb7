// SPDX-License-Identifier: GPL-2.0-or-later
//
// An application looks at sensor windows with an inference of its own: what it
// is spared, what its failures cost, and what is kept of it.

#include "api/sensor_reuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <latch>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "api/audit_log.h"
#include "api/window_reader.h"
#include "tests/api/note_keeper.h"
#include "tests/api/open_store.h"
#include "tests/api/reuse_story.h"
#include "tests/support/activity.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;

constexpr int64_t kWindow = 50;   // samples
constexpr int64_t kDwell = 1500;  // 30 s
constexpr int64_t kNever = 1'000'000'000;

ModelDescription Classifier(int digest) {
  ModelDescription model;
  model.id = {"activity", Model(digest)};
  model.card.name = "activity";
  model.card.decoder = DecoderKind::kImuClassifier;
  model.card.rate_hz = kActivityRateHz;
  model.labels = {"standing", "walking"};
  return model;
}

// Walking is where acceleration changes.
absl::StatusOr<Answer> Activity(std::span<const double> values) {
  double most = values[0], least = values[0];
  for (const double value : values.first(values.size() / kActivityChannels)) {
    most = std::max(most, value);
    least = std::min(least, value);
  }
  return AnswerOfClass(most - least > 1 ? 1 : 0, 0.9F);
}

class SensorReuseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteFileText(dir_.File("body.csv"), ActivityCsv(0, 100, kDwell));
    store_ = OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
    IngestOptions ingest;
    NoteKeeper notes;
    const auto ingested =
        store_->Ingest(dir_.File("body.csv"), ingest, &notes, nullptr);
    ASSERT_TRUE(ingested.ok()) << ingested.status();
    stream_ = store_->Streams()->front().name;
    options_.window.reuse.max_error = 1;  // nothing has to be learnt
    Open();
  }

  void Open(int digest = 1) {
    reuse_.reset();
    auto opened =
        SensorReuse::Open(store_.get(), stream_, Classifier(digest), options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    reuse_ = *std::move(opened);
  }

  absl::Status OpenError(const std::string& stream, ModelDescription model) {
    return SensorReuse::Open(store_.get(), stream, std::move(model), options_)
        .status();
  }

  // A function that counts, and takes longer than it takes to decide.
  SensorReuse::Function Counted() {
    return [this](std::span<const double> values) {
      ++calls_;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      return Activity(values);
    };
  }

  absl::StatusOr<Answered> TryLook(int64_t index, int64_t end_ns,
                                   const std::vector<double>& values,
                                   const SensorReuse::Function& function) {
    return reuse_->GetOrCompute({static_cast<uint64_t>(index), end_ns, values},
                                function);
  }

  // At the window that begins with sample `index`, of somebody who changes
  // every `dwell` samples.
  Answered Look(int64_t index, const SensorReuse::Function& function,
                int64_t dwell = kDwell) {
    auto answered = TryLook(index, (index + kWindow - 1) * kActivityPeriodNs,
                            ActivityWindow(index, kWindow, dwell), function);
    EXPECT_TRUE(answered.ok()) << answered.status();
    return answered.ok() ? *std::move(answered) : Answered();
  }

  // Half a window after another; how many answers were not what the function
  // says.
  int LookAt(int64_t first, int64_t end, int64_t dwell = kDwell) {
    int wrong = 0;
    for (int64_t i = first; i < end; i += kWindow / 2) {
      const auto answered = Look(i, Counted(), dwell);
      if (!answered.answer) continue;
      wrong += ClassOf(*answered.answer) !=
               ClassOf(*Activity(ActivityWindow(i, kWindow, dwell)));
    }
    return wrong;
  }

  std::vector<DecidedInput> Decided() {
    EXPECT_TRUE(reuse_->Commit().ok());
    return DecisionsOf(store_->chunks(), store_->Describe(stream_)->id,
                       Classifier(1).id.digest);
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  std::string stream_;
  SensorReuse::Options options_;
  std::unique_ptr<SensorReuse> reuse_;
  int calls_ = 0;
};

TEST_F(SensorReuseTest, IsCalledOnlyWhereTheAnswerIsNotKnown) {
  LookAt(0, 200 * kWindow, kNever);
  const ReuseReport report = reuse_->Report();
  EXPECT_EQ(report.inputs, 400);
  EXPECT_EQ(report.runs, calls_);
  EXPECT_EQ(report.inputs, report.runs + report.held + report.reused);
  EXPECT_LT(calls_, 120);
  const auto decided = Decided();
  EXPECT_EQ(decided.size(), 400U);
  EXPECT_THAT(decided, Each(Field(&DecidedInput::kind, InputKind::kWindow)));
}

// The target is kept, whatever he does, and something is saved.
TEST_F(SensorReuseTest, TheTargetIsKeptWhereHeStandsAndWalks) {
  options_.window.reuse.max_error = 0.05;
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    options_.window.reuse.seed = seed;
    Open(static_cast<int>(seed) + 10);
    calls_ = 0;
    const int windows = 6000;
    const int wrong = LookAt(0, windows * kWindow / 2);
    const ReuseReport report = reuse_->Report();
    const int64_t given = report.held + report.reused;
    EXPECT_GT(given, windows / 3);
    EXPECT_LE(wrong, 0.05 * static_cast<double>(given));
    EXPECT_LE(wrong, report.audit.all.most_wrong);
    EXPECT_EQ(report.audit.phase, AuditPhase::kGiving);
  }
}

TEST_F(SensorReuseTest, NothingIsGivenBeforeItIsCertified) {
  options_.window.reuse.max_error = 0.05;
  Open();
  LookAt(0, 50 * kWindow);
  EXPECT_EQ(calls_, 100);
  EXPECT_EQ(reuse_->Report().audit.phase, AuditPhase::kLearning);
}

TEST_F(SensorReuseTest, NoErrorAllowedMeansAlwaysCalled) {
  options_.window.reuse.max_error = 0;
  Open();
  LookAt(0, 100 * kWindow, kNever);
  EXPECT_EQ(calls_, 200);
}

TEST_F(SensorReuseTest, IsCalledAtLeastOnceABlindTime) {
  options_.window.reuse.use_cache = false;
  Open();
  int64_t last_ns = 0;
  for (int64_t i = 0; i < 400 * kWindow; i += kWindow / 2) {
    const int64_t now_ns = i * kActivityPeriodNs;
    if (Look(i, Counted(), kNever).run) last_ns = now_ns;
    EXPECT_LE(now_ns - last_ns, 30'000'000'000) << i;
  }
  EXPECT_GE(calls_, 13);  // in 400 s
}

TEST_F(SensorReuseTest, AClockSetBackForgetsWhatWasHeld) {
  options_.window.reuse.use_cache = false;
  Open();
  LookAt(0, 10 * kWindow, kNever);
  const auto back =
      TryLook(10 * kWindow, 0, ActivityWindow(0, kWindow, kNever), Counted());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(back->run);
  EXPECT_EQ(back->decision.cause, DecisionCause::kClock);
}

TEST_F(SensorReuseTest, AfterAGapLongerThanTheBlindTimeItIsCalled) {
  options_.window.reuse.use_cache = false;
  options_.window.reuse.max_error = 1;
  Open();
  LookAt(0, 3 * kWindow, kNever);
  const auto late = Look(100 * kWindow, Counted(), kNever);
  EXPECT_TRUE(late.run);
  EXPECT_EQ(late.decision.cause, DecisionCause::kBlindTime);
}

TEST_F(SensorReuseTest, AnswersOutliveTheProcess) {
  LookAt(0, 50 * kWindow, kNever);
  reuse_.reset();  // commits
  store_.reset();
  store_ = OpenStore(dir_.File("store"));
  Open();
  calls_ = 0;
  const auto first = Look(50 * kWindow, Counted(), kNever);
  EXPECT_EQ(first.decision.kind, DecisionKind::kReuse);
  EXPECT_EQ(reuse_->Report().audit.inputs, 101);
  AuditQuery query;
  query.stream = store_->Describe(stream_)->id;
  const auto audit = ReadAudit(store_->chunks(), query);
  ASSERT_TRUE(audit.ok()) << audit.status();
  ASSERT_EQ(audit->size(), 1U);
  EXPECT_EQ((*audit)[0].kind, InputKind::kWindow);
}

TEST_F(SensorReuseTest, AnotherVersionOfTheFunctionIsGivenNoneOfThem) {
  LookAt(0, 50 * kWindow, kNever);
  Open(2);
  calls_ = 0;
  EXPECT_TRUE(Look(50 * kWindow, Counted(), kNever).run);
}

TEST_F(SensorReuseTest, WhatItThrowsIsTold) {
  const auto threw =
      Look(0, [](std::span<const double>) -> absl::StatusOr<Answer> {
        throw std::runtime_error("no DSP");
      });
  EXPECT_FALSE(threw.answer.has_value());
  EXPECT_THAT(std::string(threw.error.message()), HasSubstr("no DSP"));
  EXPECT_EQ(threw.decision.kind, DecisionKind::kRunFailed);
  EXPECT_TRUE(Look(kWindow, Counted()).run);  // nothing is held
  EXPECT_EQ(Decided().size(), 2U);
}

// The window's samples are the application's, which has gone on long since.
TEST_F(SensorReuseTest, OneThatHangsHoldsUpNobody) {
  options_.longest_call_ns = 50'000'000;
  Open();
  const auto release = std::make_shared<std::latch>(1);
  const auto returned = std::make_shared<std::latch>(1);
  const auto seen = std::make_shared<double>(0);
  {
    const std::vector<double> values = ActivityWindow(0, kWindow, kDwell);
    const auto late =
        TryLook(0, 0, values,
                [release, returned, seen](std::span<const double> window) {
                  release->wait();
                  *seen = window.back();
                  returned->count_down();
                  return Activity(window);
                });
    ASSERT_TRUE(late.ok()) << late.status();
    EXPECT_TRUE(absl::IsDeadlineExceeded(late->error)) << late->error;
    EXPECT_EQ(late->decision.kind, DecisionKind::kRunFailed);
  }
  EXPECT_TRUE(absl::IsUnavailable(Look(kWindow, Counted()).error));
  release->count_down();
  returned->wait();
  EXPECT_EQ(*seen, ActivityWindow(0, kWindow, kDwell).back());
}

TEST_F(SensorReuseTest, AnAnswerThatCannotBeKeptIsAFailure) {
  const auto odd = Look(0, [](std::span<const double>) {
    return AnswerOfClass(1, std::numeric_limits<float>::quiet_NaN());
  });
  EXPECT_EQ(odd.decision.kind, DecisionKind::kRunFailed);
  const auto none = Look(kWindow, [](std::span<const double>) {
    return absl::StatusOr<Answer>(Answer());
  });
  EXPECT_TRUE(none.error.ok()) << none.error;
  EXPECT_FALSE(ClassOf(*none.answer).has_value());
}

TEST_F(SensorReuseTest, BadWindowsAreRefusedAndNothingHasHappened) {
  std::vector<double> values = ActivityWindow(0, kWindow, kDwell);
  const auto refused = [&](int64_t index) {
    const absl::Status status = TryLook(index, 0, values, Counted()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  };
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity(), -2e30}) {
    const double good = std::exchange(values[kWindow + 3], bad);
    EXPECT_THAT(refused(0), HasSubstr("channel 1 sample 3 is "));
    values[kWindow + 3] = good;
  }
  values.pop_back();
  EXPECT_THAT(refused(0),
              HasSubstr("299 values; expected those of 6 channels"));
  values.resize(6 * 7);
  EXPECT_THAT(refused(0), HasSubstr("42 values"));
  values = ActivityWindow(0, kWindow, kDwell);
  EXPECT_TRUE(Look(5, Counted()).run);
  EXPECT_THAT(refused(5), HasSubstr("have to rise"));
  EXPECT_EQ(reuse_->Report().inputs, 1);
  EXPECT_EQ(calls_, 1);
}

TEST_F(SensorReuseTest, StreamsAndModelsThatDoNotFitAreRefused) {
  EXPECT_TRUE(absl::IsNotFound(OpenError("bdy", Classifier(1))));
  ModelDescription model = Classifier(1);
  model.id.digest = {};
  EXPECT_THAT(std::string(OpenError(stream_, model).message()),
              HasSubstr("no digest"));
  model = Classifier(1);
  model.card.decoder = DecoderKind::kYolox;
  EXPECT_THAT(std::string(OpenError(stream_, model).message()),
              HasSubstr("does not tell classes"));
  model = Classifier(1);
  model.card.window = 50;
  model.card.channels = {"accel_x", "accel_q"};
  EXPECT_THAT(std::string(OpenError(stream_, model).message()),
              HasSubstr("takes channel 'accel_q'"));
  options_.window.reuse.loss = AnswerLoss::kBoxes;
  EXPECT_EQ(OpenError(stream_, Classifier(1)).code(),
            absl::StatusCode::kInvalidArgument);
}

// Random windows, gaps, clocks and failures: all is decided and nothing given
// that is older than the blind time.
TEST_F(SensorReuseTest, WhateverComesIsDecidedOnce) {
  for (const uint32_t seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937 chance(seed);
    Open(static_cast<int>(seed) + 20);
    int64_t index = 0, shift = 0, last_run = 0, windows = 0;
    for (; windows < 500; ++windows) {
      index += 1 + static_cast<int64_t>(chance() % 60);
      const auto event = chance() % 40;
      if (event == 0) shift -= 500;  // the clock
      if (event == 1) shift += 5000;
      const int64_t end = index + shift;
      const auto answered = TryLook(
          index, end * kActivityPeriodNs, ActivityWindow(index, kWindow, 200),
          [&](std::span<const double> values) -> absl::StatusOr<Answer> {
            if (chance() % 8 == 0) return absl::InternalError("tired");
            return Activity(values);
          });
      ASSERT_TRUE(answered.ok()) << answered.status();
      EXPECT_EQ(answered->answer.has_value(), answered->error.ok());
      const bool is_back = answered->decision.cause == DecisionCause::kClock;
      if (is_back || (answered->run && answered->answer)) last_run = end;
      if (!answered->run) {
        EXPECT_LE((end - last_run) * kActivityPeriodNs, 30'000'000'000);
      }
    }
    const ReuseReport report = reuse_->Report();
    EXPECT_EQ(report.inputs, windows);
    EXPECT_EQ(report.inputs, report.runs + report.held + report.reused);
  }
}

// Somebody sits down, walks and turns, with a phone: the goal of the gate is
// met by the product as it is.
TEST_F(SensorReuseTest, ARealRecordingIsAnsweredWithinTheTarget) {
  FOVEA_NEED_TEST_DATA(path, "imu/gait_long_walk.csv");
  NoteKeeper notes;
  IngestOptions ingest;
  ingest.name = "walk";
  ASSERT_TRUE(store_->Ingest(path, ingest, &notes, nullptr).ok());
  std::string stream;
  const auto streams = store_->Streams();
  ASSERT_TRUE(streams.ok()) << streams.status();
  for (const StreamSummary& candidate : *streams) {
    if (candidate.name.starts_with("walk")) stream = candidate.name;
  }
  const auto summary = store_->Describe(stream);
  ASSERT_TRUE(summary.ok()) << summary.status();
  ModelDescription model = Classifier(30);
  model.card.window = 50;
  model.card.rate_hz = 100;
  for (const Channel& channel : summary->description.series.channels) {
    model.card.channels.push_back(channel.name);
  }
  options_.window.reuse.max_error = 0.1;
  auto opened = SensorReuse::Open(store_.get(), stream, model, options_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  // Whether the foot moves in the second half of the window.
  const auto moves = [](std::span<const double> values) {
    double most = 0;
    for (size_t i = 25; i < 150; ++i) {
      if (i % 50 >= 25) most = std::max(most, std::abs(values[i]));
    }
    return AnswerOfClass(most > 20 ? 1 : 0);
  };
  int64_t windows = 0, wrong = 0;
  const auto read = ReadWindows(
      store_->chunks(), *summary, model.card, 5, TimeRange(),
      [&](const StoredWindow& window) -> absl::StatusOr<bool> {
        const auto answered = (*opened)->GetOrCompute(
            {window.place.first_index, window.place.end_ns, window.values},
            moves);
        if (!answered.ok()) return answered.status();
        ++windows;
        wrong += ClassOf(*answered->answer) != ClassOf(moves(window.values));
        return true;
      });
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_GT(windows, 1000);
  const ReuseReport report = (*opened)->Report();
  EXPECT_EQ(report.inputs, windows);
  EXPECT_GT(report.held + report.reused, 0);
  EXPECT_LE(wrong, report.audit.all.most_wrong);
}

}  // namespace
}  // namespace fovea::testing
