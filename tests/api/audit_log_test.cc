// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the log of decisions adds up to: counts by kind and cause, and bounds
// from the checks that a coin chose.

#include "api/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "api/look_book.h"
#include "filter/error_bound.h"
#include "store/decision_rows.h"
#include "tests/api/any_result.h"
#include "tests/support/memory_store.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr StreamId kStream = 3;

class AuditLogTest : public ::testing::Test {
 protected:
  // Decisions of one sort, about the frames that follow.
  void Log(int64_t count, const Decision& decision, int model = 1) {
    for (int64_t i = 0; i < count; ++i) {
      DecidedInput input;
      input.model = Model(model);
      input.index = next_index_++;
      input.decision = decision;
      ASSERT_TRUE(book_.Add(input).ok());
    }
    CommitBatch batch;
    ASSERT_TRUE(book_.Put(&batch).ok());
    ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  }

  static Decision Held(float coin) {
    return {.kind = DecisionKind::kHold,
            .cause = DecisionCause::kGate,
            .check_probability = coin};
  }
  static Decision Checked(float coin, bool wrong) {
    Decision decision = Held(coin);
    decision.shadowed = true;
    decision.wrong = wrong;
    return decision;
  }

  std::vector<AuditedModel> Audit() {
    const auto audited = ReadAudit(&store_, query_);
    EXPECT_TRUE(audited.ok()) << audited.status();
    return audited.ok() ? *audited : std::vector<AuditedModel>();
  }
  AuditedModel AuditOne() {
    const auto audited = Audit();
    EXPECT_THAT(audited, SizeIs(1));
    return audited.size() == 1 ? audited[0] : AuditedModel();
  }

  MemoryStore store_;
  DecisionBook book_{&store_, kStream};
  uint64_t next_index_ = 100;
  AuditQuery query_{.stream = kStream, .model = {}};
};

TEST_F(AuditLogTest, OfNothingThereIsNothingToTell) {
  EXPECT_THAT(Audit(), IsEmpty());
}

TEST_F(AuditLogTest, EveryDecisionIsCountedOnce) {
  Log(128, {.cause = DecisionCause::kNotCertified});
  Log(5, {.cause = DecisionCause::kBlindTime});
  Log(300, Held(0.1F));
  Log(30, Checked(0.1F, false));
  Log(2, Checked(0.1F, true));
  Decision failed = Checked(0.1F, false);
  failed.kind = DecisionKind::kRunFailed;
  Log(1, failed);
  Decision reused = Held(0.1F);
  reused.kind = DecisionKind::kReuse;
  reused.cause = DecisionCause::kCache;
  Log(40, reused);
  Log(7, {.kind = DecisionKind::kGap});
  const AuditedModel model = AuditOne();
  EXPECT_EQ(model.first_index, 100U);
  EXPECT_EQ(model.last_index, next_index_ - 1);
  EXPECT_EQ(model.inputs, static_cast<int64_t>(next_index_ - 100));
  EXPECT_EQ(model.runs, 128 + 5 + 30 + 2 + 1);
  EXPECT_EQ(model.warm_up_runs, 128);
  EXPECT_EQ(model.failed, 1);
  EXPECT_EQ(model.gaps, 7);
  EXPECT_EQ(model.unchecked, 0);
  EXPECT_EQ(model.hold.given, 300);
  EXPECT_EQ(model.reuse.given, 40);
  EXPECT_EQ(model.all.given, 340);
  EXPECT_EQ(model.all.checks, 33);
  EXPECT_EQ(model.all.caught, 3) << "a failed check says nothing good";
  EXPECT_EQ(model.hold.checks, 33);
  EXPECT_EQ(model.hold.caught, 3);
  EXPECT_EQ(model.reuse.checks, 1) << "it may have been of a reused answer";
  EXPECT_EQ(model.reuse.caught, 1);
  EXPECT_EQ(model.inputs, model.runs + model.all.given + model.gaps);
  int64_t counted = 0;
  for (const auto& causes : model.counts) {
    for (const int64_t count : causes) counted += count;
  }
  EXPECT_EQ(counted, model.inputs);
}

