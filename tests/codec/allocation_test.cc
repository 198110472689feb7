// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/allocation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace fovea {
namespace {

QualityMap Allocate(const std::vector<double>& sensitivity, int columns,
                    int rows, const AllocationOptions& options = {}) {
  auto map = AllocateQuality(sensitivity, columns, rows, options);
  EXPECT_TRUE(map.ok()) << map.status();
  return *map;
}

absl::StatusCode Refusal(const std::vector<double>& sensitivity, int columns,
                         int rows, const AllocationOptions& options = {}) {
  return AllocateQuality(sensitivity, columns, rows, options).status().code();
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(AllocationTest, EqualSensitivityKeepsTheBaseQuality) {
  for (double s : {0.0, 1e-300, 1.0, 1e300}) {
    EXPECT_EQ(Allocate(std::vector<double>(12, s), 4, 3).qp_offset,
              std::vector<uint8_t>(12, 0));
  }
}

// Rows of one value each, so that smoothing within a row changes nothing.
TEST(AllocationTest, FollowsTheLagrangianRule) {
  std::vector<double> sensitivity;
  for (int row = 0; row < 10; ++row) {
    sensitivity.insert(sensitivity.end(), 8, std::exp2(-row));
  }
  AllocationOptions options;
  options.kappa = 1;
  const QualityMap map = Allocate(sensitivity, 8, 10, options);
  for (int row = 0; row < 10; ++row) {
    const double exact = std::min(3.0 * row, 18.0);  // -6 * 0.5 * log2(s)
    EXPECT_LE(std::abs(map.qp_offset[static_cast<size_t>(row * 8)] - exact), 1)
        << "row " << row;
  }
}

TEST(AllocationTest, ZeroSensitivityGetsTheCoarsestOffset) {
  std::vector<double> sensitivity(80, 0.0);
  for (size_t i = 0; i < 40; ++i) sensitivity[i] = 1;
  const QualityMap map = Allocate(sensitivity, 8, 10);
  EXPECT_EQ(map.qp_offset.front(), 0);
  EXPECT_EQ(map.qp_offset.back(), kMaxQpOffset);
}

TEST(AllocationTest, FewSensitiveBlocksStillCount) {
  std::vector<double> sensitivity(200, 0.0);
  sensitivity[105] = 2;
  const QualityMap map = Allocate(sensitivity, 10, 20);
  EXPECT_EQ(map.qp_offset[105], 0);
  EXPECT_EQ(map.qp_offset[0], kMaxQpOffset);
}

TEST(AllocationTest, ReferenceIsThe95thPercentile) {
  std::vector<double> sensitivity(100, 1.0);  // 5 outliers of 100
  for (size_t i = 0; i < 5; ++i) sensitivity[i] = 1e6;
  EXPECT_EQ(Allocate(sensitivity, 10, 10).qp_offset,
            std::vector<uint8_t>(100, 0));
  for (size_t i = 0; i < 6; ++i) sensitivity[i] = 1e6;
  EXPECT_EQ(Allocate(sensitivity, 10, 10).qp_offset[99], kMaxQpOffset);
}

TEST(AllocationTest, LoneCoarseBlockIsSoftenedLoneFineOneKept) {
  std::vector<double> coarse(21, 1.0), fine(21, 0.0);
  coarse[10] = 0;
  fine[10] = 1;
  EXPECT_LT(Allocate(coarse, 21, 1).qp_offset[10], kMaxQpOffset);
  const QualityMap kept = Allocate(fine, 21, 1);
  EXPECT_EQ(kept.qp_offset[10], 0);
  EXPECT_LT(kept.qp_offset[9], kMaxQpOffset);
  EXPECT_EQ(kept.qp_offset[7], kMaxQpOffset);
}

TEST(AllocationTest, KappaZeroIsUniform) {
  AllocationOptions options;
  options.kappa = 0;
  EXPECT_EQ(Allocate({0, 1, 2, 3, 0, 5}, 3, 2, options).qp_offset,
            std::vector<uint8_t>(6, 0));
}

TEST(AllocationTest, OffsetsAreEvenBoundedAndMonotone) {
  std::mt19937 random(1);
  std::lognormal_distribution<double> lognormal(0, 5);
  for (int round = 0; round < 200; ++round) {
    const int columns = 1 + static_cast<int>(random() % 20);
    const int rows = 1 + static_cast<int>(random() % 20);
    std::vector<double> sensitivity(static_cast<size_t>(columns * rows));
    for (double& s : sensitivity) s = random() % 8 ? lognormal(random) : 0;
    AllocationOptions options;
    options.max_offset = 2 * static_cast<int>(random() % 10);
    const QualityMap map = Allocate(sensitivity, columns, rows, options);
    for (uint8_t offset : map.qp_offset) {
      ASSERT_EQ(offset % 2, 0);
      ASSERT_LE(offset, options.max_offset);
    }
    options.max_offset = kMaxQpOffset;
    const QualityMap free = Allocate(sensitivity, columns, rows, options);
    for (size_t i = 0; i < map.qp_offset.size(); ++i) {
      ASSERT_LE(map.qp_offset[i], free.qp_offset[i]);
    }
  }
}

TEST(AllocationTest, RefusesBadInput) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Refusal({1, 2, 3}, 2, 2), kInvalid);
  EXPECT_EQ(Refusal({}, 0, 0), kInvalid);
  EXPECT_EQ(Refusal({1}, -1, -1), kInvalid);
  EXPECT_EQ(Refusal({1, kNan}, 2, 1), kInvalid);
  EXPECT_EQ(Refusal({1, kInfinity}, 2, 1), kInvalid);
  EXPECT_EQ(Refusal({1, -0.5}, 2, 1), kInvalid);
  for (int offset : {-2, 7, kMaxQpOffset + 2}) {
    EXPECT_EQ(Refusal({1}, 1, 1, {0.7, offset}), kInvalid);
  }
  for (double kappa : {-0.1, 1.5, kNan}) {
    EXPECT_EQ(Refusal({1}, 1, 1, {kappa, 4}), kInvalid);
  }
}

