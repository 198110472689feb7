// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/policy.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fovea::bench {
namespace {

using ::testing::HasSubstr;

TEST(PolicyTest, TextComesBackAsItself) {
  for (const char* text :
       {"plain/aq1/c0", "plain/aq0/notree/c-9", "proxy", "proxy/k1/aq2",
        "boxes/yolox/+8", "boxes/fastestdet+yolox/@0.3/+12/grow2/hold10/c0",
        "binary/fastestdet/+10", "freeze/yolox/c-3", "proxy/yolox/cap4/freeze",
        "sensitivity/=grads", "sensitivity/=grads/yolox/k0.5/cap4/freeze",
        "sensitivity/=a+b/exact", "models/=a+b/hold10",
        "binary/=a+b/@0.1/+10/hold10/aq0/notree"}) {
    const auto policy = Policy::Parse(text);
    ASSERT_TRUE(policy.ok()) << policy.status();
    EXPECT_EQ(policy->Text(), text);
  }
}

TEST(PolicyTest, DefaultsMayBeLeftOut) {
  const auto policy = Policy::Parse("plain");
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy->Text(), "plain/aq1/c-6");
  EXPECT_EQ(Policy::Parse("boxes/yolox")->Text(), "boxes/yolox/+12");
}

TEST(PolicyTest, ASettingThatIsNoneIsRefusedByName) {
  for (const char* text :
       {"plain/aq4", "plain/yolox", "nothing", "boxes",
        "boxes/yolox/fastestdet", "proxy/cx/cy", "plain/freeze", "proxy/cap4",
        "boxes/yolox/hold0", "models", "models/=a/k0.5", "models/=a/c-3",
        "models/=a/freeze", "sensitivity", "sensitivity/=", "proxy/=grads",
        "plain/exact", "binary", ""}) {
    EXPECT_FALSE(Policy::Parse(text).ok()) << text;
  }
  EXPECT_THAT(std::string(Policy::Parse("plain/aq4").status().message()),
              HasSubstr("'aq4'"));
}

TEST(PolicyTest, TheGridIsComplete) {
  const auto grid = ParsePolicies("grid,plain/aq1/c0", {"yolox"});
  ASSERT_TRUE(grid.ok());
  EXPECT_EQ(grid->size(), 32U);  // 4 aq modes x 2 x 4 chroma offsets
  std::set<std::string> texts;
  for (const Policy& policy : *grid) texts.insert(policy.Text());
  EXPECT_EQ(texts.size(), 32U);
  EXPECT_EQ(texts.count(kDefaultPlain), 1U);
}

TEST(PolicyTest, RivalsUseTheBoxesOfEachJudgeAndOfAll) {
  const auto rivals = ParsePolicies("rivals", {"fastestdet", "yolox"});
  ASSERT_TRUE(rivals.ok()) << rivals.status();
  std::set<std::string> texts;
  for (const Policy& policy : *rivals) texts.insert(policy.Text());
  EXPECT_EQ(texts.count("boxes/fastestdet/+8"), 1U);
  EXPECT_EQ(texts.count("boxes/fastestdet+yolox/+12"), 1U);
  EXPECT_EQ(texts.count("proxy"), 1U);
}

}  // namespace
}  // namespace fovea::bench
