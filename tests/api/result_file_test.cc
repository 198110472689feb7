// SPDX-License-Identifier: GPL-2.0-or-later
//
// Results go from store to store once each, own ones stay, and damage costs
// what is damaged.

#include "api/result_file.h"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/result_file_format.h"
#include "api/stored_results.h"
#include "tests/api/any_result.h"
#include "tests/support/memory_store.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ResultFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    NameStream(3, "yard");
    NameStream(5, "gate");
    for (uint64_t i = 0; i < 6; ++i) {
      Put(&here_, AnyResult(i < 4 ? 1 : 2, i % 2 == 0 ? 3 : 5, i));
    }
  }

  void NameStream(StreamId id, const std::string& name) {
    CommitBatch batch;
    batch.PutRow(Family::kMeta, StreamKey(id),
                 EncodeStreamRow({id, 0, name, "{}"}));
    batch.PutRow(Family::kMeta, StreamNameKey(name), EncodeStreamId(id));
    ASSERT_TRUE(here_.Commit(std::move(batch)).ok());
  }

  static void Put(MemoryStore* store, const Result& result) {
    StoredResults results(store);
    CommitBatch batch;
    ASSERT_TRUE(results.Put(result).ok());
    ASSERT_TRUE(results.MoveTo(&batch).ok());
    ASSERT_TRUE(store->Commit(std::move(batch)).ok());
  }

  std::string Path() const { return dir_.File("results"); }

  ResultExport Export(const ResultExportOptions& options = {}) {
    const auto report = ExportResults(&here_, Path(), options);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : ResultExport();
  }

  static ResultImport Import(MemoryStore* store, const std::string& path,
                             const ResultImportOptions& options = {}) {
    const auto report = ImportResults(store, path, options);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : ResultImport();
  }

  std::string FileText() const {
    const auto bytes = ReadFileBytes(Path());
    return {bytes.begin(), bytes.end()};
  }

  // Imports a file of these bytes into a store of its own; how many come.
  int64_t ImportBytes(const std::string& bytes, absl::Status* damage) {
    WriteFileText(dir_.File("bytes"), bytes);
    MemoryStore store;
    const auto report = ImportResults(&store, dir_.File("bytes"), {});
    *damage = report.ok() ? report->damage : report.status();
    return report.ok() ? report->imported : 0;
  }

  static std::vector<Result> All(MemoryStore* store, int model,
                                 uint64_t stream = 0) {
    std::vector<Result> all;
    const auto visit = [&](Result result) {
      all.push_back(std::move(result));
      return true;
    };
    EXPECT_TRUE(StoredResults(store)
                    .Load(Model(model), InputKind::kFrame, stream, visit)
                    .ok());
    return all;
  }

  TempDir dir_;
  MemoryStore here_, there_;
};

TEST_F(ResultFileTest, ComesWholeAndOnce) {
  const ResultExport exported = Export({.origin = "north"});
  EXPECT_EQ(exported.results, 6);
  EXPECT_EQ(exported.models, 2);
  EXPECT_EQ(exported.bytes, std::filesystem::file_size(Path()));
  const ResultImport first = Import(&there_, Path());
  EXPECT_EQ(first.origin, "north");
  EXPECT_EQ(first.imported, 6);
  EXPECT_EQ(first.damaged, 0);
  const std::vector<Result> all = All(&there_, 1);
  ASSERT_EQ(all.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(all[i].stream, 0u);
    EXPECT_EQ(all[i].index, i + 1);
    // Exported by stream: those of 3 are even.
    const uint64_t index = i < 2 ? 2 * i : 2 * i - 3;
    const Result origin = AnyResult(1, 0, index);
    EXPECT_EQ(all[i].answer, origin.answer);
    EXPECT_EQ(all[i].features, origin.features);
  }
  const ResultImport again = Import(&there_, Path());
  EXPECT_EQ(again.imported, 0);
  EXPECT_EQ(again.known, 6);
  EXPECT_EQ(All(&there_, 1).size(), 4u);
}

