// SPDX-License-Identifier: GPL-2.0-or-later
//
// Homographies, candidates and pairs on pictures made for it: what was put
// in must be found, and nothing else.

#include "api/overlap_pair.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <utility>

#include "api/homography.h"
#include "api/overlap_candidates.h"
#include "api/scene.h"

namespace fovea {
namespace {

constexpr PictureSize kSize{320, 240};

// Blots of many sizes over an endless plane: like and unlike itself enough
// for features to be told apart.
double PlaneAt(double x, double y, uint32_t seed) {
  double sum = 0;
  for (int octave = 0; octave < 4; ++octave) {
    const double cell = 48 >> octave;
    const auto column = static_cast<int64_t>(std::floor(x / cell));
    const auto row = static_cast<int64_t>(std::floor(y / cell));
    const double fx = x / cell - static_cast<double>(column);
    const double fy = y / cell - static_cast<double>(row);
    const auto value = [&](int64_t c, int64_t r) {
      uint64_t h = static_cast<uint64_t>(c * 73856093 ^ r * 19349663) +
                   seed * 83492791ULL + static_cast<uint64_t>(octave);
      h = (h ^ (h >> 31)) * 0x9E3779B97F4A7C15ULL;
      return static_cast<double>((h >> 40) & 255);
    };
    sum +=
        (value(column, row) * (1 - fx) + value(column + 1, row) * fx) *
            (1 - fy) +
        (value(column, row + 1) * (1 - fx) + value(column + 1, row + 1) * fx) *
            fy;
  }
  return sum / 4;
}

Frame Draw(const std::function<double(double, double)>& pixel) {
  auto buffer = FrameBuffer::Allocate(kSize.width, kSize.height);
  EXPECT_TRUE(buffer.ok()) << buffer.status();
  for (int y = 0; y < kSize.height; ++y) {
    for (int x = 0; x < kSize.width; ++x) {
      buffer->plane(0)[y * buffer->stride(0) + x] =
          static_cast<uint8_t>(std::clamp(pixel(x, y), 0.0, 255.0));
    }
  }
  for (int plane = 1; plane < 3; ++plane) {
    for (int y = 0; y < kSize.height / 2; ++y) {
      for (int x = 0; x < kSize.width / 2; ++x) {
        buffer->plane(plane)[y * buffer->stride(plane) + x] = 128;
      }
    }
  }
  return std::move(*buffer).Release();
}

Frame View(uint32_t seed, const Homography& second_to_first = {}) {
  return Draw([&](double x, double y) {
    const auto p = MapPoint(second_to_first, {x, y});
    return p ? PlaneAt(p->x + 1000, p->y + 1000, seed) : 0;
  });
}

// A bright square over a view, seen through `second_to_first`.
Frame WithSquare(uint32_t seed, double left,
                 const Homography& second_to_first = {}) {
  return Draw([&](double x, double y) {
    const auto p = MapPoint(second_to_first, {x, y});
    if (!p) return 0.0;
    if (p->x >= left && p->x < left + 40 && p->y >= 80 && p->y < 120) {
      return 250.0;
    }
    return PlaneAt(p->x + 1000, p->y + 1000, seed);
  });
}

Homography Tilted(uint32_t seed) {
  std::mt19937 draw(seed);
  std::uniform_real_distribution<double> small(-0.08, 0.08);
  return Homography{{1 + small(draw), small(draw), -80 + 200 * small(draw),
                     small(draw), 1 + small(draw), 100 * small(draw),
                     small(draw) / 200, small(draw) / 200, 1}};
}

bool HasPlugin() {
  const auto fit = FitHomography(View(1), View(1), {});
  return !absl::IsUnavailable(fit.status());
}

#define SKIP_WITHOUT_PLUGIN()                                    \
  if (!HasPlugin()) {                                            \
    GTEST_SKIP() << "libfovea_homography.so has not been built"; \
  }

TEST(HomographyTest, KnownWarpsAreFound) {
  SKIP_WITHOUT_PLUGIN();
  for (uint32_t seed = 0; seed < 8; ++seed) {
    const Homography truth = Tilted(seed);
    const auto back = InverseOf(truth);
    ASSERT_TRUE(back);
    const auto fit = FitHomography(View(seed), View(seed, *back), {});
    ASSERT_TRUE(fit.ok()) << fit.status();
    ASSERT_TRUE(fit->has_value()) << seed;
    EXPECT_GE((*fit)->inliers.size(), 24U) << seed;
    EXPECT_LT(Drift(truth, (*fit)->first_to_second, kSize, kSize), 2) << seed;
  }
}

TEST(HomographyTest, TheSamePicturesGiveTheSameAnswer) {
  SKIP_WITHOUT_PLUGIN();
  const auto back = InverseOf(Tilted(3));
  const Frame first = View(3), second = View(3, *back);
  const auto once = FitHomography(first, second, {});
  ASSERT_TRUE(once.ok() && once->has_value());
  for (int i = 0; i < 3; ++i) {
    const auto again = FitHomography(first, second, {});
    ASSERT_TRUE(again.ok() && again->has_value());
    EXPECT_EQ((*again)->first_to_second, (*once)->first_to_second);
  }
}

TEST(HomographyTest, FlatAndEmptyPicturesHaveNone) {
  SKIP_WITHOUT_PLUGIN();
  const Frame flat = Draw([](double, double) { return 90.0; });
  const auto fit = FitHomography(flat, View(1), {});
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_FALSE(fit->has_value());
  EXPECT_TRUE(absl::IsInvalidArgument(FitHomography({}, flat, {}).status()));
}

TEST(PairTest, OneSceneIsVerifiedWithItsMask) {
  SKIP_WITHOUT_PLUGIN();
  const Homography truth{{1, 0, -128, 0, 1, 0, 0, 0, 1}};
  const auto back = InverseOf(truth);
  std::vector<PairLook> looks;
  for (const double at : {140.0, 180.0, 220.0}) {
    looks.push_back({WithSquare(5, at), WithSquare(5, at + 20),
                     WithSquare(5, at, *back), WithSquare(5, at + 20, *back)});
  }
  const auto finding = VerifyPair(looks, {});
  ASSERT_TRUE(finding.ok()) << finding.status();
  EXPECT_TRUE(finding->verified) << finding->why_not;
  EXPECT_EQ(finding->agreeing, 3);
  EXPECT_TRUE(finding->moved);
  EXPECT_GT(finding->motion_correlation, 0.7);
  // Its first 192 columns, and 8 pixels off the first one's border.
  EXPECT_NEAR(finding->mask.share(), 11.0 * 13 / (20 * 15), 0.03);
}

TEST(PairTest, TheSamePlaceAtAnotherTimeIsRefused) {
  SKIP_WITHOUT_PLUGIN();
  std::vector<PairLook> looks;
  for (const double at : {40.0, 60.0, 80.0}) {
    looks.push_back({WithSquare(5, at), WithSquare(5, at + 20),
                     WithSquare(5, 280 - at), WithSquare(5, 260 - at)});
  }
  const auto finding = VerifyPair(looks, {});
  ASSERT_TRUE(finding.ok()) << finding.status();
  EXPECT_FALSE(finding->verified);
  EXPECT_NE(finding->why_not.find("another time"), std::string::npos)
      << finding->why_not;
}

TEST(PairTest, AViewThatTurnsIsNoPair) {
  SKIP_WITHOUT_PLUGIN();
  std::vector<PairLook> looks;
  for (const double shift : {-120.0, -20.0, 80.0}) {
    const Homography turned{{1, 0, shift, 0, 1, 0, 0, 0, 1}};
    looks.push_back({View(6), View(6), View(6, turned), View(6, turned)});
  }
  const auto finding = VerifyPair(looks, {});
  ASSERT_TRUE(finding.ok()) << finding.status();
  EXPECT_FALSE(finding->verified);
  EXPECT_EQ(finding->agreeing, 1);
}

TEST(PairTest, OtherScenesAreNoPair) {
  SKIP_WITHOUT_PLUGIN();
  const std::vector<PairLook> looks(3, {View(1), View(1), View(2), View(2)});
  const auto finding = VerifyPair(looks, {});
  ASSERT_TRUE(finding.ok()) << finding.status();
  EXPECT_FALSE(finding->verified);
}

TEST(PairTest, NoPicturesAreABrokenCaller) {
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyPair({}, {}).status()));
}