TEST_F(AuditLogTest, BoundsAreThoseOfTheCoins) {
  Log(900, Held(0.1F));
  Log(98, Checked(0.1F, false));
  Log(2, Checked(0.1F, true));
  const int64_t bound = AuditOne().all.most_wrong;
  const CheckTally coin{.q = static_cast<double>(0.1F),
                        .decisions = 1000,
                        .checks = 100,
                        .caught = 2};
  EXPECT_EQ(bound, MostMissed({&coin, 1}, 1 - query_.confidence));
  EXPECT_GE(bound, 18);
  EXPECT_LE(bound, 900);
}

TEST_F(AuditLogTest, MoreConfidenceAndMoreErrorsWidenThem) {
  Log(900, Held(0.1F));
  Log(100, Checked(0.1F, false));
  int64_t last = -1;
  for (const double confidence : {0.5, 0.8, 0.95, 0.999, 0.999999}) {
    query_.confidence = confidence;
    EXPECT_GE(AuditOne().all.most_wrong, last);
    last = AuditOne().all.most_wrong;
  }
  query_.confidence = 0.95;
  const int64_t before = AuditOne().all.most_wrong;
  Log(5, Checked(0.1F, true));
  EXPECT_GT(AuditOne().all.most_wrong, before);
}

// Where the model fails on what is held wrongly, that is not passed over.
TEST_F(AuditLogTest, ChecksThatFailWidenTheBoundsOfTheParts) {
  Log(900, Held(0.1F));
  Log(95, Checked(0.1F, false));
  const int64_t before = AuditOne().hold.most_wrong;
  Decision failed = Checked(0.1F, false);
  failed.kind = DecisionKind::kRunFailed;
  Log(5, failed);
  EXPECT_GT(AuditOne().hold.most_wrong, before);
  EXPECT_EQ(AuditOne().hold.most_wrong, AuditOne().all.most_wrong);
}

TEST_F(AuditLogTest, WithoutChecksAllMayBeWrong) {
  Log(10, Held(0.01F));
  EXPECT_EQ(AuditOne().all.most_wrong, 10);
}

TEST_F(AuditLogTest, WhatIsGivenOfflineIsInNoBound) {
  Log(50, Held(0));
  const AuditedModel model = AuditOne();
  EXPECT_EQ(model.unchecked, 50);
  EXPECT_EQ(model.all.given, 0);
  EXPECT_EQ(model.all.most_wrong, 0);
}

TEST_F(AuditLogTest, ModelsAndPartsAreToldApart) {
  Log(10, Held(0.1F), 1);
  Log(20, Held(0.1F), 2);
  LookBook looks = *LookBook::Read(&store_, kStream);
  ASSERT_TRUE(looks.Enter({"own", Model(2)}).ok());
  looks.Add(Model(2), {0, 10, 1});
  CommitBatch batch;
  looks.Put(&batch);
  ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  const auto both = Audit();
  ASSERT_THAT(both, SizeIs(2));
  EXPECT_EQ(both[0].inputs, 10);
  EXPECT_EQ(both[0].model.name, "");
  EXPECT_EQ(both[1].inputs, 20);
  EXPECT_EQ(both[1].model.name, "own");
  query_.model = Model(2);
  query_.first_index = 115;
  query_.end_index = 120;
  EXPECT_EQ(AuditOne().inputs, 5);
  EXPECT_EQ(AuditOne().first_index, 115U);
  query_.stream = kStream + 1;
  EXPECT_THAT(Audit(), IsEmpty());
}

TEST_F(AuditLogTest, ConfidencesThatAreNoneAreRefused) {
  for (const double confidence : {0.0, 1.0, -1.0, 2.0, std::nan("")}) {
    query_.confidence = confidence;
    const absl::Status refused = ReadAudit(&store_, query_).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  }
}

TEST_F(AuditLogTest, ADamagedRowIsNamed) {
  Log(10, Held(0.1F));
  const std::string key = DecisionKey({kStream, Model(1), 0, 100, 0});
  CommitBatch batch;
  batch.PutRow(Family::kDec, key, "\x01");
  ASSERT_TRUE(store_.Commit(std::move(batch)).ok());
  const absl::Status error = ReadAudit(&store_, query_).status();
  EXPECT_TRUE(absl::IsDataLoss(error)) << error;
  EXPECT_THAT(std::string(error.message()), HasSubstr("100"));
}

}  // namespace
}  // namespace fovea::testing
