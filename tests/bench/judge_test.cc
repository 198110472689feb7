// SPDX-License-Identifier: GPL-2.0-or-later
//
// The judges on real recordings, against the counts that another runtime
// found: README.md of the recordings, ten frames evenly spread.

#include "bench/accuracy/judge.h"

#include <map>
#include <string>
#include <vector>

#include "bench/accuracy/agreement.h"
#include "bench/accuracy/clip.h"
#include "gtest/gtest.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

constexpr int kPerson = 0, kCar = 2, kBus = 5;

// Boxes by class over ten evenly spread frames.
std::map<int, int> Count(Judge* judge, const Clip& clip) {
  std::map<int, int> count;
  for (size_t i = 0; i < 10; ++i) {
    const Frame& frame = clip.frames[i * (clip.frames.size() - 1) / 9];
    const auto answer = judge->Look(ToBgr(frame, clip.camera.color));
    EXPECT_TRUE(answer.ok()) << answer.status();
    for (const Detection& box : answer->detections) {
      if (box.score >= judge->info().threshold) ++count[box.label];
    }
  }
  return count;
}

struct Case {
  const char* judge;
  int people;  // on towncentre_street
  int cars;    // on uadetrac_intersection_a
  int buses;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.judge; }

class JudgeCountTest : public ::testing::TestWithParam<Case> {};

void ExpectAbout(int count, int published) {
  EXPECT_NEAR(count, published, 3 + 0.06 * published);
}

TEST_P(JudgeCountTest, SeesWhatWasPublished) {
  FOVEA_NEED_TEST_DATA(models, "models");
  FOVEA_NEED_TEST_DATA(street, "video/towncentre_street_41f.mp4");
  FOVEA_NEED_TEST_DATA(junction, "video/uadetrac_intersection_a.mp4");
  auto judge = OpenJudge(GetParam().judge, models);
  ASSERT_TRUE(judge.ok()) << judge.status();
  const auto tc = LoadClip({"tc", street, 1000, 1});
  ASSERT_TRUE(tc.ok()) << tc.status();
  ExpectAbout(Count(judge->get(), *tc)[kPerson], GetParam().people);
  const auto ua = LoadClip({"ua", junction, 1000, 1});
  ASSERT_TRUE(ua.ok()) << ua.status();
  const auto count = Count(judge->get(), *ua);
  ExpectAbout(count.at(kCar), GetParam().cars);
  ExpectAbout(count.at(kBus), GetParam().buses);
}

INSTANTIATE_TEST_SUITE_P(All, JudgeCountTest,
                         ::testing::Values(Case{"fastestdet", 86, 73, 7},
                                           Case{"yolox", 151, 114, 11},
                                           Case{"yolo-fastest", 166, 171, 9}));

TEST(JudgeTest, EveryJudgeAgreesWithItself) {
  FOVEA_NEED_TEST_DATA(models, "models");
  FOVEA_NEED_TEST_DATA(street, "video/towncentre_street_41f.mp4");
  const auto clip = LoadClip({"tc", street, 1, 1});
  ASSERT_TRUE(clip.ok()) << clip.status();
  const BgrImage picture = ToBgr(clip->frames[0], clip->camera.color);
  for (const std::string& name : JudgeNames()) {
    auto judge = OpenJudge(name, models);
    ASSERT_TRUE(judge.ok()) << judge.status();
    const auto once = (*judge)->Look(picture);
    const auto again = (*judge)->Look(picture);
    ASSERT_TRUE(once.ok() && again.ok());
    const Agreement sums = Compare(*once, *again, (*judge)->info().threshold);
    EXPECT_EQ(sums.F1(), 1) << name;
    EXPECT_EQ(sums.Soft(), 0) << name;
    EXPECT_EQ((*judge)->info().digest.size(), 64U);
  }
}

TEST(JudgeTest, UnknownNamesAndMissingOrBrokenModelsAreErrors) {
  testing::TempDir empty;
  EXPECT_EQ(OpenJudge("oracle", empty.path()).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenJudge("yolox", empty.path()).status().code(),
            absl::StatusCode::kNotFound);
  testing::WriteFileText(empty.File("yolox_nano.onnx"), "not a network");
  EXPECT_EQ(OpenJudge("yolox", empty.path()).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace fovea::bench
