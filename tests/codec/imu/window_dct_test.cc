// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/window_dct.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace fovea::imu {
namespace {

using Values = std::vector<int32_t>;

Values RandomValues(size_t size, int64_t most, std::mt19937* random) {
  std::uniform_int_distribution<int64_t> number(-most, most);
  Values values(size);
  for (int32_t& value : values) value = static_cast<int32_t>(number(*random));
  return values;
}

// The orthonormal DCT-II in real numbers.
double Coefficient(const Values& values, size_t k) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    sum += values[i] * std::cos(std::numbers::pi * static_cast<double>(k) *
                                (2 * static_cast<double>(i) + 1) / (2 * n));
  }
  return sum * std::sqrt((k == 0 ? 1 : 2) / n);
}

TEST(WindowDctTest, AnyValuesComeBack) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (size_t size = kLeastDct; size <= kMostDct; size *= 2) {
    for (const int64_t most : {1LL, 30000LL, 2147483647LL}) {
      const Values original = RandomValues(size, most, &random);
      Values values = original;
      ForwardIntegerDct(values);
      InverseIntegerDct(values);
      EXPECT_EQ(values, original) << size << " values up to " << most;
    }
  }
}

TEST(WindowDctTest, IsTheTransformButForRounding) {
  std::mt19937 random(7);
  for (size_t size = kLeastDct; size <= kMostDct; size *= 2) {
    const Values original = RandomValues(size, 30000, &random);
    Values values = original;
    ForwardIntegerDct(values);
    for (size_t k = 0; k < size; ++k) {
      EXPECT_NEAR(values[k], Coefficient(original, k), 5) << size << ' ' << k;
    }
  }
}

TEST(WindowDctTest, LargestValuesAreNotWrapped) {
  Values values(kMostDct, 1 << 26);
  ForwardIntegerDct(values);
  EXPECT_NEAR(values[0], std::ldexp(std::sqrt(128.0), 26), 20);
  EXPECT_LE(*std::max_element(values.begin() + 1, values.end()), 20);
}

TEST(WindowDctTest, GivesTheSameNumbersOnEveryMachine) {
  Values values(kMostDct);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<int32_t>(i * i * 37 % 4001) - 2000;
  }
  ForwardIntegerDct(values);
  uint32_t digest = 2166136261;
  for (const int32_t value : values) {
    digest = (digest ^ static_cast<uint32_t>(value)) * 16777619;
  }
  EXPECT_EQ(digest, 11078468U);
}

}  // namespace
}  // namespace fovea::imu
