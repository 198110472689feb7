// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keys of priors, observations and presence sort as what they name; values come
// back as they were.

#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "store/derived_rows.h"
#include "tests/support/damage.h"

namespace fovea::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelKey Model(uint8_t byte) {
  ModelKey model;
  model.fill(byte);
  return model;
}

class Dice {
 public:
  uint64_t U64() { return engine_() >> (engine_() % 64); }
  int64_t I64() {
    return static_cast<int64_t>(engine_() % 2 == 0 ? U64() : ~U64());
  }
  // Few letters, so that labels often begin others.
  std::string Label() {
    std::string label(1 + engine_() % 4, 'a');
    for (char& c : label)
      c = "\x01"
          "ab\xff"[engine_() % 4];
    return label;
  }

 private:
  std::mt19937_64 engine_{2025};
};

TEST(DerivedKeyTest, ObservationsSortByStreamLabelSignedStartTrack) {
  Dice dice;
  const auto any = [&] {
    return std::tuple(StreamId{dice.U64() % 3}, dice.Label(), dice.I64() % 9,
                      dice.U64() % 3);
  };
  const auto sorted_like = [](const auto& a, const auto& b) {
    // char is signed, bytes are not.
    const std::string& la = std::get<1>(a);
    const std::string& lb = std::get<1>(b);
    const int labels = std::string_view(la).compare(lb);
    return std::tuple(std::get<0>(a), labels, std::get<2>(a), std::get<3>(a)) <
           std::tuple(std::get<0>(b), 0, std::get<2>(b), std::get<3>(b));
  };
  for (int i = 0; i < 5000; ++i) {
    const auto a = any(), b = any();
    EXPECT_EQ(sorted_like(a, b),
              std::apply(ObservationKey, a) < std::apply(ObservationKey, b));
    const auto parts = ParseObservationKey(std::apply(ObservationKey, a));
    ASSERT_TRUE(parts.ok()) << parts.status();
    EXPECT_EQ(
        std::tuple(parts->stream, parts->label, parts->start_ns, parts->track),
        a);
  }
}

TEST(DerivedKeyTest, PrefixesHoldTheKeysOfOneLabelAndNoOthers) {
  Dice dice;
  for (int i = 0; i < 3000; ++i) {
    const std::string wanted = dice.Label();
    const std::string label = dice.Label();
    const std::string key = ObservationKey(7, label, dice.I64(), dice.U64());
    const bool inside = ObservationPrefix(7, wanted) <= key &&
                        key < ObservationPrefixEnd(7, wanted);
    EXPECT_EQ(inside, label == wanted);
  }
  EXPECT_LE(ObservationPrefix(7, "car", -5), ObservationKey(7, "car", -5, 0));
  EXPECT_GT(ObservationPrefix(7, "car", -4), ObservationKey(7, "car", -5, 9));
}

TEST(DerivedKeyTest, PresenceSortsByLabelSignedStartStreamTrack) {
  Dice dice;
  const auto any = [&] {
    return std::tuple(dice.Label(), dice.I64() % 9, StreamId{dice.U64() % 3},
                      dice.U64() % 3);
  };
  for (int i = 0; i < 5000; ++i) {
    const auto a = any(), b = any();
    const int labels = std::string_view(std::get<0>(a)).compare(std::get<0>(b));
    const auto rest = [](const auto& key) {
      return std::tuple(std::get<1>(key), std::get<2>(key), std::get<3>(key));
    };
    EXPECT_EQ(std::tuple(labels, rest(a)) < std::tuple(0, rest(b)),
              std::apply(PresenceKey, a) < std::apply(PresenceKey, b));
    const std::string key = std::apply(PresenceKey, a);
    const auto parts = ParsePresenceKey(key);
    ASSERT_TRUE(parts.ok()) << parts.status();
    EXPECT_EQ(
        std::tuple(parts->label, parts->start_ns, parts->stream, parts->track),
        a);
    const std::string& label = std::get<0>(b);
    EXPECT_EQ(PresencePrefix(label, INT64_MIN) <= key &&
                  key < PresencePrefixEnd(label),
              label == parts->label);
  }
}