TEST_F(ResultFileTest, OwnResultsAreKnownAndNeverChanged) {
  Result own = AnyResult(1, 3, 0);
  own.uses = 9;
  Put(&here_, own);
  Export();
  own.uses = 11;
  Put(&here_, own);
  const ResultImport report = Import(&here_, Path());
  EXPECT_EQ(report.known, 6);
  EXPECT_EQ(report.imported, 0);
  EXPECT_EQ(All(&here_, 1, 3)[0].uses, 11u);
}

TEST_F(ResultFileTest, ModelsAndStreamsAreChosen) {
  EXPECT_EQ(Export({.models = {Model(2)}}).results, 2);
  EXPECT_EQ(Export({.streams = {5}}).results, 3);
  EXPECT_EQ(Export({.models = {Model(1)}, .streams = {3, 77}}).results, 2);
  EXPECT_EQ(Export({.models = {Model(9)}}).results, 0);
  EXPECT_EQ(Import(&there_, Path()).results, 0);
  EXPECT_THAT(All(&there_, 1), IsEmpty());
}

TEST_F(ResultFileTest, WhatWasImportedGoesOnToAThirdStore) {
  Export();
  Import(&there_, Path());
  ASSERT_TRUE(ExportResults(&there_, Path(), {}).ok());
  MemoryStore third;
  EXPECT_EQ(Import(&third, Path()).imported, 6);
  EXPECT_EQ(Import(&here_, Path()).known, 6) << "back where they came from";
}

TEST_F(ResultFileTest, NumbersGoOnBehindThoseGiven) {
  Export({.streams = {3}});
  Import(&there_, Path());
  Export();
  EXPECT_EQ(Import(&there_, Path(), {.results_per_commit = 1}).imported, 3);
  const std::vector<Result> all = All(&there_, 1);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all.back().index, 4u);
}

TEST_F(ResultFileTest, HeadHoldsOriginAndNames) {
  Export({.streams = {5}, .origin = "north"});
  const std::string text = FileText();
  size_t at = 0;
  const auto reader = ResultFileReader::Open(
      "f", [&](std::span<uint8_t> to) -> absl::StatusOr<size_t> {
        const size_t got =
            text.copy(reinterpret_cast<char*>(to.data()), to.size(), at);
        at += got;
        return got;
      });
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(reader->head().origin, "north");
  EXPECT_EQ(reader->head().records, 3u);
  EXPECT_THAT(reader->head().names, ElementsAre("gate"));
}

// Every byte of a file is under a checksum: a changed one costs one result or
// says that there is no file.
TEST_F(ResultFileTest, AnyChangedByteIsFoundAndCostsLittle) {
  const uint64_t bytes = Export().bytes;
  const std::string text = FileText();
  ASSERT_EQ(text.size(), bytes);
  for (size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 0x41);
    absl::Status damage;
    const int64_t imported = ImportBytes(changed, &damage);
    ASSERT_FALSE(damage.ok()) << at;
    ASSERT_LT(imported, 6) << at;
    ASSERT_THAT(damage.ToString(), HasSubstr(dir_.File("bytes"))) << at;
  }
}

TEST_F(ResultFileTest, ADamagedResultCostsItselfAlone) {
  Export();
  std::string text = FileText();
  // In the answer of the first one.
  const size_t at = text.find(AnyAnswer(0));
  ASSERT_NE(at, std::string::npos);
  text[at] ^= 1;
  absl::Status damage;
  EXPECT_EQ(ImportBytes(text, &damage), 5);
  EXPECT_TRUE(absl::IsDataLoss(damage));
  EXPECT_THAT(damage.ToString(),
              HasSubstr("bytes: checksum of a result is wrong at byte "));
}

