// SPDX-License-Identifier: GPL-2.0-or-later
//
// Retention on streams with times of their own and without, with pins, within
// a budget, and next to streams that share chunks.

#include "api/retention.h"

#include <fstream>
#include <random>
#include <string>

#include "api/decision_book.h"
#include "api/scene.h"
#include "api/store.h"
#include "api/stored_results.h"
#include "gtest/gtest.h"
#include "index/observation_reader.h"
#include "index/observations.h"
#include "tests/api/any_result.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using testing::TempDir;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDay = 86'400 * kSecond;
constexpr int64_t kStart = 1'795'000'000 * kSecond;

class RetentionTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    store_.reset();
    StoreOptions options;
    options.create = true;
    options.chunks.segment_bytes = 1 << 20;
    options.chunks.now_ns = [this] { return now_ns_; };
    options.path = dir_.File("store");
    auto store = Store::Open(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // Random values do not compress: each second of 5 kHz is a chunk of 100 kB.
  // Equal seeds make equal samples.
  std::string WriteSeries(const std::string& name, int64_t start_ns,
                          int seconds, uint32_t seed) {
    constexpr int kHertz = 5000;
    const std::string path = dir_.File(name + ".csv");
    std::ofstream file(path);
    std::mt19937 chance(seed);
    file << "time_ns,a,b,c,d,e\n";
    for (int64_t i = 0; i < int64_t{kHertz} * seconds; ++i) {
      file << start_ns + i * kSecond / kHertz;
      for (int c = 0; c < 5; ++c) {
        file << ',' << static_cast<int32_t>(chance()) % 100'000'000;
      }
      file << '\n';
    }
    return path;
  }

  void Ingest(const std::string& path, const std::string& name,
              bool append = false) {
    IngestOptions options;
    options.name = name;
    options.append = append;
    options.now_ns = [this] { return now_ns_; };
    options.commit_bytes = 300'000;
    auto report = store_->Ingest(path, options, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
  }

  // `name` as its only stream is called: a series is NAME.SUFFIX.
  StreamSummary Summary(const std::string& prefix) {
    auto streams = store_->Streams();
    EXPECT_TRUE(streams.ok()) << streams.status();
    for (const StreamSummary& stream : *streams) {
      if (stream.name.starts_with(prefix)) return stream;
    }
    ADD_FAILURE() << "no stream " << prefix;
    return {};
  }

  static RetentionPolicy Policy(const std::string& yaml) {
    auto policy = ParseRetentionPolicy(yaml);
    EXPECT_TRUE(policy.ok()) << policy.status();
    return policy.ok() ? *policy : RetentionPolicy();
  }

  RetentionReport Plan(const std::string& yaml) {
    auto report =
        PlanRetention(store_->chunks(), Policy(yaml), {.now_ns = now_ns_});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : RetentionReport();
  }

  RetentionReport Apply(const std::string& yaml) {
    auto report =
        ApplyRetention(store_->chunks(), Policy(yaml), {.now_ns = now_ns_});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : RetentionReport();
  }

  void ExpectClean() {
    auto report = store_->Verify({.deep = true});
    ASSERT_TRUE(report.ok()) << report.status();
    for (const StoreProblem& problem : report->problems) {
      ADD_FAILURE() << problem.object << ": " << problem.what;
    }
    EXPECT_EQ(report->leaked_references, 0);
  }

  void ExpectEqualWithinTwoPercent(const RetentionReport& plan,
                                   const RetentionReport& outcome) {
    ASSERT_EQ(plan.streams.size(), outcome.streams.size());
    for (size_t i = 0; i < plan.streams.size(); ++i) {
      EXPECT_EQ(plan.streams[i].chunks(), outcome.streams[i].chunks());
      EXPECT_EQ(plan.streams[i].samples, outcome.streams[i].samples);
      EXPECT_EQ(plan.streams[i].bytes, outcome.streams[i].bytes);
    }
    const auto planned = static_cast<double>(plan.store_bytes_after);
    EXPECT_NEAR(planned, static_cast<double>(outcome.store_bytes_after),
                0.02 * planned);
    EXPECT_EQ(plan.enough, outcome.enough);
  }

  int64_t CountSamples(const std::string& stream) {
    int64_t samples = 0;
    EXPECT_TRUE(store_
                    ->ReadSeries(stream, {},
                                 [&](const SeriesBatch& batch) {
                                   samples += static_cast<int64_t>(
                                       batch.time_ns.size());
                                   return true;
                                 })
                    .ok());
    return samples;
  }

  TempDir dir_;
  int64_t now_ns_ = kStart;
  std::unique_ptr<Store> store_;
};

TEST_F(RetentionTest, WhatIsTooOldGoesAsPlanned) {
  Ingest(WriteSeries("door", kStart - 9 * kDay, 60, 1), "door");
  Ingest(WriteSeries("hall", kStart - 9 * kDay, 60, 2), "hall");
  Ingest(WriteSeries("door2", kStart - 60 * kSecond, 60, 3), "door", true);
  const std::string yaml = "keep: 30d\nstreams: [{match: 'door*', keep: 7d}]";
  const RetentionReport plan = Plan(yaml);
  ASSERT_EQ(plan.streams.size(), 1u);
  EXPECT_EQ(plan.streams[0].chunks_by_age, 60);
  EXPECT_EQ(plan.streams[0].samples, 300'000);
  EXPECT_EQ(CountSamples(Summary("door").name), 600'000);
  const RetentionReport outcome = Apply(yaml);
  ExpectEqualWithinTwoPercent(plan, outcome);
  EXPECT_LT(outcome.store_bytes_after, outcome.store_bytes_before * 7 / 10);
  const StreamSummary door = Summary("door");
  EXPECT_EQ(door.counts.samples_in, 600'000);
  EXPECT_EQ(door.counts.stored, 300'000);
  EXPECT_EQ(door.counts.rejected.back().why, kExpiredReason);
  EXPECT_EQ(CountSamples(door.name), 300'000);
  EXPECT_EQ(CountSamples(Summary("hall").name), 300'000);
  ExpectClean();
  EXPECT_TRUE(Plan(yaml).streams.empty());
  Open();
  ExpectClean();
}

TEST_F(RetentionTest, PinsStayWhateverElseIsSaid) {
  Ingest(WriteSeries("door", kStart - 9 * kDay, 60, 1), "door");
  const std::string name = Summary("door").name;
  const int64_t from = kStart - 9 * kDay + 20 * kSecond;
  RetentionPolicy policy = Policy("keep: 1d\nmax: 1kB");
  policy.pins.push_back({name, from, from + 10 * kSecond, "case 17"});
  auto report = ApplyRetention(store_->chunks(), policy, {.now_ns = now_ns_});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->enough);
  EXPECT_EQ(CountSamples(name), 50'000);
  EXPECT_EQ(Summary("door").start_ns, from);
  ExpectClean();
}

TEST_F(RetentionTest, TheOldestOfAllGoesForRoom) {
  Ingest(WriteSeries("b", kStart - 2 * kDay, 40, 1), "b");
  Ingest(WriteSeries("a", kStart - 3 * kDay, 40, 2), "a");
  Ingest(WriteSeries("c", kStart - 1 * kDay, 40, 3), "c");
  const std::string yaml = "max: 6MB";
  const RetentionReport plan = Plan(yaml);
  EXPECT_TRUE(plan.enough);
  const RetentionReport outcome = Apply(yaml);
  ExpectEqualWithinTwoPercent(plan, outcome);
  EXPECT_LE(outcome.store_bytes_after, 6'000'000u);
  EXPECT_GE(outcome.store_bytes_after, 5'000'000u);
  EXPECT_EQ(Summary("a").counts.stored, 0);
  EXPECT_LT(Summary("b").counts.stored, 200'000);
  EXPECT_EQ(Summary("c").counts.stored, 200'000);
  ExpectClean();
}

TEST_F(RetentionTest, OfASmallStoreNoMoreGoesThanRoomIsWanted) {
  Ingest(WriteSeries("a", kStart - 3 * kDay, 6, 2), "a");
  const RetentionReport outcome = Apply("max: 400kB");
  EXPECT_TRUE(outcome.enough);
  EXPECT_LE(outcome.store_bytes_after, 400'000u);
  EXPECT_GT(Summary("a").counts.stored, 5'000);
  ExpectClean();
}

TEST_F(RetentionTest, AChunkStaysAsLongAsOneStreamKeepsIt) {
  const std::string path = WriteSeries("one", kStart - 9 * kDay, 30, 1);
  Ingest(path, "door");
  Ingest(path, "hall");
  const auto before = store_->Usage()->live_chunk_bytes;
  const std::string yaml = "streams: [{match: 'door*', keep: 7d}]";
  const RetentionReport plan = Plan(yaml);
  EXPECT_EQ(plan.store_bytes_after, plan.store_bytes_before);
  Apply(yaml);
  EXPECT_EQ(store_->Usage()->live_chunk_bytes, before);
  EXPECT_EQ(CountSamples(Summary("hall").name), 150'000);
  Apply("keep: 7d");
  EXPECT_EQ(store_->Usage()->live_chunk_bytes, 0u);
  ExpectClean();
}

TEST_F(RetentionTest, WithoutAClockOfItsOwnAStreamIsAsOldAsItsArrival) {
  SceneOptions scene;
  scene.width = 160;
  scene.height = 120;
  scene.seconds = 6;
  ASSERT_TRUE(WriteScene(scene, dir_.File("scene"), nullptr).ok());
  Ingest(dir_.File("scene/camera.mp4"), "cam");
  now_ns_ += 5 * kDay;
  Ingest(dir_.File("scene/camera.mp4"), "cam", /*append=*/true);
  EXPECT_TRUE(Plan("keep: 6d").streams.empty());
  now_ns_ += 2 * kDay;
  Apply("keep: 6d");
  const StreamSummary cam = Summary("cam");
  EXPECT_EQ(cam.counts.samples_in, 360);
  EXPECT_EQ(cam.counts.stored, 180);
  FrameSelection frame;
  frame.index = 179;
  EXPECT_TRUE(absl::IsNotFound(
      store_->ReadFrames("cam", frame, [](const ReadFrame&) { return true; })
          .status()));
  frame.index = 180;
  EXPECT_TRUE(
      store_->ReadFrames("cam", frame, [](const ReadFrame&) { return true; })
          .ok());
  ExpectClean();
  // A clock set back makes nothing old.
  now_ns_ -= 100 * kDay;
  EXPECT_TRUE(Plan("keep: 6d").streams.empty());
}

TEST_F(RetentionTest, AnEmptiedStreamGoesOnWhereItWas) {
  Ingest(WriteSeries("door", kStart - 9 * kDay, 10, 1), "door");
  Apply("keep: 1d");
  EXPECT_EQ(Summary("door").counts.stored, 0);
  EXPECT_EQ(Summary("door").end_index, 50'000u);
  Ingest(WriteSeries("door2", kStart - 60 * kSecond, 10, 2), "door", true);
  const StreamSummary door = Summary("door");
  EXPECT_EQ(door.end_index, 100'000u);
  EXPECT_EQ(door.counts.samples_in, 100'000);
  EXPECT_EQ(door.counts.stored, 50'000);
  ExpectClean();
}

TEST_F(RetentionTest, WhatWasSeenGoesWithWhatItWasSeenIn) {
  Ingest(WriteSeries("door", kStart - 9 * kDay, 30, 1), "door");
  const StreamId id = Summary("door").id;
  const int64_t start = kStart - 9 * kDay;
  Observations observations(store_->chunks());
  CommitBatch batch;
  for (int64_t second = 0; second < 30; second += 5) {
    Observation seen;
    seen.stream = id;
    seen.label = second % 10 == 0 ? "person" : "car";
    seen.start_ns = start + second * kSecond;
    seen.end_ns = seen.start_ns + kSecond;
    seen.track = static_cast<uint64_t>(second);
    seen.first_index = static_cast<uint64_t>(second) * 5000;
    seen.last_index = seen.first_index + 4999;
    ASSERT_TRUE(observations.Put(seen, &batch).ok());
  }
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  // 20 of the 30 seconds are older than nine days by then.
  now_ns_ = kStart + 20 * kSecond;
  Apply("keep: 9d");
  const auto left = ListObservations(store_->chunks(), {.stream = id}, 100);
  ASSERT_TRUE(left.ok()) << left.status();
  ASSERT_EQ(left->observations.size(), 2u);
  for (const Observation& seen : left->observations) {
    EXPECT_GE(seen.start_ns, start + 20 * kSecond);
  }
  ExpectClean();
}

TEST_F(RetentionTest, WhatWasAnsweredAndDecidedGoesWithWhatItWasAbout) {
  Ingest(WriteSeries("door", kStart - 9 * kDay, 30, 1), "door");
  const StreamId id = Summary("door").id;
  StoredResults results(store_->chunks());
  DecisionBook book(store_->chunks(), id);
  for (uint64_t second = 0; second < 30; ++second) {
    Result result = testing::AnyResult(1, id, second * 5000);
    result.kind = InputKind::kWindow;
    ASSERT_TRUE(results.Put(result).ok());
    DecidedInput input = testing::AnyDecision(1, second * 5000);
    input.kind = InputKind::kWindow;
    ASSERT_TRUE(book.Add(input).ok());
  }
  CommitBatch batch;
  ASSERT_TRUE(results.MoveTo(&batch).ok());
  ASSERT_TRUE(book.Put(&batch).ok());
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());
  now_ns_ = kStart + 20 * kSecond;
  Apply("keep: 9d");
  std::vector<uint64_t> left;
  ASSERT_TRUE(results
                  .Load(testing::Model(1), InputKind::kWindow, id,
                        [&](const Result& result) {
                          left.push_back(result.index / 5000);
                          return true;
                        })
                  .ok());
  const std::vector<uint64_t> last_ten = {20, 21, 22, 23, 24,
                                          25, 26, 27, 28, 29};
  EXPECT_EQ(left, last_ten);
  left.clear();
  ASSERT_TRUE(ReadDecisions(store_->chunks(), {.stream = id},
                            [&](const DecidedInput& input) {
                              left.push_back(input.index / 5000);
                              return true;
                            })
                  .ok());
  EXPECT_EQ(left, last_ten) << "of a row that was cut";
  ExpectClean();
}

TEST_F(RetentionTest, WhatALabelKeepsStaysLonger) {
  Ingest(WriteSeries("door", kStart - 9 * kDay, 30, 1), "door");
  const StreamId id = Summary("door").id;
  const int64_t start = kStart - 9 * kDay;
  Observation seen;
  seen.stream = id;
  seen.label = "person";
  seen.start_ns = start + 10 * kSecond;
  seen.end_ns = start + 12 * kSecond;
  seen.first_index = 10 * 5000;
  seen.last_index = 12 * 5000;
  CommitBatch batch;
  Observations observations(store_->chunks());
  ASSERT_TRUE(observations.Put(seen, &batch).ok());
  ASSERT_TRUE(store_->chunks()->Commit(std::move(batch)).ok());

  now_ns_ = kStart + kDay;
  const std::string policy =
      "keep: 9d\nlabels:\n  - {label: person, keep: 12d}\n"
      "  - {label: person, keep: 90d, match: hall}\n";
  Apply(policy);
  const StreamSummary held = Summary("door");
  EXPECT_EQ(held.start_ns, start + 10 * kSecond);
  EXPECT_LE(held.end_ns, start + 14 * kSecond);
  EXPECT_GT(held.end_ns, start + 12 * kSecond);
  const auto left = ListObservations(store_->chunks(), {.stream = id}, 100);
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(left->observations, std::vector<Observation>{seen});
  ExpectClean();

  now_ns_ = kStart + 4 * kDay;
  Apply(policy);
  EXPECT_TRUE(ListObservations(store_->chunks(), {.stream = id}, 100)
                  ->observations.empty());
  ExpectClean();
}

TEST_F(RetentionTest, NothingIsHalfDoneWhenItIsCutShort) {
  Ingest(WriteSeries("door", kStart - 9 * kDay, 60, 1), "door");
  std::atomic<bool> stop = false;
  RetentionOptions options = {.now_ns = now_ns_, .stop = &stop};
  options.progress = [&](int64_t, int64_t) { stop = true; };
  const RetentionPolicy policy = Policy("keep: 1d");
  auto report = ApplyRetention(store_->chunks(), policy, options);
  ASSERT_TRUE(report.ok() || absl::IsCancelled(report.status()));
  EXPECT_EQ(Summary("door").counts.stored, 0);
  EXPECT_TRUE(store_->Verify({.deep = true})->problems.empty());
  ASSERT_TRUE(store_->chunks()->Scrub({.repair = true}).ok());
  ASSERT_TRUE(store_->chunks()->Reclaim({}).ok());
  EXPECT_EQ(store_->Usage()->live_chunk_bytes, 0u);
  ExpectClean();
}

}  // namespace
}  // namespace fovea
