// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a store does with rows of priors, observations, presence, results and
// decisions; derived_keys_test.cc has their keys and values.

#include "store/derived_rows.h"

#include <rocksdb/db.h>

#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "store/decision_rows.h"
#include "store/result_rows.h"
#include "tests/store/store_fixture.h"
#include "tests/support/damage.h"

namespace fovea::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelKey Model(uint8_t byte) {
  ModelKey model;
  model.fill(byte);
  return model;
}

std::string Decided(uint64_t index) {
  DecisionEntry decision;
  decision.index = index;
  return EncodeDecisionRow({1, {decision}});
}

std::string Answered(uint64_t epoch, const std::string& answer) {
  ResultRow row;
  row.epoch = epoch;
  row.answer = answer;
  return EncodeResultRow(row);
}

class DerivedRowsTest : public ChunkStoreTest {
 protected:
  absl::Status PutPrior(StreamId camera, uint8_t model,
                        const std::string& body) {
    const std::string key = PriorKey(camera, Model(model));
    return PutDerived(Family::kPrior, key, body);
  }

  absl::Status PutObservation(const std::string& label, int64_t start,
                              const std::string& body) {
    return PutDerived(Family::kSem, ObservationKey(7, label, start, 1), body);
  }

  absl::Status PutDerived(Family family, const std::string& key,
                          const std::string& body) {
    const auto epoch = store_->EpochFor(family, key);
    if (!epoch.ok()) return epoch.status();
    return PutValue(family, key,
                    family == Family::kPrior
                        ? EncodePriorRow({*epoch, body})
                        : EncodeObservationRow({*epoch, body}));
  }

  absl::Status PutValue(Family family, const std::string& key,
                        const std::string& value) {
    CommitBatch batch;
    batch.PutRow(family, key, value);
    return store_->Commit(std::move(batch)).status();
  }

  absl::Status Delete(Family family, const std::string& key) {
    CommitBatch batch;
    batch.DeleteRow(family, key);
    return store_->Commit(std::move(batch)).status();
  }

  std::string PriorBody(StreamId camera, uint8_t model) {
    const auto row = store_->Prior(camera, Model(model));
    return row.ok() ? row->body : row.status().ToString();
  }

  std::vector<std::string> PriorBodies(StreamId camera) {
    std::vector<std::string> bodies;
    const auto priors = store_->Priors(camera);
    EXPECT_TRUE(priors.ok()) << priors.status();
    for (const auto& entry : *priors) bodies.push_back(entry.row.body);
    return bodies;
  }
};

TEST_F(DerivedRowsTest, PriorsAreFoundByCameraAndModelAndOverwritten) {
  Open();
  ASSERT_TRUE(PutPrior(7, 2, "first of two").ok());
  ASSERT_TRUE(PutPrior(7, 1, "of one").ok());
  ASSERT_TRUE(PutPrior(8, 1, "of another camera").ok());
  ASSERT_TRUE(PutPrior(7, 2, "second of two").ok());
  EXPECT_EQ(PriorBody(7, 2), "second of two");
  EXPECT_THAT(PriorBody(7, 3), HasSubstr("NOT_FOUND"));
  EXPECT_THAT(PriorBodies(7), ElementsAre("of one", "second of two"));
  EXPECT_THAT(PriorBodies(9), ElementsAre());
  ExpectRebuildEqual();
  EXPECT_EQ(PriorBody(7, 2), "second of two");
  options_.read_only = true;
  Open();
  EXPECT_EQ(PriorBody(7, 2), "second of two");
}

TEST_F(DerivedRowsTest, TheLastOfAnObservationsValuesWinsARebuildToo) {
  Open();
  ASSERT_TRUE(PutObservation("car", -5, "one box").ok());
  NextHour();
  ASSERT_TRUE(PutObservation("car", -5, "one box, two boxes").ok());
  ASSERT_TRUE(PutObservation("cat", 5, "a cat").ok());
  ExpectRebuildEqual();
  const auto row = DecodeObservationRow(
      *store_->Get(Family::kSem, ObservationKey(7, "car", -5, 1)));
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(row->body, "one box, two boxes");
}

TEST_F(DerivedRowsTest, EpochsStayWhileARowGrowsAndAreNewAfterwards) {
  Open();
  const std::string key = ObservationKey(7, "car", 0, 1);
  const auto epoch = [&] { return *store_->EpochFor(Family::kSem, key); };
  ASSERT_TRUE(PutObservation("car", 0, "one").ok());
  const uint64_t first = epoch();
  ASSERT_TRUE(PutMeta("k", "v").ok());
  ASSERT_TRUE(PutObservation("car", 0, "one, two").ok());
  EXPECT_EQ(epoch(), first);
  EXPECT_GT(store_->NewEpoch(), first);
  ASSERT_TRUE(Delete(Family::kSem, key).ok());
  EXPECT_GT(epoch(), first);
}

