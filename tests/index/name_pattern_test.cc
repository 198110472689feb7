// SPDX-License-Identifier: GPL-2.0-or-later
//
// Patterns match names as a shell's do.

#include "index/name_pattern.h"

#include <tuple>

#include "gtest/gtest.h"

namespace fovea {
namespace {

TEST(NamePatternTest, PatternsMatchAsInAShell) {
  const std::tuple<const char*, const char*, bool> cases[] = {
      {"*", "", true},
      {"*", "any", true},
      {"door*", "door-1", true},
      {"door*", "a door", false},
      {"*.imu", "cam.imu", true},
      {"*.imu", "cam.imu2", false},
      {"c?m", "cam", true},
      {"c?m", "cm", false},
      {"a*b*c", "aXbYbZc", true},
      {"a*b*c", "aXbYbZ", false},
      {"", "", true},
      {"", "a", false}};
  for (const auto& [pattern, text, matches] : cases) {
    EXPECT_EQ(MatchesPattern(pattern, text), matches) << pattern << " " << text;
  }
}

}  // namespace
}  // namespace fovea