TEST(DerivedKeyTest, PriorsSortByCameraThenModel) {
  EXPECT_LT(PriorKey(1, Model(9)), PriorKey(2, Model(1)));
  EXPECT_LT(PriorKey(255, Model(1)), PriorKey(256, Model(1)));
  EXPECT_LT(PriorKey(1, Model(0x7f)), PriorKey(1, Model(0x80)));
  const auto parts = ParsePriorKey(PriorKey(5, Model(3)));
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->camera, 5u);
  EXPECT_EQ(parts->model, Model(3));
}

TEST(DerivedKeyTest, CutAndLongerKeysAreDataLoss) {
  ForEachTruncation(ObservationKey(7, "person", 5, 6), [](const auto& cut) {
    EXPECT_TRUE(absl::IsDataLoss(ParseObservationKey(cut).status()));
  });
  EXPECT_TRUE(absl::IsDataLoss(
      ParseObservationKey(ObservationKey(7, "a", 5, 6) + "x").status()));
  ForEachTruncation(PresenceKey("person", 5, 6, 7), [](const auto& cut) {
    EXPECT_TRUE(absl::IsDataLoss(ParsePresenceKey(cut).status()));
  });
  EXPECT_TRUE(absl::IsDataLoss(
      ParsePresenceKey(PresenceKey("a", 5, 6, 7) + "x").status()));
  ForEachTruncation(PriorKey(7, Model(1)), [](const auto& cut) {
    EXPECT_TRUE(absl::IsDataLoss(ParsePriorKey(cut).status()));
  });
  EXPECT_TRUE(
      absl::IsDataLoss(ParsePriorKey(PriorKey(7, Model(1)) + "x").status()));
}

TEST(DerivedKeyTest, LabelsHaveBounds) {
  EXPECT_FALSE(IsLabel(""));
  EXPECT_TRUE(IsLabel(std::string(64, 'l')));
  EXPECT_FALSE(IsLabel(std::string(65, 'l')));
  EXPECT_FALSE(IsLabel(std::string("a\0b", 3)));
  std::string key = ObservationKey(7, std::string(64, 'l'), 5, 6);
  EXPECT_TRUE(ParseObservationKey(key).ok());
  key.insert(8, "l");
  EXPECT_THAT(ParseObservationKey(key).status().ToString(),
              HasSubstr("label must be 1 to 64 bytes, found 65"));
  key = ObservationKey(7, "l", 5, 6);
  key.erase(8, 1);
  EXPECT_THAT(ParseObservationKey(key).status().ToString(),
              HasSubstr("label must be 1 to 64 bytes, found 0"));
}

TEST(DerivedValueTest, ComesBackAsItWas) {
  for (const auto& [family, encode] :
       {std::pair(Family::kPrior, &EncodePriorRow),
        std::pair(Family::kSem, &EncodeObservationRow),
        std::pair(Family::kSemx, &EncodePresenceRow)}) {
    for (const DerivedRow& row :
         {DerivedRow{0, ""}, DerivedRow{UINT64_MAX, std::string("\0b", 2)}}) {
      const auto back = DecodeDerivedRow(family, encode(row));
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(*back, row);
    }
    std::string value = encode({7, ""});
    for (size_t size = 0; size < value.size(); ++size) {
      const auto cut = DecodeDerivedRow(family, value.substr(0, size));
      EXPECT_TRUE(absl::IsDataLoss(cut.status()));
    }
    value[0] = 9;
    const absl::Status status = DecodeDerivedRow(family, value).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status));
    EXPECT_THAT(status.ToString(),
                HasSubstr("row of version 9; this build reads version 1"));
  }
}

TEST(DerivedValueTest, BodiesBeyondTheLimitAreDamage) {
  std::string prior =
      EncodePriorRow({1, std::string(kRowLimits.max_prior_bytes, 'p')});
  EXPECT_TRUE(DecodePriorRow(prior).ok());
  EXPECT_TRUE(absl::IsDataLoss(DecodePriorRow(prior + "p").status()));
  std::string observation = EncodeObservationRow(
      {1, std::string(kRowLimits.max_observation_bytes, 'o')});
  EXPECT_TRUE(DecodeObservationRow(observation).ok());
  EXPECT_TRUE(
      absl::IsDataLoss(DecodeObservationRow(observation + "o").status()));
  std::string presence =
      EncodePresenceRow({1, std::string(kRowLimits.max_presence_bytes, 'm')});
  EXPECT_TRUE(DecodePresenceRow(presence).ok());
  EXPECT_TRUE(absl::IsDataLoss(DecodePresenceRow(presence + "m").status()));
}

}  // namespace
}  // namespace fovea::testing