TEST_F(DerivedRowsTest, PriorsOutliveTheSegmentsTheyWereWrittenTo) {
  Open();
  ASSERT_TRUE(PutPrior(7, 1, "kept").ok());
  ASSERT_TRUE(PutPrior(7, 2, "deleted").ok());
  ASSERT_TRUE(Delete(Family::kPrior, PriorKey(7, Model(2))).ok());
  NextHour();
  ASSERT_TRUE(PutMeta("k", "v").ok());
  ASSERT_EQ(Segments().size(), 2u);
  store_.reset();
  std::filesystem::remove(Segments()[0]);
  WriteCatalogue();
  Open();
  EXPECT_THAT(PriorBodies(7), ElementsAre("kept"));
  ExpectRebuildEqual();
}

TEST_F(DerivedRowsTest, MorePriorsThanASnapshotCanHoldAreRefused) {
  Open();
  const std::string large(kRowLimits.max_prior_bytes, 'p');
  uint8_t model = 0;
  absl::Status status;
  while (status.ok() && model < 100) status = PutPrior(7, model++, large);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(status.ToString(), HasSubstr("exceed the limit of 33554432"));
  EXPECT_EQ(model, 16);
  ASSERT_TRUE(PutPrior(7, 3, large).ok()) << "one in place of another";
  ASSERT_TRUE(PutPrior(7, 3, "small").ok());
  ASSERT_TRUE(PutPrior(7, 15, "small too").ok());
  NextHour();
  ASSERT_TRUE(PutMeta("k", "v").ok()) << "the snapshot fits";
}

TEST_F(DerivedRowsTest, RowsThatGoAreInNoFileAfterAPrune) {
  Open();
  ASSERT_TRUE(PutPrior(7, 1, "xsecretx-a").ok());
  ASSERT_TRUE(PutObservation("xsecretx-label", 1, "xsecretx-b").ok());
  ASSERT_TRUE(PutObservation("kept", 1, "kept").ok());
  NextHour();
  ASSERT_TRUE(PutPrior(7, 1, "xsecretx-c").ok());
  ASSERT_TRUE(Delete(Family::kPrior, PriorKey(7, Model(1))).ok());
  ASSERT_TRUE(
      Delete(Family::kSem, ObservationKey(7, "xsecretx-label", 1, 1)).ok());
  ASSERT_TRUE(store_->Prune().ok());
  EXPECT_EQ(FileHolding(Path(), "xsecretx"), "");
  ExpectRebuildEqual();
  EXPECT_EQ(FileHolding(Path(), "xsecretx"), "");
  EXPECT_NE(FileHolding(Path(), "kept"), "");
}

TEST_F(DerivedRowsTest, OldValuesOfAnotherEpochGoEvenIfTheRowIsThereAgain) {
  Open();
  const std::string row = ObservationKey(7, "car", 0, 1);
  const std::string prior = PriorKey(7, Model(1));
  ASSERT_TRUE(PutObservation("car", 0, "xsecretx-a").ok());
  ASSERT_TRUE(PutPrior(7, 1, "xsecretx-b").ok());
  NextHour();  // the snapshot repeats the prior
  ASSERT_TRUE(PutMeta("k", "v").ok());
  // Cut short in place, and deleted and learned again.
  ASSERT_TRUE(PutValue(Family::kSem, row,
                       EncodeObservationRow({store_->NewEpoch(), "cut"}))
                  .ok());
  ASSERT_TRUE(Delete(Family::kPrior, prior).ok());
  ASSERT_TRUE(PutPrior(7, 1, "anew").ok());
  ASSERT_TRUE(store_->Prune().ok());
  EXPECT_EQ(FileHolding(Path(), "xsecretx"), "");
  EXPECT_EQ(PriorBody(7, 1), "anew");
  ExpectRebuildEqual();
  EXPECT_EQ(PriorBody(7, 1), "anew");
}

TEST_F(DerivedRowsTest, ResultsGoByModelStreamAndRangeWithoutATrace) {
  Open();
  for (const uint64_t index : {1, 2, 3}) {
    const std::string answer = index == 2 ? "xsecretx" : "kept";
    ASSERT_TRUE(PutValue(Family::kRes, ResultKey({Model(1), 7, index, 0, 0}),
                         Answered(1, answer))
                    .ok());
  }
  ASSERT_TRUE(PutValue(Family::kRes, ResultKey({Model(1), 8, 2, 0, 0}),
                       Answered(1, "of another stream"))
                  .ok());
  const std::string imported = ResultKey({Model(1), 0, 1, 0, 0});
  ASSERT_TRUE(
      PutValue(Family::kRes, imported, Answered(1, "xsecretx too")).ok());
  NextHour();
  CommitBatch batch;
  batch.DeleteRange(Family::kRes, ResultPrefix(Model(1), 7, 2),
                    ResultPrefix(Model(1), 7, 3));
  batch.PutRow(Family::kRes, imported, Answered(9, "number given again"));
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  ASSERT_TRUE(store_->Prune().ok());
  EXPECT_EQ(FileHolding(Path(), "xsecretx"), "");
  ExpectRebuildEqual();
  EXPECT_EQ(FileHolding(Path(), "xsecretx"), "");
  for (const auto& [stream, index, there] :
       {std::tuple(7, 1, true), std::tuple(7, 2, false), std::tuple(7, 3, true),
        std::tuple(8, 2, true), std::tuple(0, 1, true)}) {
    const ResultKeyParts key = {Model(1), static_cast<StreamId>(stream),
                                static_cast<uint64_t>(index)};
    EXPECT_EQ(store_->Get(Family::kRes, ResultKey(key)).ok(), there)
        << stream << ' ' << index;
  }
}