TEST(AllocationTest, AKeptReferenceLetsAnEmptyFrameShrinkToNothing) {
  AllocationOptions options;
  options.reference = 1;
  const std::vector<double> quiet(20, 1e-9);
  EXPECT_EQ(Allocate(quiet, 5, 4, options).qp_offset,
            std::vector<uint8_t>(20, kMaxQpOffset));
}

// 20 rows; the first `relevant` of them matter.
int OffsetWithRelevantRows(int relevant) {
  std::vector<double> sensitivity(20 * 8, 1e-9);
  for (int i = 0; i < relevant * 8; ++i) {
    sensitivity[static_cast<size_t>(i)] = 1;
  }
  return Allocate(sensitivity, 8, 20).qp_offset.back();
}

TEST(AllocationTest, FadesAsTheRelevantShareGrows) {
  EXPECT_EQ(OffsetWithRelevantRows(2), kMaxQpOffset);
  EXPECT_EQ(OffsetWithRelevantRows(12), kMaxQpOffset);
  int last = kMaxQpOffset;
  for (int relevant = 12; relevant < 20; ++relevant) {
    const int offset = OffsetWithRelevantRows(relevant);
    EXPECT_LE(offset, last);
    last = offset;
  }
  EXPECT_EQ(OffsetWithRelevantRows(19), 0);
}

TEST(AllocationTest, CombinedMapsGiveEachModelItsWish) {
  const std::vector<QualityMap> maps = {{2, 1, {0, 8}}, {2, 1, {6, 2}}};
  EXPECT_EQ(CombineMaps(maps)->qp_offset, (std::vector<uint8_t>{0, 2}));
  EXPECT_FALSE(CombineMaps({}).ok());
  const std::vector<QualityMap> odd = {{2, 1, {0, 8}}, {1, 2, {6, 2}}};
  EXPECT_FALSE(CombineMaps(odd).ok());
}

TEST(AllocationTest, BoxesProtect) {
  QualityMap map{3, 2, std::vector<uint8_t>(6, 10)};
  const std::vector<Box> boxes = {{0, 0, 16, 16}, {47, 31, 48, 32}};
  ProtectBoxes(boxes, 3, &map);
  EXPECT_EQ(map.qp_offset, (std::vector<uint8_t>{2, 10, 10, 10, 10, 2}));
}

TEST(AllocationTest, ChromaFollowsItsSensitivity) {
  EXPECT_EQ(ChromaQpOffset(1, 1, 1), -3);
  EXPECT_EQ(ChromaQpOffset(1, 4, 4), -9);
  EXPECT_EQ(ChromaQpOffset(4, 1, 1), 3);
  EXPECT_EQ(ChromaQpOffset(1e-30, 1, 1), -12);
  EXPECT_EQ(ChromaQpOffset(1e30, 1, 1), 12);
  EXPECT_EQ(ChromaQpOffset(0, 1, 1), std::nullopt);
  EXPECT_EQ(ChromaQpOffset(1, std::nan(""), 1), std::nullopt);
}

TEST(AllocationTest, OneOddFrameMovesTheReferenceLittle) {
  ReferenceSensitivity reference;
  EXPECT_EQ(reference.Update(std::vector<double>{0, 0}), 0);
  for (int i = 0; i < 100; ++i) reference.Update(std::vector<double>{0.5, 2});
  EXPECT_NEAR(reference.Update(std::vector<double>{1e6}), 2, 1);
  EXPECT_GT(reference.Update(std::vector<double>{std::nan(""), -1}), 1.9);
}

}  // namespace
}  // namespace fovea
