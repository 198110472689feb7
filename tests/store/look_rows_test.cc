// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/look_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace fovea {
namespace {

using ::testing::SizeIs;

ModelKey KeyOfByte(uint8_t byte) {
  ModelKey key;
  key.fill(byte);
  return key;
}

const ModelLooks kLooks{
    3, "small", {{0, 250, 10}, {250, 300, 5}, {4000, 4001, 1}}};

TEST(LookRowsTest, RoundTrip) {
  for (const ModelLooks& looks : {ModelLooks(), kLooks}) {
    const auto again = DecodeModelLooks(EncodeModelLooks(looks));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, looks);
  }
}

TEST(LookRowsTest, KeysOfAStreamStandTogether) {
  const std::string key = ModelLooksKey(7, KeyOfByte(0xFF));
  EXPECT_GE(key, ModelLooksPrefix(7));
  EXPECT_LT(key, ModelLooksPrefix(8));
  const auto model = ParseModelLooksKey(key);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(*model, KeyOfByte(0xFF));
}

TEST(LookRowsTest, ALongNameIsCut) {
  ModelLooks looks = kLooks;
  looks.name = std::string(kRowLimits.max_name_bytes + 1, 'n');
  const auto again = DecodeModelLooks(EncodeModelLooks(looks));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(again->name, SizeIs(kRowLimits.max_name_bytes));
}

TEST(LookRowsTest, EveryCutIsDamage) {
  const std::string value = EncodeModelLooks(kLooks);
  for (size_t size = 0; size < value.size(); ++size) {
    EXPECT_EQ(DecodeModelLooks(value.substr(0, size)).status().code(),
              absl::StatusCode::kDataLoss)
        << size;
  }
  EXPECT_FALSE(DecodeModelLooks(value + '\0').ok());
  const std::string key = ModelLooksKey(7, KeyOfByte(1));
  for (size_t size = 0; size < key.size(); ++size) {
    EXPECT_FALSE(ParseModelLooksKey(key.substr(0, size)).ok()) << size;
  }
}

TEST(LookRowsTest, AnotherVersionIsNoDamage) {
  std::string value = EncodeModelLooks(kLooks);
  value[0] = 2;
  EXPECT_EQ(DecodeModelLooks(value).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(LookRowsTest, SpansWithoutFramesOrStepAreDamage) {
  ModelLooks empty = kLooks;
  empty.spans[1].end_index = empty.spans[1].first_index;
  ModelLooks still = kLooks;
  still.spans[1].step = 0;
  ModelLooks far = kLooks;
  far.spans[2].end_index = UINT64_MAX;
  for (const ModelLooks& looks : {empty, still, far}) {
    EXPECT_EQ(DecodeModelLooks(EncodeModelLooks(looks)).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST(LookRowsTest, TooManySpansAreDamage) {
  ModelLooks looks;
  for (uint64_t i = 0; i < kRowLimits.max_look_spans; ++i) {
    looks.spans.push_back({2 * i, 2 * i + 1, 1});
  }
  EXPECT_TRUE(DecodeModelLooks(EncodeModelLooks(looks)).ok());
  looks.spans.push_back({1 << 20, (1 << 20) + 1, 1});
  EXPECT_FALSE(DecodeModelLooks(EncodeModelLooks(looks)).ok());
}

}  // namespace
}  // namespace fovea
