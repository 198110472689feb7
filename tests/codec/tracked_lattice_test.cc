// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/tracked_lattice.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "codec/series_block.h"
#include "tests/codec/calibrated_device.h"

namespace fovea {
namespace {

using testing::CalibratedDevice;
using testing::Column;
using testing::Columns;

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

// Samples come back from the numbers, but for those named as exceptions.
void CheckExact(const LatticeFit& fit, const Columns& columns) {
  const auto back =
      LatticeSamples(fit.lattice, fit.k, fit.units, fit.exceptions);
  ASSERT_EQ(back.size(), columns.size());
  size_t exception = 0;
  for (size_t i = 0; i < columns[0].size(); ++i) {
    if (exception < fit.exceptions.size() && fit.exceptions[exception] == i) {
      ++exception;
      continue;
    }
    for (size_t j = 0; j < columns.size(); ++j) {
      EXPECT_TRUE(SameBits(back[j][i], columns[j][i])) << i << " of " << j;
    }
  }
  EXPECT_EQ(exception, fit.exceptions.size());
}

double BitsAValue(const LatticeFit& fit, const Columns& columns) {
  return static_cast<double>(fit.bytes * 8) /
         static_cast<double>(columns[0].size() * columns.size());
}

// As a block of 400 rows a second; the bits of a value.
double CheckBlock(const Columns& columns) {
  SeriesBatch batch;
  for (size_t i = 0; i < columns[0].size(); ++i) {
    batch.time_ns.push_back(static_cast<int64_t>(i) * 2'500'000);
    for (const Column& column : columns) batch.values.push_back(column[i]);
  }
  const auto block = EncodeSeriesBlock(batch, columns.size());
  EXPECT_TRUE(block.ok()) << block.status();
  if (!block.ok()) return 0;
  const auto decoded = DecodeSeriesBlock(*block);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  if (!decoded.ok()) return 0;
  for (size_t i = 0; i < batch.values.size(); ++i) {
    EXPECT_TRUE(SameBits(decoded->batch.values[i], batch.values[i])) << i;
  }
  return static_cast<double>(block->size() * 8) /
         static_cast<double>(batch.values.size());
}

TEST(TrackedLatticeTest, FindsOneStepThroughTextAndFloats) {
  for (const bool prints : {true, false}) {
    for (const double motion : {1.0, 30.0, 1000.0}) {
      CalibratedDevice device(1);
      device.prints = prints;
      const Columns columns = {device.Gyro(400, motion)};
      const auto fit = FitLattice(columns);
      ASSERT_TRUE(fit.has_value()) << motion;
      EXPECT_NEAR(fit->lattice.basis.columns[0][0], 0.0616599, 1e-6);
      EXPECT_EQ(fit->lattice.digits, prints ? 7 : 0);
      EXPECT_TRUE(fit->exceptions.empty());
      CheckExact(*fit, columns);
      // The counts' own noise and little more.
      EXPECT_LT(BitsAValue(*fit, columns), std::log2(motion) + 6) << motion;
    }
  }
}

TEST(TrackedLatticeTest, FollowsAnOffsetThatLearns) {
  CalibratedDevice device(2);
  device.drift = 3.14159e-4F;
  const Columns columns = {device.Gyro(4000, 2)};
  const auto fit = FitLattice(columns);
  ASSERT_TRUE(fit.has_value());
  EXPECT_NEAR(fit->lattice.drift, -3.14159e-4, 1e-6);
  CheckExact(*fit, columns);
  EXPECT_LT(BitsAValue(*fit, columns), 7);
}

TEST(TrackedLatticeTest, FindsThreeAxesThatAMatrixMixed) {
  for (const bool prints : {true, false}) {
    for (const double motion : {1.0, 20.0}) {
      CalibratedDevice device(3);
      device.prints = prints;
      const Columns columns = device.Accelerometer(400, motion);
      const auto fit = FitLattice(columns);
      ASSERT_TRUE(fit.has_value()) << motion;
      EXPECT_NEAR(fit->lattice.basis.columns[0][0], 4.8652e-4, 1e-8);
      EXPECT_NEAR(fit->lattice.basis.columns[1][2], 5.25e-6, 1e-8);
      CheckExact(*fit, columns);
      EXPECT_LT(BitsAValue(*fit, columns), std::log2(motion) + 6) << motion;
    }
  }
}

TEST(TrackedLatticeTest, RowsOffTheLatticeAreKept) {
  CalibratedDevice device(4);
  Columns columns = device.Accelerometer(400, 3);
  columns[0][0] = std::nan("7");
  columns[1][17] = std::numeric_limits<double>::infinity();
  columns[2][399] = -0.0;
  columns[2][200] = 1e300;
  columns[0][201] = std::sqrt(2.0);
  const auto fit = FitLattice(columns);
  ASSERT_TRUE(fit.has_value());
  EXPECT_GE(fit->exceptions.size(), 4u);
  CheckExact(*fit, columns);
  EXPECT_LT(CheckBlock(columns), 14);
}

TEST(TrackedLatticeTest, NoiseConstantsAndFewRowsHaveNone) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  Columns noise(3);
  for (int i = 0; i < 300; ++i) {
    for (Column& column : noise) {
      column.push_back(static_cast<double>(static_cast<float>(normal(random))));
    }
  }
  for (const Columns& columns :
       {noise, Columns{noise[0]}, Columns{Column(100, 0.25)},
        Columns{Column(1, 3)}, Columns{Column(50, std::nan("1"))},
        Columns(3, Column(64, 0.5))}) {
    if (const auto fit = FitLattice(columns)) CheckExact(*fit, columns);
    CheckBlock(columns);
  }
  EXPECT_FALSE(FitLattice(Columns{Column(100, 0.25)}).has_value());
}

TEST(TrackedLatticeTest, BlocksOfACalibratedSensorAreSmall) {
  CalibratedDevice device(6);
  device.drift = 3.14159e-4F;
  Columns columns;
  for (int axis = 0; axis < 3; ++axis) columns.push_back(device.Gyro(400, 20));
  for (Column& axis : device.Accelerometer(400, 3)) {
    columns.push_back(std::move(axis));
  }
  EXPECT_LT(CheckBlock(columns), 11);
  // Any order of channels, and one more that is on no lattice.
  Columns mixed = {columns[3], columns[0], columns[4], columns[5], columns[1]};
  mixed.emplace_back();
  for (size_t i = 0; i < 400; ++i) mixed[5].push_back(std::sqrt(i) / 3);
  CheckBlock(mixed);
}

TEST(TrackedLatticeTest, AnyNumbersGiveSomeSamples) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    TrackedLattice lattice;
    lattice.basis.width = round % 2 == 0 ? 1 : 3;
    for (LatticeVector& column : lattice.basis.columns) {
      for (double& number : column) number = std::bit_cast<double>(random());
    }
    for (double& number : lattice.offset) {
      number = std::bit_cast<double>(random());
    }
    lattice.drift = std::bit_cast<double>(random());
    lattice.digits = static_cast<uint8_t>(random() % 16);
    LatticeColumns k;
    LatticeColumns units;
    for (size_t j = 0; j < lattice.basis.width; ++j) {
      for (int i = 0; i < 20; ++i) {
        k[j].push_back(static_cast<int32_t>(random()));
        units[j].push_back(static_cast<int32_t>(random()));
      }
    }
    const std::vector<size_t> exceptions = {3, 19};
    const auto samples = LatticeSamples(lattice, k, units, exceptions);
    ASSERT_EQ(samples.size(), lattice.basis.width);
    EXPECT_EQ(samples[0][3], 0);
  }
}

}  // namespace
}  // namespace fovea
