// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stores that releases wrote (tests/golden/make.sh): each is read, migrated,
// rebuilt and written by this one, and gives what it gave then.

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "api/audit_log.h"
#include "api/store.h"
#include "api/stream_clock.h"
#include "index/observation_reader.h"
#include "index/presence.h"
#include "store/chunk_id.h"
#include "store/format_file.h"
#include "store/result_rows.h"
#include "tests/support/build_paths.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A line of a truth file.
struct Truth {
  std::string stream;
  std::string kind;
  std::string exported_as;
  std::string sha256;
};

// A line of what was seen in it.
struct Seen {
  std::string stream;
  std::string label;
  int64_t observations = 0;
};

// A line of what was held and reused in it.
struct Decided {
  std::string stream;
  int64_t decisions = 0;
  int64_t runs = 0;
  int64_t results = 0;
};

std::string GoldenFolder() { return testing::SourceDir() + "/tests/golden"; }

class GoldenStoreTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override {
    const std::string golden =
        GoldenFolder() + "/store_v" + std::to_string(GetParam());
    fs::copy(golden, Path(), fs::copy_options::recursive);
    std::ifstream lines(golden + ".truth");
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with('#')) continue;
      Truth truth;
      std::istringstream words(line);
      words >> truth.stream >> truth.kind >> truth.exported_as >> truth.sha256;
      truths_.push_back(truth);
    }
    ASSERT_GE(truths_.size(), 6u);
    std::ifstream seen(golden + ".seen");
    for (std::string line; std::getline(seen, line);) {
      if (line.starts_with('#')) continue;
      Seen one;
      std::istringstream words(line);
      words >> one.stream >> one.label >> one.observations;
      seen_.push_back(one);
    }
    EXPECT_EQ(seen_.empty(), GetParam() == 1) << "no model looked then";
    std::ifstream decided(golden + ".decided");
    for (std::string line; std::getline(decided, line);) {
      if (line.starts_with('#')) continue;
      Decided one;
      std::istringstream words(line);
      words >> one.stream >> one.decisions >> one.runs >> one.results;
      decided_.push_back(one);
    }
    EXPECT_EQ(decided_.empty(), GetParam() < 4) << "nothing was held then";
  }

  std::string Path() const { return dir_.File("store"); }

  std::unique_ptr<Store> Open(bool read_only) {
    StoreOptions options;
    options.read_only = read_only;
    options.path = Path();
    auto store = Store::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  void ExpectExport(Store* store, const Truth& truth) {
    SCOPED_TRACE(truth.stream);
    const bool original = truth.exported_as.starts_with("original.");
    const std::string file =
        dir_.File("out." + truth.exported_as.substr(original ? 9 : 0));
    const auto report =
        store->Export(truth.stream, {}, original, file, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(ChunkId::Of(ReadFileBytes(file)).ToHex(), truth.sha256);
    fs::remove(file);
  }

  void ExpectAsItWas(bool read_only) {
    const auto store = Open(read_only);
    ASSERT_NE(store, nullptr);
    const auto report = store->Verify({.deep = true});
    ASSERT_TRUE(report.ok()) << report.status();
    for (const StoreProblem& problem : report->problems) {
      ADD_FAILURE() << problem.object << ": " << problem.what;
    }
    EXPECT_GE(report->chunks, 4);
    for (const Truth& truth : truths_) {
      const auto stream = store->Describe(truth.stream);
      ASSERT_TRUE(stream.ok()) << stream.status();
      EXPECT_EQ(StreamKindName(stream->description.kind), truth.kind);
      ExpectExport(store.get(), truth);
    }
    for (const Seen& seen : seen_) ExpectSeen(store.get(), seen, !read_only);
    for (const Decided& decided : decided_) {
      ExpectDecided(store.get(), decided);
    }
    if (GetParam() >= 5) ExpectClock(store.get());
  }

  void ExpectClock(Store* store) {
    const auto clock = StreamClock(store, "learned.imu");
    ASSERT_TRUE(clock.ok() && clock->has_value()) << clock.status();
    std::ifstream file(GoldenFolder() + "/store_v" +
                       std::to_string(GetParam()) + ".clock");
    std::stringstream table;
    table << file.rdbuf();
    const auto points = ParseClockTable(table.str());
    ASSERT_TRUE(points.ok()) << points.status();
    EXPECT_EQ((*clock)->points(), *points);
  }

  void ExpectDecided(Store* store, const Decided& decided) {
    const StreamId stream = store->Describe(decided.stream)->id;
    AuditQuery query;
    query.stream = stream;
    const auto audited = ReadAudit(store->chunks(), query);
    ASSERT_TRUE(audited.ok()) << audited.status();
    ASSERT_EQ(audited->size(), 1u);
    const AuditedModel& model = audited->front();
    EXPECT_EQ(model.inputs, decided.decisions);
    EXPECT_EQ(model.runs, decided.runs);
    int64_t results = 0;
    const absl::Status scanned = store->chunks()->Scan(
        Family::kRes, ResultPrefix(model.model.digest, stream),
        ResultPrefix(model.model.digest, stream + 1),
        [&](std::string_view, std::string_view value) {
          const auto row = DecodeResultRow(value);
          EXPECT_TRUE(row.ok()) << row.status();
          ++results;
          return true;
        });
    EXPECT_TRUE(scanned.ok()) << scanned;
    EXPECT_EQ(results, decided.results);
  }

  // Over all streams only where the store may be written.
  void ExpectSeen(Store* store, const Seen& seen, bool over_all) {
    const StreamId stream = store->Describe(seen.stream)->id;
    EXPECT_EQ(*CountObservations(store->chunks(), {stream, seen.label}),
              seen.observations);
    if (!over_all) return;
    int64_t present = 0;
    const absl::Status status =
        VisitPresence(store->chunks(), seen.label, INT64_MIN, INT64_MAX,
                      [&](const Presence& presence) {
                        EXPECT_EQ(presence.stream, stream);
                        present += static_cast<int64_t>(presence.observations);
                        return true;
                      });
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(present, seen.observations);
  }

  void Migrate() {
    const auto migrated = ChunkStore::Migrate(Path(), {}, /*dry_run=*/false);
    ASSERT_TRUE(migrated.ok()) << migrated.status();
    EXPECT_EQ(migrated->from, GetParam());
  }

  TempDir dir_;
  std::vector<Truth> truths_;
  std::vector<Seen> seen_;
  std::vector<Decided> decided_;
};

TEST_P(GoldenStoreTest, IsReadAsItIs) { ExpectAsItWas(/*read_only=*/true); }

TEST_P(GoldenStoreTest, IsWrittenOnceMigrated) {
  if (GetParam() < kStoreFormat) {
    const auto store = Store::Open({.path = Path()});
    EXPECT_THAT(store.status().ToString(), HasSubstr("fovea migrate"));
  }
  Migrate();
  {
    const auto store = Open(/*read_only=*/false);
    ASSERT_NE(store, nullptr);
    WriteFileText(dir_.File("tank.csv"), "time_ns,level\n0,1\n10000000,2\n");
    IngestOptions options;
    options.name = "tank2";
    ASSERT_TRUE(
        store->Ingest(dir_.File("tank.csv"), options, nullptr, nullptr).ok());
    ASSERT_TRUE(store->Remove("tank2.series", {}).ok());
  }
  ExpectAsItWas(/*read_only=*/false);
}

TEST_P(GoldenStoreTest, IsRebuiltFromItsSegments) {
  Migrate();
  fs::remove_all(Path() + "/catalogue");
  const absl::Status rebuilt = ChunkStore::Rebuild(Path(), {});
  ASSERT_TRUE(rebuilt.ok()) << rebuilt;
  ExpectAsItWas(/*read_only=*/false);
}

INSTANTIATE_TEST_SUITE_P(Formats, GoldenStoreTest,
                         ::testing::Range(kOldestStoreFormat,
                                          kStoreFormat + 1));

}  // namespace
}  // namespace fovea::testing