TEST_F(ResultFileTest, AnAnswerThatCannotBeReadIsRefusedAndNamed) {
  Result bad = AnyResult(1, 3, 0);
  for (const std::string answer : {"", "an answer", "\1"}) {
    bad.answer = answer;
    Put(&here_, bad);
    Export();
    absl::Status damage;
    EXPECT_EQ(ImportBytes(FileText(), &damage), 5);
    EXPECT_TRUE(absl::IsDataLoss(damage));
    EXPECT_THAT(damage.ToString(), HasSubstr("result 1 of 6, about "));
    EXPECT_THAT(damage.ToString(), HasSubstr("@0: answer: "));
  }
}

TEST_F(ResultFileTest, ACutFileGivesWhatIsWhole) {
  Export();
  const std::string text = FileText();
  int64_t most = 0;
  for (size_t size = 0; size < text.size(); ++size) {
    absl::Status damage;
    const int64_t imported = ImportBytes(text.substr(0, size), &damage);
    ASSERT_TRUE(absl::IsDataLoss(damage)) << size << ' ' << damage;
    ASSERT_GE(imported, most) << size;
    most = imported;
  }
  EXPECT_EQ(most, 5);
  absl::Status damage;
  ImportBytes(text.substr(0, text.size() - 1), &damage);
  EXPECT_THAT(damage.ToString(), HasSubstr("ends within result 6 of 6 at"));
}

TEST_F(ResultFileTest, OtherFilesAreRefusedByName) {
  WriteFileText(Path(), "time_ns,a,b,c\n0,1,2,3\n");
  EXPECT_THAT(ImportResults(&there_, Path(), {}).status().ToString(),
              HasSubstr("results: no file of results"));
  EXPECT_TRUE(
      absl::IsNotFound(ImportResults(&there_, dir_.File("none"), {}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ImportResults(&there_, dir_.path(), {}).status()));
  EXPECT_TRUE(absl::IsNotFound(
      ExportResults(&here_, dir_.File("no/such/folder"), {}).status()));
}

TEST_F(ResultFileTest, AnInterruptLeavesNoFileAndNoHalfOfOne) {
  const std::atomic<bool> stop = true;
  EXPECT_TRUE(absl::IsCancelled(
      ExportResults(&here_, Path(), {.stop = &stop}).status()));
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
  Export();
  EXPECT_TRUE(absl::IsCancelled(
      ImportResults(&there_, Path(), {.stop = &stop}).status()));
  EXPECT_THAT(All(&there_, 1), IsEmpty());
}

TEST_F(ResultFileTest, ADamagedRowOfTheStoreIsNamed) {
  Export();
  CommitBatch batch;
  batch.PutRow(Family::kRes, ResultKey(KeyOf(AnyResult(1, 3, 2))), "\1short");
  ASSERT_TRUE(here_.Commit(std::move(batch)).ok());
  for (const absl::Status& damage :
       {ImportResults(&here_, Path(), {}).status(),
        ExportResults(&here_, dir_.File("again"), {}).status()}) {
    EXPECT_TRUE(absl::IsDataLoss(damage)) << damage;
    EXPECT_THAT(damage.ToString(),
                HasSubstr("result of model 01010101... about stream 3 at 2: "));
  }
}

TEST_F(ResultFileTest, HeadsBeyondTheLimitsAreRefused) {
  ResultFileHead head;
  head.origin.assign(kResultFileLimits.max_text_bytes, 'o');
  head.records = kResultFileLimits.max_records;
  EXPECT_TRUE(EncodeResultFileHead(head).ok());
  head.names.assign(1, std::string(kResultFileLimits.max_text_bytes + 1, 'n'));
  EXPECT_TRUE(absl::IsInvalidArgument(EncodeResultFileHead(head).status()));
  head.names.assign(kResultFileLimits.max_names, std::string(600, 'n'));
  EXPECT_THAT(EncodeResultFileHead(head).status().ToString(),
              HasSubstr("the most is 16777216"));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ExportResults(&here_, Path(), {.origin = std::string(1025, 'o')})
          .status()));
}

}  // namespace
}  // namespace fovea::testing