TEST(CandidatesTest, APictureIsNearestToItself) {
  const auto a = DescribeView(View(1)), b = DescribeView(WithSquare(1, 50));
  const auto flat = DescribeView(Draw([](double, double) { return 20.0; }));
  EXPECT_EQ(DistanceOf(a, a), 0);
  EXPECT_GT(DistanceOf(a, b), 0);
  EXPECT_LT(DistanceOf(a, b), DistanceOf(a, flat));
  EXPECT_LE(DistanceOf(a, flat), 1);
}

TEST(CandidatesTest, OnlyStreamsOfOneTimeAreCompared) {
  const auto view = DescribeView(View(1));
  const std::vector<ViewedStream> streams = {
      {0, 10, {{5, view}}}, {10, 20, {{15, view}}}, {8, 18, {{12, view}}}};
  const auto found = FindCandidates(streams, 3);
  ASSERT_EQ(found.size(), 2U);
  for (const Candidate& candidate : found) EXPECT_EQ(candidate.second, 2U);
}

TEST(CandidatesTest, EachStreamKeepsItsNearest) {
  std::vector<ViewedStream> streams;
  for (uint32_t i = 0; i < 6; ++i) {
    streams.push_back({0, 10, {{5, DescribeView(View(i / 2))}}});
  }
  const auto found = FindCandidates(streams, 1);
  ASSERT_EQ(found.size(), 3U);
  for (const Candidate& candidate : found) {
    EXPECT_EQ(candidate.first / 2, candidate.second / 2);
    EXPECT_EQ(candidate.distance, 0);
  }
  EXPECT_TRUE(FindCandidates({}, 3).empty());
}

}  // namespace
}  // namespace fovea
