// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/integer_grid.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace fovea {
namespace {

// Counts as a sensor gives them.
std::vector<int64_t> Counts(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<int64_t> counts(size);
  int64_t at = 0;
  for (int64_t& count : counts) {
    at += static_cast<int64_t>(random() % 41) - 20;
    count = at;
  }
  return counts;
}

template <typename Function>
std::vector<double> Map(const std::vector<int64_t>& counts, Function function) {
  std::vector<double> values;
  for (const int64_t count : counts) {
    values.push_back(function(static_cast<double>(count)));
  }
  return values;
}

void CheckExact(const GridFit& fit, const std::vector<double>& values) {
  ASSERT_EQ(fit.k.size(), values.size());
  size_t exception = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (exception < fit.exceptions.size() && fit.exceptions[exception] == i) {
      ++exception;
      continue;
    }
    const double value =
        GridValue(fit.grid, fit.k[i], fit.units.empty() ? 0 : fit.units[i]);
    EXPECT_EQ(std::bit_cast<uint64_t>(value),
              std::bit_cast<uint64_t>(values[i]))
        << i;
  }
  EXPECT_EQ(exception, fit.exceptions.size());
}

TEST(IntegerGridTest, FindsDecimalsOfEveryLength) {
  double power = 1;
  for (int decimals = 0; decimals <= 12; ++decimals, power *= 10) {
    auto counts = Counts(300, 7);
    counts[0] = 1;  // no shorter text will do
    const auto values = Map(counts, [&](double k) { return k / power; });
    const auto fit = FitDecimals(values);
    ASSERT_TRUE(fit.has_value()) << decimals;
    EXPECT_EQ(fit->grid.divisor, power);
    EXPECT_EQ(fit->k, counts);
    CheckExact(*fit, values);
  }
}

TEST(IntegerGridTest, FindsTheDivisorsThatGpmfScalesBy) {
  for (const double divisor : {417.0, 418.0, 939.0, 1878.0, 32767.0}) {
    const auto values =
        Map(Counts(300, 8), [&](double k) { return k / divisor; });
    const auto fits = FitScales(values);
    ASSERT_EQ(fits.size(), 1u) << divisor;
    EXPECT_EQ(fits[0].grid.kind, GridKind::kRatio);
    EXPECT_EQ(fits[0].grid.divisor, divisor);
    EXPECT_TRUE(fits[0].exceptions.empty());
    CheckExact(fits[0], values);
  }
}

TEST(IntegerGridTest, FindsCountsConvertedToSiUnits) {
  const auto gravity =
      Map(Counts(300, 9), [](double k) { return k / 1200 * 9.80665; });
  const auto radians = Map(Counts(300, 10), [](double k) {
    return k / 25 / 180 * 3.141592653589793;
  });
  for (const auto& values : {gravity, radians}) {
    const auto fits = FitScales(values);
    ASSERT_EQ(fits.size(), 1u);
    EXPECT_EQ(fits[0].grid.kind, GridKind::kConverted);
    EXPECT_TRUE(fits[0].units.empty());
    CheckExact(fits[0], values);
  }
}

TEST(IntegerGridTest, FindsScaleWithOffsetAtBothPrecisions) {
  const auto wide = Map(
      Counts(300, 11), [](double k) { return 0.123456789 + k * 0.0023928285; });
  const auto narrow = Map(Counts(300, 12), [](double k) {
    return static_cast<double>(static_cast<float>(0.5 + k * 0.0023928285));
  });
  for (const auto& values : {wide, narrow}) {
    const auto fits = FitScales(values);
    ASSERT_FALSE(fits.empty());
    for (const GridFit& fit : fits) CheckExact(fit, values);
    int64_t largest = 0;
    for (const int64_t k : fits.back().k) {
      largest = std::max(largest, std::abs(k));
    }
    EXPECT_LT(largest, 3000);
  }
}

TEST(IntegerGridTest, SeesALatticeThroughDecimals) {
  const auto values = Map(Counts(300, 13), [](double k) {
    return std::nearbyint(k * 0.04 / 57.29577951308232 * 1e10) / 1e10;
  });
  const auto decimals = FitDecimals(values);
  ASSERT_TRUE(decimals.has_value());
  const auto fits = FitLatticeOfDecimals(*decimals);
  ASSERT_FALSE(fits.empty());
  CheckExact(fits[0], values);
}

TEST(IntegerGridTest, OddOnesOutAreExceptions) {
  auto values = Map(Counts(300, 14), [](double k) { return k / 100; });
  values[0] = std::nan("1");
  values[7] = -0.0;
  values[8] = std::numeric_limits<double>::infinity();
  values[299] = 1e-300;
  const auto fit = FitDecimals(values);
  ASSERT_TRUE(fit.has_value());
  EXPECT_EQ(fit->exceptions, (std::vector<size_t>{0, 7, 8, 299}));
  CheckExact(*fit, values);
}

TEST(IntegerGridTest, NoGridInNoise) {
  std::mt19937_64 random(15);
  std::normal_distribution<double> noise;
  std::vector<double> values(300);
  for (double& value : values) value = noise(random);
  EXPECT_FALSE(FitDecimals(values).has_value());
  for (const GridFit& fit : FitScales(values)) CheckExact(fit, values);
}

TEST(IntegerGridTest, ConstantsAndSingleValuesDoNotConfuse) {
  for (const double value : {0.0, 1.5, 1e300, 5e-324}) {
    for (const size_t size : {size_t{1}, size_t{2}, size_t{100}}) {
      const std::vector<double> values(size, value);
      for (const GridFit& fit : FitScales(values)) CheckExact(fit, values);
      if (const auto fit = FitDecimals(values)) CheckExact(*fit, values);
    }
  }
}

}  // namespace
}  // namespace fovea
