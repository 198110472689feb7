// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/retention_policy.h"

#include "api/byte_size.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kDay = 86'400'000'000'000;

TEST(ByteSizeTest, ReadsWhatPeopleWrite) {
  const std::pair<const char*, uint64_t> cases[] = {
      {"0", 0},
      {"4096", 4096},
      {"12 B", 12},
      {"200GB", 200'000'000'000},
      {"1.5 TiB", 1'649'267'441'664},
      {"4mb", 4'000'000},
      {"2KiB", 2048}};
  for (const auto& [text, bytes] : cases) {
    const auto parsed = ParseByteSize(text);
    ASSERT_TRUE(parsed.ok()) << text << parsed.status();
    EXPECT_EQ(*parsed, bytes) << text;
  }
  for (const char* text : {"", "GB", "-1", "1 XB", "1e30", "nan", "12B3"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseByteSize(text).status())) << text;
  }
}

TEST(RetentionPolicyTest, ReadsAllOfIt) {
  const auto policy = ParseRetentionPolicy(R"(
max: 200GB
min-free: 10%
keep: 30d
streams:
  - match: "door*"
    keep: 7d
  - match: gate
labels:
  - label: person
    keep: 90d
  - label: cell phone
    keep: 12h
    match: "door*"
pins:
  - stream: gate
    from: 2026-05-01T08:00:00Z
    to: 2026-05-01T09:30:00Z
    why: case 17
  - stream: yard
)");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->max_bytes, 200'000'000'000u);
  EXPECT_EQ(policy->min_free_share, 0.1);
  EXPECT_EQ(policy->KeepOf("hall"), 30 * kDay);
  EXPECT_EQ(policy->KeepOf("door-1"), 7 * kDay);
  EXPECT_EQ(policy->KeepOf("gate"), std::nullopt);
  EXPECT_EQ(policy->ClassOf("gate"), 0);
  EXPECT_EQ(policy->ClassOf("door-1"), 1);
  EXPECT_EQ(policy->ClassOf("hall"), 2);
  ASSERT_EQ(policy->labels.size(), 2u);
  EXPECT_EQ(policy->labels[0].label, "person");
  EXPECT_EQ(policy->labels[0].keep_ns, 90 * kDay);
  EXPECT_EQ(policy->labels[0].match, "*");
  EXPECT_EQ(policy->labels[1].keep_ns, kDay / 2);
  EXPECT_EQ(policy->labels[1].match, "door*");
  ASSERT_EQ(policy->pins.size(), 2u);
  EXPECT_EQ(policy->pins[0].why, "case 17");
  const int64_t from = policy->pins[0].from_ns;
  const int64_t to = policy->pins[0].to_ns;
  EXPECT_EQ(to - from, 5'400'000'000'000);
  EXPECT_TRUE(policy->IsPinned("gate", from - 5, from + 1));
  EXPECT_TRUE(policy->IsPinned("gate", to - 1, to - 1));
  EXPECT_FALSE(policy->IsPinned("gate", from - 5, from));
  EXPECT_FALSE(policy->IsPinned("gate", to, to + 5));
  EXPECT_FALSE(policy->IsPinned("hall", from, to));
  EXPECT_TRUE(policy->IsPinned("yard", 0, 1));
}

TEST(RetentionPolicyTest, AnEmptyOneKeepsEverything) {
  const auto policy = ParseRetentionPolicy("{}");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->KeepOf("any"), std::nullopt);
  EXPECT_FALSE(policy->max_bytes.has_value());
}

TEST(RetentionPolicyTest, WhatItDoesNotUnderstandItRefuses) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "expected 'key: value' lines"},
      {"maximum: 3GB", "line 1: unknown key 'maximum'"},
      {"max: much", "line 1: expected a size such as 200GB, found 'much'"},
      {"keep: 30d\nkeep: 3d", "'keep' twice"},
      {"keep: -3d", "line 1:"},
      {"min-free: 96%", "expected 0% to 95%, found '96%'"},
      {"min-free: x%", "expected 0% to 95%"},
      {"streams: all", "'streams' wants a list"},
      {"streams:\n  - keep: 3d", "line 2: a rule without 'match'"},
      {"streams:\n  - match: [a]\n", "'match' wants one value"},
      {"labels:\n  - label: person", "line 2: a label rule without 'keep'"},
      {"labels:\n  - keep: 3d", "line 2: a label rule without 'label'"},
      {"labels:\n  - label: ''\n    keep: 3d", "line 2: a label of 0 bytes"},
      {"labels:\n  - {label: a, keep: 3d, score: 1}", "unknown key 'score'"},
      {"pins:\n  - from: 1s", "a pin without 'stream'"},
      {"pins:\n  - stream: a\n    from: 2s\n    to: 1s",
       "'from' is not before 'to'"},
      {"max: [", "line 1:"}};
  for (const auto& [yaml, expected] : cases) {
    const auto policy = ParseRetentionPolicy(yaml);
    ASSERT_TRUE(absl::IsInvalidArgument(policy.status())) << yaml;
    EXPECT_THAT(std::string(policy.status().message()), HasSubstr(expected));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(
      ParseRetentionPolicy(std::string(70'000, ' ')).status()));
}

}  // namespace
}  // namespace fovea
