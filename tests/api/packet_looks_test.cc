// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model over several stored cameras within a decode budget: accounts, and
// that looks are those at the very pictures.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "api/packet_run.h"
#include "api/run_model.h"
#include "tests/api/packet_story.h"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using PacketLooksTest = PacketStory;

TEST_F(PacketLooksTest, EveryPacketIsDecidedAboutAndLooksAreAtTheVeryPictures) {
  FOVEA_NEED_FFMPEG();
  IngestUnlikeCameras();
  for (const double budget : {1.0, 2.0, 3.5}) {
    SCOPED_TRACE(budget);
    options_.budget = {budget, 0};
    options_.again = true;
    const PacketRunReport report = Run();
    ASSERT_EQ(report.cameras.size(), streams_.size());
    const PacketCameraReport total = report.Total();
    EXPECT_EQ(total.packets, 4 * 100 + 32);
    EXPECT_EQ(total.gops_unread, 0);
    EXPECT_FALSE(report.lossy());
    EXPECT_LE(static_cast<double>(report.most_decoded), std::ceil(budget));
    EXPECT_LE(static_cast<double>(total.decoded),
              budget * static_cast<double>(report.rounds));
    // What there is to spend is spent.
    EXPECT_GE(static_cast<double>(total.decoded),
              0.5 * budget * static_cast<double>(report.rounds));
    for (const PacketCameraReport& camera : report.cameras) {
      ExpectWhole(camera);
      EXPECT_GT(camera.looked, 0) << camera.stream;
      EXPECT_EQ(Observed(camera.stream), Expected(camera.stream))
          << camera.stream;
    }
  }
}

TEST_F(PacketLooksTest, WithRoomForAllItIsAPlainRunOfEachFrame) {
  FOVEA_NEED_FFMPEG();
  IngestCoded("closed", "keyint=12:bframes=0", 2, 25);
  IngestCoded("pyramid", "keyint=20:bframes=3:b-pyramid=normal", 2, 25);
  options_.budget = {100, 0};
  const PacketRunReport report = Run();
  EXPECT_EQ(report.Total().decoded, 100);
  EXPECT_EQ(report.Total().looked, 100);
  EXPECT_EQ(report.Total().held, 0);
  for (const std::string& name : streams_) {
    const auto seen = Observed(name);
    EXPECT_THAT(seen, Not(IsEmpty()));
    EXPECT_THAT(Looked(name), ElementsAre(LookSpan{0, 50, 1}));
    RunOptions plain;
    plain.external_models = {options_.external_model};
    plain.every = 1;
    const auto known = RunModels(store_.get(), name, plain, nullptr, nullptr);
    ASSERT_TRUE(known.ok()) << known.status();
    EXPECT_EQ(known->models[0].inferences, 0);
    plain.again = true;
    ASSERT_TRUE(RunModels(store_.get(), name, plain, nullptr, nullptr).ok());
    EXPECT_EQ(Observed(name), seen) << name;
  }
}

TEST_F(PacketLooksTest, AShareIsNeverExceededFromTheBeginningOn) {
  Ingest("a");
  Ingest("b");
  for (const double share : {0.1, 0.25, 0.5, 1.0}) {
    SCOPED_TRACE(share);
    options_.budget = {0, share};
    options_.again = true;
    const PacketRunReport report = Run();
    const PacketCameraReport total = report.Total();
    EXPECT_EQ(total.packets, 2 * kFrames);
    EXPECT_LE(total.decoded, static_cast<int64_t>(share * 2 * kFrames));
    EXPECT_GE(total.decoded, static_cast<int64_t>(share * 1.5 * kFrames));
    for (const PacketCameraReport& camera : report.cameras) {
      ExpectWhole(camera);
      EXPECT_EQ(Observed(camera.stream), Expected(camera.stream));
    }
  }
}

TEST_F(PacketLooksTest, EqualRunsDecideAlike) {
  Ingest("a");
  Ingest("b");
  Ingest("c");
  Run();
  std::vector<Decisions> first;
  for (const std::string& name : streams_) first.push_back(DecisionsOf(name));
  options_.again = true;
  options_.commit_gops = 1;
  Run();
  for (size_t i = 0; i < streams_.size(); ++i) {
    EXPECT_EQ(DecisionsOf(streams_[i]), first[i]);
  }
}

TEST_F(PacketLooksTest, OldAnswersAreTold) {
  Ingest("a");
  Ingest("b");
  options_.budget = {0, 0.05};
  options_.max_blind_ns = 200'000'000;
  const PacketRunReport report = Run();
  EXPECT_GT(report.Total().oldest_ns, options_.max_blind_ns);
  EXPECT_GT(report.Total().overdue, 0);
  options_.again = true;
  options_.budget = {2, 0};
  EXPECT_EQ(Run().Total().overdue, 0);
  EXPECT_EQ(Run().Total().oldest_ns, 0);
}

TEST_F(PacketLooksTest, OfRealCamerasLooksAreAtTheVeryPictures) {
  FOVEA_NEED_TEST_DATA(crossing, "video/uadetrac_intersection_b.mp4");
  FOVEA_NEED_TEST_DATA(car, "video/intel_car-detection.mp4");
  FOVEA_NEED_TEST_DATA(bottle, "video/intel_bottle-detection.mp4");
  IngestOptions copy;
  copy.source.copy = true;
  copy.motion = false;
  for (const auto& [name, clip] :
       {std::pair("crossing", crossing), {"car", car}, {"bottle", bottle}}) {
    copy.name = name;
    Ingest(clip, copy);
  }
  options_.ranges = {{0, 4'000'000'000}};
  options_.budget = {0, 0.25};
  const PacketRunReport report = Run();
  const PacketCameraReport total = report.Total();
  EXPECT_GT(total.packets, 200);
  EXPECT_LE(4 * total.decoded, total.packets);
  EXPECT_GE(6 * total.decoded, total.packets);
  EXPECT_FALSE(report.lossy());
  for (const PacketCameraReport& camera : report.cameras) {
    EXPECT_GT(camera.looked, 0) << camera.stream;
    EXPECT_EQ(static_cast<int64_t>(DecisionsOf(camera.stream).size()),
              camera.packets);
    EXPECT_EQ(Observed(camera.stream), Expected(camera.stream))
        << camera.stream;
  }
}

}  // namespace
}  // namespace fovea
