// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keys of priors, observations and presence sort as what they name; values come
// back as they were, and what a store does with them.

#include "store/derived_rows.h"

#include <rocksdb/db.h>

#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
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

class Dice {
 public:
  uint64_t U64() { return engine_() >> (engine_() % 64); }
  int64_t I64() {
    return static_cast<int64_t>(engine_() % 2 == 0 ? U64() : ~U64());
  }
  // Few letters, so that labels often begin others.
  std::string Label() {
    std::string label(1 + engine_() % 4, 'a');
    for (char& c : label)
      c = "\x01"
          "ab\xff"[engine_() % 4];
    return label;
  }

 private:
  std::mt19937_64 engine_{2025};
};

TEST(DerivedKeyTest, ObservationsSortByStreamLabelSignedStartTrack) {
  Dice dice;
  const auto any = [&] {
    return std::tuple(StreamId{dice.U64() % 3}, dice.Label(), dice.I64() % 9,
                      dice.U64() % 3);
  };
  const auto sorted_like = [](const auto& a, const auto& b) {
    // char is signed, bytes are not.
    const std::string& la = std::get<1>(a);
    const std::string& lb = std::get<1>(b);
    const int labels = std::string_view(la).compare(lb);
    return std::tuple(std::get<0>(a), labels, std::get<2>(a), std::get<3>(a)) <
           std::tuple(std::get<0>(b), 0, std::get<2>(b), std::get<3>(b));
  };
  for (int i = 0; i < 5000; ++i) {
    const auto a = any(), b = any();
    EXPECT_EQ(sorted_like(a, b),
              std::apply(ObservationKey, a) < std::apply(ObservationKey, b));
    const auto parts = ParseObservationKey(std::apply(ObservationKey, a));
    ASSERT_TRUE(parts.ok()) << parts.status();
    EXPECT_EQ(
        std::tuple(parts->stream, parts->label, parts->start_ns, parts->track),
        a);
  }
}

TEST(DerivedKeyTest, PrefixesHoldTheKeysOfOneLabelAndNoOthers) {
  Dice dice;
  for (int i = 0; i < 3000; ++i) {
    const std::string wanted = dice.Label();
    const std::string label = dice.Label();
    const std::string key = ObservationKey(7, label, dice.I64(), dice.U64());
    const bool inside = ObservationPrefix(7, wanted) <= key &&
                        key < ObservationPrefixEnd(7, wanted);
    EXPECT_EQ(inside, label == wanted);
  }
  EXPECT_LE(ObservationPrefix(7, "car", -5), ObservationKey(7, "car", -5, 0));
  EXPECT_GT(ObservationPrefix(7, "car", -4), ObservationKey(7, "car", -5, 9));
}

TEST(DerivedKeyTest, PresenceSortsByLabelSignedStartStreamTrack) {
  Dice dice;
  const auto any = [&] {
    return std::tuple(dice.Label(), dice.I64() % 9, StreamId{dice.U64() % 3},
                      dice.U64() % 3);
  };
  for (int i = 0; i < 5000; ++i) {
    const auto a = any(), b = any();
    const int labels = std::string_view(std::get<0>(a)).compare(std::get<0>(b));
    const auto rest = [](const auto& key) {
      return std::tuple(std::get<1>(key), std::get<2>(key), std::get<3>(key));
    };
    EXPECT_EQ(std::tuple(labels, rest(a)) < std::tuple(0, rest(b)),
              std::apply(PresenceKey, a) < std::apply(PresenceKey, b));
    const std::string key = std::apply(PresenceKey, a);
    const auto parts = ParsePresenceKey(key);
    ASSERT_TRUE(parts.ok()) << parts.status();
    EXPECT_EQ(
        std::tuple(parts->label, parts->start_ns, parts->stream, parts->track),
        a);
    const std::string& label = std::get<0>(b);
    EXPECT_EQ(PresencePrefix(label, INT64_MIN) <= key &&
                  key < PresencePrefixEnd(label),
              label == parts->label);
  }
}

TEST(DerivedKeyTest, PriorsSortByCameraThenModel) {
  EXPECT_LT(PriorKey(1, Model(9)), PriorKey(2, Model(1)));
  EXPECT_LT(PriorKey(255, Model(1)), PriorKey(256, Model(1)));
  EXPECT_LT(PriorKey(1, Model(0x7f)), PriorKey(1, Model(0x80)));
  const auto parts = ParsePriorKey(PriorKey(5, Model(3)));
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->camera, 5u);
  EXPECT_EQ(parts->model, Model(3));
}