TEST_F(DerivedRowsTest, RowsThatOnlyGrewGiveAPruneNothingToDo) {
  Open();
  for (const char* body : {"one", "one two", "one two three"}) {
    ASSERT_TRUE(PutObservation("car", 0, body).ok());
    ASSERT_TRUE(PutPrior(7, 1, body).ok());
    NextHour();
  }
  const std::vector<std::string> before = Segments();
  const auto report = store_->Prune();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->segments_removed, 0);
  EXPECT_EQ(Segments(), before);
}

TEST_F(DerivedRowsTest, VerifyNamesRowsThatCannotBeRead) {
  Open();
  ASSERT_TRUE(PutValue(Family::kPrior, PriorKey(7, Model(1)), "\1").ok());
  ASSERT_TRUE(PutValue(Family::kPrior, "short", EncodePriorRow({})).ok());
  ASSERT_TRUE(
      PutValue(Family::kSem, ObservationKey(7, "car", 0, 1), "\1").ok());
  ASSERT_TRUE(PutValue(Family::kSem, "short", EncodeObservationRow({})).ok());
  ASSERT_TRUE(PutValue(Family::kRes, "short", EncodeResultRow({})).ok());
  ASSERT_TRUE(PutValue(Family::kRes, ResultKey({}), "\1").ok());
  ASSERT_TRUE(PutValue(Family::kDec, "short", Decided(5)).ok());
  ASSERT_TRUE(PutValue(Family::kDec, DecisionKey({}), Decided(5)).ok());
  const VerifyReport report = Verify();
  std::string all;
  for (const auto& problem : report.problems) {
    all += problem.object + ": " + problem.what + "\n";
  }
  EXPECT_EQ(report.problems.size(), 8u) << all;
  EXPECT_THAT(all, HasSubstr("family prior: prior key: needs"));
  EXPECT_THAT(all, HasSubstr("family prior: prior row: needs 8 more bytes"));
  EXPECT_THAT(all, HasSubstr("family sem: observation key: needs"));
  EXPECT_THAT(all, HasSubstr("family sem: observation row: needs 8"));
  EXPECT_THAT(all, HasSubstr("family res: result key: needs"));
  EXPECT_THAT(all, HasSubstr("family res: result row: needs 8"));
  EXPECT_THAT(all, HasSubstr("family dec: decision key: needs"));
  EXPECT_THAT(all, HasSubstr("family dec: decision row: first decision is not "
                             "the key's"));
}

TEST_F(DerivedRowsTest, ARowOfANewerReleaseIsRefusedByName) {
  Open();
  ASSERT_TRUE(PutValue(Family::kPrior, PriorKey(7, Model(1)),
                       "\2" + std::string(20, 'x'))
                  .ok());
  EXPECT_THAT(PriorBody(7, 1),
              HasSubstr("prior row of version 2; this build reads version 1"));
  EXPECT_TRUE(absl::IsFailedPrecondition(PutPrior(7, 1, "over it")));
  EXPECT_TRUE(absl::IsFailedPrecondition(store_->Scrub({}).status()));
}

// Takes the families that a release before did not have out of the
// catalogue's files.
void DropDerivedFamilies(const std::string& catalogue) {
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, catalogue, &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names)
    families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, catalogue, families, &handles, &db).ok());
  int dropped = 0;
  for (auto* handle : handles) {
    const std::string& name = handle->GetName();
    if (name == "prior" || name == "sem" || name == "res" || name == "dec") {
      ASSERT_TRUE(db->DropColumnFamily(handle).ok());
      ++dropped;
    }
    ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
  }
  delete db;
  EXPECT_EQ(dropped, 4);
}

TEST_F(DerivedRowsTest, ACatalogueWithoutTheFamiliesOpensAndGetsThem) {
  Open();
  const Bytes payload = RandomBytes(500, 1);
  CommitBatch batch;
  batch.PutChunk(payload, "a");
  batch.PutRow(Family::kFtab, "a", "row");
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  WriteCatalogue();
  DropDerivedFamilies(Path() + "/catalogue");
  options_.file_system = nullptr;
  options_.read_only = true;
  Open();
  ExpectChunk(payload);
  EXPECT_THAT(PriorBodies(7), ElementsAre());
  ExpectClean();
  options_.read_only = false;
  Open();
  ASSERT_TRUE(PutPrior(7, 1, "prior").ok());
  ASSERT_TRUE(PutObservation("car", 0, "boxes").ok());
  options_.read_only = true;
  Open();  // over the same files once more: rows come from the journals
  EXPECT_EQ(PriorBody(7, 1), "prior");
  options_.read_only = false;
  ExpectRebuildEqual();
  ExpectChunk(payload);
  EXPECT_EQ(PriorBody(7, 1), "prior");
}

}  // namespace
}  // namespace fovea::testing
