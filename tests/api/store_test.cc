// SPDX-License-Identifier: GPL-2.0-or-later
//
// The main job on a small generated scene: in through the pipeline, back
// out through every reading call.

#include "api/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "api/scene.h"
#include "tests/api/open_store.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using testing::TempDir;

class Listener : public IngestObserver {
 public:
  void OnAcknowledged(const Acknowledgement& ack) override {
    acks.push_back(ack);
    if (stop_after > 0 && acks.size() >= stop_after) stop = true;
  }
  std::vector<Acknowledgement> acks;
  size_t stop_after = 0;
  std::atomic<bool> stop = false;
};

// Order-free digest of a frame's samples.
uint64_t PixelSum(const Frame& frame) {
  uint64_t sum = 1469598103934665603ULL;
  const auto mix = [&](const Plane& plane, int width, int height) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        sum = (sum ^ plane.data[y * plane.stride + x]) * 1099511628211ULL;
      }
    }
  };
  mix(frame.y, frame.width, frame.height);
  mix(frame.u, frame.chroma_width(), frame.chroma_height());
  mix(frame.v, frame.chroma_width(), frame.chroma_height());
  return sum;
}

class StoreTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    scene_ = new TempDir;
    SceneOptions options;
    options.width = 322;  // not a multiple of 16
    options.height = 240;
    options.seconds = 6;
    auto files = WriteScene(options, scene_->path(), nullptr);
    ASSERT_TRUE(files.ok()) << files.status();
  }
  static void TearDownTestSuite() { delete scene_; }

  void SetUp() override { Reopen(); }

  static std::string Video() { return scene_->File("camera.mp4"); }
  static std::string Imu() { return scene_->File("imu.csv"); }

  void Reopen() {
    store_.reset();
    store_ = testing::OpenStore(dir_.File("store"));
    ASSERT_NE(store_, nullptr);
  }

  IngestReport Ingest(const std::string& source, IngestOptions options,
                      Listener* listener = nullptr) {
    auto report = store_->Ingest(source, options, listener,
                                 listener ? &listener->stop : nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : IngestReport();
  }

  IngestOptions Named(const std::string& name) {
    IngestOptions options;
    options.name = name;
    options.jobs = 1;
    options.commit_age_ns = 0;  // each GOP and block by itself
    return options;
  }

  StreamSummary Summary(const std::string& name) {
    auto summary = store_->Describe(name);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? *summary : StreamSummary();
  }

  std::map<uint64_t, uint64_t> FrameSums(const std::string& name) {
    std::map<uint64_t, uint64_t> sums;
    const FrameSelection all;
    absl::Status status = store_
                              ->ReadFrames(name, all,
                                           [&](const ReadFrame& read) {
                                             sums[read.index] =
                                                 PixelSum(read.frame);
                                             return true;
                                           })
                              .status();
    EXPECT_TRUE(status.ok()) << status;
    return sums;
  }

  SeriesBatch Samples(const std::string& name) {
    SeriesBatch all;
    absl::Status status =
        store_->ReadSeries(name, {}, [&](const SeriesBatch& batch) {
          all.time_ns.insert(all.time_ns.end(), batch.time_ns.begin(),
                             batch.time_ns.end());
          all.values.insert(all.values.end(), batch.values.begin(),
                            batch.values.end());
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return all;
  }

  void ExpectClean() {
    auto report = store_->Verify({.deep = true});
    ASSERT_TRUE(report.ok()) << report.status();
    for (const StoreProblem& problem : report->problems) {
      ADD_FAILURE() << problem.object << ": " << problem.what;
    }
  }

  static TempDir* scene_;
  TempDir dir_;
  std::unique_ptr<Store> store_;
};

TempDir* StoreTest::scene_ = nullptr;

TEST_F(StoreTest, CameraAndImuGoInAndAreListed) {
  IngestOptions options = Named("front");
  options.imu_path = Imu();
  const IngestReport report = Ingest(Video(), options);
  EXPECT_FALSE(report.lossy());
  const StreamSummary camera = Summary("front");
  EXPECT_EQ(camera.counts.samples_in, 180);
  EXPECT_EQ(camera.counts.stored, 180);
  EXPECT_EQ(camera.end_index, 180u);
  EXPECT_EQ(camera.description.camera.width, 322);
  EXPECT_EQ(camera.description.sensitivity, "proxy:texture-motion/1");
  const StreamSummary imu = Summary("front.imu");
  EXPECT_EQ(imu.description.kind, StreamKind::kImu);
  EXPECT_EQ(imu.counts.stored, imu.counts.samples_in);
  EXPECT_GE(imu.counts.stored, 1200);
  ExpectClean();
}

TEST_F(StoreTest, EveryFrameIsAcknowledgedOnce) {
  Listener listener;
  Ingest(Video(), Named("front"), &listener);
  uint64_t next = 0;
  for (const Acknowledgement& ack : listener.acks) {
    EXPECT_EQ(ack.first_index, next);
    next = ack.last_index + 1;
    EXPECT_TRUE(store_->chunks()->ReadChunk(ack.chunk).ok());
  }
  EXPECT_EQ(next, 180u);
}

TEST_F(StoreTest, ImuReadsBackBitForBit) {
  IngestOptions options = Named("body");
  Ingest(Imu(), options);
  auto streams = store_->Streams();
  ASSERT_TRUE(streams.ok());
  ASSERT_EQ(streams->size(), 1u);
  const SeriesBatch first = Samples((*streams)[0].name);
  const std::string csv = dir_.File("out.csv");
  ASSERT_TRUE(store_->Export((*streams)[0].name, {}, false, csv).ok());
  Ingest(csv, Named("again"));
  streams = store_->Streams();
  ASSERT_TRUE(streams.ok());
  ASSERT_EQ(streams->size(), 2u);
  const SeriesBatch second = Samples((*streams)[0].name);
  EXPECT_EQ(first.time_ns, second.time_ns);
  EXPECT_EQ(first.values, second.values);
}

TEST_F(StoreTest, OneFrameEqualsTheSameFrameOfAFullRead) {
  Ingest(Video(), Named("front"));
  const auto sums = FrameSums("front");
  ASSERT_EQ(sums.size(), 180u);
  for (const uint64_t index : {0u, 1u, 59u, 60u, 61u, 179u}) {
    FrameSelection one;
    one.index = index;
    absl::Status status =
        store_
            ->ReadFrames("front", one,
                         [&](const ReadFrame& read) {
                           EXPECT_EQ(read.index, index);
                           EXPECT_EQ(PixelSum(read.frame), sums.at(index));
                           return true;
                         })
            .status();
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_F(StoreTest, FrameAtATimeIsTheOneShownThen) {
  Ingest(Video(), Named("front"));
  FrameSelection at;
  at.at_ns = 1'000'000'000 + 40'000'000;  // frame 31 starts at 1.0333 s
  ASSERT_TRUE(store_
                  ->ReadFrames("front", at,
                               [&](const ReadFrame& read) {
                                 EXPECT_EQ(read.index, 31u);
                                 return true;
                               })
                  .ok());
}

TEST_F(StoreTest, FramesShownInARangeAreDecodedAndNoOthers) {
  Ingest(Video(), Named("front"));
  // Frame 62 is the third of the second GOP: 60 and 61 are its look-back.
  FrameSelection shown;
  shown.range = {2'070'000'000, 2'170'000'000};
  std::vector<uint64_t> indexes;
  const auto decoded =
      store_->ReadFrames("front", shown, [&](const ReadFrame& read) {
        indexes.push_back(read.index);
        return true;
      });
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(indexes, (std::vector<uint64_t>{62, 63, 64, 65}));
  EXPECT_GE(*decoded, 6);
  EXPECT_LE(*decoded, 8) << "what the decoder holds back is small";
}

TEST_F(StoreTest, MissingFramesAndStreamsAreNamed) {
  Ingest(Video(), Named("front"));
  FrameSelection beyond;
  beyond.index = 180;
  absl::Status status =
      store_->ReadFrames("front", beyond, [](const ReadFrame&) { return true; })
          .status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_NE(status.message().find("0 to 179"), std::string::npos) << status;
  status = store_->Describe("fornt").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_NE(status.message().find("did you mean 'front'"), std::string::npos);
}

TEST_F(StoreTest, CopiedVideoComesBackByteForByte) {
  Ingest(Video(), Named("encoded"));
  IngestOptions copy = Named("copied");
  copy.source.copy = true;
  Ingest(Video(), copy);
  const std::string out = dir_.File("original.mp4");
  ASSERT_TRUE(store_->Export("copied", {}, true, out).ok());
  IngestOptions again = Named("again");
  again.source.copy = true;
  const IngestReport report = Ingest(out, again);
  ASSERT_EQ(report.streams.size(), 1u);
  EXPECT_EQ(report.streams[0].bytes_known, report.streams[0].bytes);
  EXPECT_EQ(FrameSums("copied"), FrameSums("again"));
  ExpectClean();
}

TEST_F(StoreTest, ExportOfEncodedVideoHoldsTheSamePictures) {
  Ingest(Video(), Named("front"));
  const std::string out = dir_.File("out.mp4");
  auto report = store_->Export("front", {}, false, out);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->samples, 180);
  IngestOptions copy = Named("back");
  copy.source.copy = true;
  Ingest(out, copy);
  EXPECT_EQ(FrameSums("front"), FrameSums("back"));
}

TEST_F(StoreTest, OriginalOfEncodedVideoIsRefused) {
  Ingest(Video(), Named("front"));
  auto report = store_->Export("front", {}, true, dir_.File("x.mp4"));
  EXPECT_TRUE(absl::IsFailedPrecondition(report.status()));
}

TEST_F(StoreTest, TakenNamesAreRefused) {
  Ingest(Video(), Named("front"));
  auto again = store_->Ingest(Video(), Named("front"), nullptr, nullptr);
  EXPECT_TRUE(absl::IsAlreadyExists(again.status())) << again.status();
  EXPECT_EQ(Summary("front").counts.samples_in, 180);
}

TEST_F(StoreTest, AppendGoesOnWhereTheStreamEnds) {
  Ingest(Video(), Named("front"));
  const int64_t end_ns = Summary("front").end_ns;
  IngestOptions append = Named("front");
  append.append = true;
  Ingest(Video(), append);
  const StreamSummary both = Summary("front");
  EXPECT_EQ(both.counts.stored, 360);
  EXPECT_EQ(both.end_index, 360u);
  EXPECT_EQ(both.counts.times_backward, 0);
  EXPECT_EQ(both.end_ns, 2 * end_ns);
  ExpectClean();
}

TEST_F(StoreTest, StoppedIngestResumesWithoutLossOrDouble) {
  Ingest(Video(), Named("whole"));
  Listener listener;
  listener.stop_after = 1;
  Ingest(Video(), Named("parts"), &listener);
  const int64_t before = Summary("parts").counts.stored;
  EXPECT_LT(before, 180);
  EXPECT_GT(before, 0);
  Reopen();
  IngestOptions resume = Named("parts");
  resume.resume = true;
  Ingest(Video(), resume);
  const StreamSummary parts = Summary("parts");
  EXPECT_EQ(parts.counts.samples_in, 180);
  EXPECT_EQ(parts.end_index, 180u);
  EXPECT_EQ(parts.counts.times_backward + parts.counts.times_repeated, 0);
  ExpectClean();
}

TEST_F(StoreTest, ResumeOfAnotherSourceIsRefused) {
  Ingest(Video(), Named("front"));
  const std::string out = dir_.File("other.mp4");
  ASSERT_TRUE(store_->Export("front", {}, false, out).ok());
  IngestOptions resume = Named("front");
  resume.resume = true;
  auto report = store_->Ingest(out, resume, nullptr, nullptr);
  EXPECT_TRUE(absl::IsFailedPrecondition(report.status())) << report.status();
}

TEST_F(StoreTest, DryRunStoresNothing) {
  IngestOptions options = Named("front");
  options.dry_run = true;
  const IngestReport report = Ingest(Video(), options);
  ASSERT_EQ(report.streams.size(), 1u);
  EXPECT_EQ(report.streams[0].counts.stored, 180);
  EXPECT_TRUE(store_->Streams()->empty());
}

TEST_F(StoreTest, SameOptionsGiveSameBytes) {
  Ingest(Video(), Named("one"));
  const IngestReport second = Ingest(Video(), Named("two"));
  EXPECT_EQ(second.streams[0].bytes_known, second.streams[0].bytes);
}

TEST_F(StoreTest, RemovedTimeIsGoneAndTheBooksStillSum) {
  Ingest(Video(), Named("front"));
  auto report = store_->Remove("front", {2'000'000'000, 2'000'000'001});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->chunks_removed, 1);
  const StreamSummary after = Summary("front");
  EXPECT_EQ(after.counts.stored + report->samples_removed, 180);
  FrameSelection gone;
  gone.index = 60;
  EXPECT_TRUE(absl::IsNotFound(
      store_->ReadFrames("front", gone, [](const ReadFrame&) { return true; })
          .status()));
  ExpectClean();
}

TEST_F(StoreTest, RemovedStreamLeavesNoChunk) {
  Ingest(Video(), Named("front"));
  ASSERT_TRUE(store_->Remove("front", {}).ok());
  EXPECT_TRUE(store_->Streams()->empty());
  auto usage = store_->Usage();
  ASSERT_TRUE(usage.ok());
  EXPECT_EQ(usage->chunks, 0);
  EXPECT_EQ(usage->dead_chunk_bytes, 0u);
  ExpectClean();
  Reopen();
  ExpectClean();
}

TEST_F(StoreTest, BadNamesAreRefused) {
  for (const char* name : {"a/b", "a@b", ".hidden", "a b", "..", "a\nb"}) {
    auto report = store_->Ingest(Video(), Named(name), nullptr, nullptr);
    EXPECT_TRUE(absl::IsInvalidArgument(report.status())) << name;
  }
  EXPECT_TRUE(store_->Streams()->empty());
}

}  // namespace
}  // namespace fovea