TEST(DerivedKeyTest, CutAndLongerKeysAreDataLoss) {
  ForEachTruncation(ObservationKey(7, "person", 5, 6), [](const auto& cut) {
    EXPECT_TRUE(absl::IsDataLoss(ParseObservationKey(cut).status()));
  });
  EXPECT_TRUE(absl::IsDataLoss(
      ParseObservationKey(ObservationKey(7, "a", 5, 6) + "x").status()));
  ForEachTruncation(PresenceKey("person", 5, 6, 7), [](const auto& cut) {
    EXPECT_TRUE(absl::IsDataLoss(ParsePresenceKey(cut).status()));
  });
  EXPECT_TRUE(absl::IsDataLoss(
      ParsePresenceKey(PresenceKey("a", 5, 6, 7) + "x").status()));
  ForEachTruncation(PriorKey(7, Model(1)), [](const auto& cut) {
    EXPECT_TRUE(absl::IsDataLoss(ParsePriorKey(cut).status()));
  });
  EXPECT_TRUE(
      absl::IsDataLoss(ParsePriorKey(PriorKey(7, Model(1)) + "x").status()));
}

TEST(DerivedKeyTest, LabelsHaveBounds) {
  EXPECT_FALSE(IsLabel(""));
  EXPECT_TRUE(IsLabel(std::string(64, 'l')));
  EXPECT_FALSE(IsLabel(std::string(65, 'l')));
  EXPECT_FALSE(IsLabel(std::string("a\0b", 3)));
  std::string key = ObservationKey(7, std::string(64, 'l'), 5, 6);
  EXPECT_TRUE(ParseObservationKey(key).ok());
  key.insert(8, "l");
  EXPECT_THAT(ParseObservationKey(key).status().ToString(),
              HasSubstr("label must be 1 to 64 bytes, found 65"));
  key = ObservationKey(7, "l", 5, 6);
  key.erase(8, 1);
  EXPECT_THAT(ParseObservationKey(key).status().ToString(),
              HasSubstr("label must be 1 to 64 bytes, found 0"));
}

TEST(DerivedValueTest, ComesBackAsItWas) {
  for (const auto& [family, encode] :
       {std::pair(Family::kPrior, &EncodePriorRow),
        std::pair(Family::kSem, &EncodeObservationRow),
        std::pair(Family::kSemx, &EncodePresenceRow)}) {
    for (const DerivedRow& row :
         {DerivedRow{0, ""}, DerivedRow{UINT64_MAX, std::string("\0b", 2)}}) {
      const auto back = DecodeDerivedRow(family, encode(row));
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(*back, row);
    }
    std::string value = encode({7, ""});
    for (size_t size = 0; size < value.size(); ++size) {
      const auto cut = DecodeDerivedRow(family, value.substr(0, size));
      EXPECT_TRUE(absl::IsDataLoss(cut.status()));
    }
    value[0] = 9;
    const absl::Status status = DecodeDerivedRow(family, value).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status));
    EXPECT_THAT(status.ToString(),
                HasSubstr("row of version 9; this build reads version 1"));
  }
}

TEST(DerivedValueTest, BodiesBeyondTheLimitAreDamage) {
  std::string prior =
      EncodePriorRow({1, std::string(kRowLimits.max_prior_bytes, 'p')});
  EXPECT_TRUE(DecodePriorRow(prior).ok());
  EXPECT_TRUE(absl::IsDataLoss(DecodePriorRow(prior + "p").status()));
  std::string observation = EncodeObservationRow(
      {1, std::string(kRowLimits.max_observation_bytes, 'o')});
  EXPECT_TRUE(DecodeObservationRow(observation).ok());
  EXPECT_TRUE(
      absl::IsDataLoss(DecodeObservationRow(observation + "o").status()));
  std::string presence =
      EncodePresenceRow({1, std::string(kRowLimits.max_presence_bytes, 'm')});
  EXPECT_TRUE(DecodePresenceRow(presence).ok());
  EXPECT_TRUE(absl::IsDataLoss(DecodePresenceRow(presence + "m").status()));
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
  const VerifyReport report = Verify();
  std::string all;
  for (const auto& problem : report.problems) {
    all += problem.object + ": " + problem.what + "\n";
  }
  EXPECT_EQ(report.problems.size(), 4u) << all;
  EXPECT_THAT(all, HasSubstr("family prior: prior key: needs"));
  EXPECT_THAT(all, HasSubstr("family prior: prior row: needs 8 more bytes"));
  EXPECT_THAT(all, HasSubstr("family sem: observation key: needs"));
  EXPECT_THAT(all, HasSubstr("family sem: observation row: needs 8"));
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
    if (name == "prior" || name == "sem") {
      ASSERT_TRUE(db->DropColumnFamily(handle).ok());
      ++dropped;
    }
    ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
  }
  delete db;
  EXPECT_EQ(dropped, 2);
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
