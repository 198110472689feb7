// SPDX-License-Identifier: GPL-2.0-or-later
//
// What series blocks keep of how their values were written: there and back,
// what does not pay, cut, damaged, claimed.

#include "codec/series_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codec/imu/core/crc32c.h"
#include "codec/series_block.h"
#include "codec/series_rows.h"
#include "tests/codec/bad_series.h"

namespace fovea {
namespace {

constexpr PrintRule kTwoDecimals = {
    .digits = PrintDigits::kDecimals, .count = 2, .zeros = true};
constexpr PrintRule kShortest = {};
constexpr size_t kChannels = 3;
constexpr uint32_t kName = 0x01020304;

std::string Printed(const PrintRule& rule, double value) {
  std::string text;
  AppendPrinted(rule, value, &text);
  return text;
}

// Two decimals, none known, shortest.
SeriesBatch Table(size_t rows) {
  SeriesBatch batch;
  batch.text.rules = {kTwoDecimals, std::nullopt, kShortest};
  for (size_t i = 0; i < rows; ++i) {
    const auto n = static_cast<double>(i);
    batch.time_ns.push_back(static_cast<int64_t>(i) * 10'000'000);
    batch.values.insert(batch.values.end(), {n / 100, std::sin(n), n / 8});
  }
  return batch;
}

// A field that is written otherwise; in order.
void Write(size_t row, size_t channel, const std::string& text,
           SeriesBatch* batch) {
  const size_t place = row * kChannels + channel;
  batch->values[place] =
      std::strtod(text.c_str() + (text[0] == '+' ? 1 : 0), nullptr);
  batch->text.fields.emplace_back(place, text);
}

std::vector<uint8_t> Encoded(const SeriesBatch& batch,
                             std::vector<double> bounds = {}) {
  SeriesCoding coding;
  coding.metadata = kName;
  coding.bounds = std::move(bounds);
  const auto block = EncodeSeriesBlock(batch, kChannels, coding);
  EXPECT_TRUE(block.ok()) << block.status();
  return block.ok() ? *block : std::vector<uint8_t>();
}

// The text of a field as a table would have it; "" unknown.
std::string FieldOf(const SeriesBatch& batch, size_t place) {
  const auto& rules = batch.text.rules;
  if (rules.empty() || !rules[place % kChannels]) return "";
  for (const auto& [at, text] : batch.text.fields) {
    if (at == place) return text;
  }
  return Printed(*rules[place % kChannels], batch.values[place]);
}

// Channels whose text comes back, all of it, from a block of `batch`; values
// have to in any case.
uint64_t WrittenAgain(const SeriesBatch& batch,
                      std::vector<double> bounds = {}) {
  const bool exact = bounds.empty();
  auto decoded = DecodeSeriesBlock(Encoded(batch, std::move(bounds)));
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  if (!decoded.ok()) return 0;
  SeriesBatch again = decoded->batch;
  again.text = WithRules(decoded->text, kChannels, batch.text.rules);
  for (size_t i = 0; exact && i < batch.values.size(); ++i) {
    EXPECT_EQ(std::bit_cast<uint64_t>(again.values[i]),
              std::bit_cast<uint64_t>(batch.values[i]));
  }
  for (size_t i = 0; i < batch.values.size(); ++i) {
    if (FieldOf(again, i).empty()) continue;
    EXPECT_EQ(FieldOf(again, i), FieldOf(batch, i)) << i;
  }
  uint64_t channels = 0;
  for (size_t c = 0; c < again.text.rules.size(); ++c) {
    if (again.text.rules[c]) channels |= uint64_t{1} << c;
  }
  return channels;
}

TEST(SeriesTextTest, FieldsComeBackLetterForLetter) {
  SeriesBatch batch = Table(100);
  EXPECT_EQ(WrittenAgain(batch), 0b101u);
  Write(3, 0, "1e5", &batch);
  Write(3, 2, "+1.0", &batch);
  Write(9, 0, "007", &batch);
  Write(10, 0, "-0", &batch);
  Write(99, 2, "2.50", &batch);
  EXPECT_EQ(WrittenAgain(batch), 0b101u);
}

TEST(SeriesTextTest, TextThatIsAllRulesTakesAByte) {
  SeriesBatch batch = Table(100);
  batch.text.rules[1] = kShortest;
  SeriesBatch silent = batch;
  silent.text = {};
  EXPECT_EQ(Encoded(batch).size(), Encoded(silent).size() + 1);
  EXPECT_EQ(WrittenAgain(batch), 0b111u);
  EXPECT_EQ(Encoded(silent)[0] & 7, 2);
  EXPECT_EQ(Encoded(batch)[0] & 7, 3);
}

TEST(SeriesTextTest, AColumnOfOtherTextGoesWithout) {
  for (const size_t rows : {5, 80, 81, 100, 1000}) {
    const size_t most = std::max<size_t>(8, rows / 10);
    for (const size_t others : {most, most + 1}) {
      if (others > rows) continue;
      SeriesBatch batch = Table(rows);
      for (size_t i = 0; i < others; ++i) {
        Write(i, 0, "0" + std::to_string(i), &batch);
      }
      EXPECT_EQ(WrittenAgain(batch), others == most ? 0b101u : 0b100u)
          << rows << " rows, " << others;
    }
  }
}

TEST(SeriesTextTest, WhatCannotBeHadAgainGoesWithout) {
  const auto with = [](const std::string& text, double value) {
    SeriesBatch batch = Table(40);
    batch.values[7 * kChannels] = value;
    batch.text.fields = {{7 * kChannels, text}};
    return WrittenAgain(batch);
  };
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(with("1.5", 1.5), 0b101u);
  EXPECT_EQ(with("1.5", 1.25), 0b100u);
  EXPECT_EQ(with("", 0), 0b100u);
  EXPECT_EQ(with(" 2.50", 2.5), 0b100u);
  EXPECT_EQ(with("2,5", 2), 0b100u);
  EXPECT_EQ(with("nan", kNan), 0b100u);
  EXPECT_EQ(with("inf", kInfinity), 0b100u);
  EXPECT_EQ(with("1e999", kInfinity), 0b100u);
  EXPECT_EQ(with(std::string(kMaxFieldTextBytes, '0'), 0), 0b101u);
  EXPECT_EQ(with(std::string(kMaxFieldTextBytes + 1, '0'), 0), 0b100u);
}

TEST(SeriesTextTest, WhatIsNotOfTheBatchIsNoText) {
  SeriesBatch batch = Table(40);
  batch.text.fields = {{9, "0"}, {6, "0"}};
  EXPECT_EQ(WrittenAgain(batch), 0u) << "not in order";
  batch.text.fields = {{40 * kChannels, "0"}};
  EXPECT_EQ(WrittenAgain(batch), 0u) << "beyond the end";
  batch = Table(40);
  batch.text.rules.pop_back();
  EXPECT_EQ(Encoded(batch)[0] & 7, 2) << "of other channels";
}

TEST(SeriesTextTest, BoundsAndNamelessBlocksKeepNone) {
  const SeriesBatch batch = Table(100);
  EXPECT_EQ(WrittenAgain(batch, {0.25, 0, 0}), 0b100u);
  EXPECT_EQ(WrittenAgain(batch, {0.25, 0, 0.5}), 0u);
  EXPECT_EQ((*EncodeSeriesBlock(batch, kChannels))[0] & 7, 2);
}

TEST(SeriesTextTest, OfAllChannelsThereCanBe) {
  SeriesBatch batch;
  batch.time_ns = {0, 1};
  batch.values.assign(128, 0.5);
  batch.text.rules.assign(64, kTwoDecimals);
  SeriesCoding coding;
  coding.metadata = kName;
  auto decoded = DecodeSeriesBlock(*EncodeSeriesBlock(batch, 64, coding));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->text.channels, ~uint64_t{0});
  batch.text.rules[63].reset();
  batch.text.fields = {{126, "05e-1"}};
  decoded = DecodeSeriesBlock(*EncodeSeriesBlock(batch, 64, coding));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->text.channels, ~uint64_t{0} >> 1);
  EXPECT_EQ(decoded->text.exceptions.texts, std::vector<std::string>{"05e-1"});
}

// ---- rows that are cut out and put together

TEST(SeriesTextTest, RowsTakeTheirTextAlong) {
  SeriesBatch batch = Table(50);
  Write(3, 0, "1e5", &batch);
  Write(20, 2, "+1.0", &batch);
  Write(30, 0, "007", &batch);
  const SeriesBatch part = RowsOf(batch, kChannels, 20, 31);
  ASSERT_EQ(part.time_ns.size(), 11u);
  for (size_t i = 0; i < part.values.size(); ++i) {
    EXPECT_EQ(FieldOf(part, i), FieldOf(batch, i + 20 * kChannels));
  }
}

TEST(SeriesTextTest, RowsOfAnotherRuleAreOfNone) {
  SeriesBatch one = Table(5);
  SeriesBatch joined = one;
  one.text.rules[0] = kShortest;
  AppendRow(one, 2, kChannels, &joined);
  const PrintRules left = {std::nullopt, std::nullopt, kShortest};
  EXPECT_EQ(joined.text.rules, left);
  one.text = {};
  AppendRow(one, 2, kChannels, &joined);
  EXPECT_TRUE(joined.text.rules.empty());
  AppendRow(Table(5), 2, kChannels, &joined);
  EXPECT_TRUE(joined.text.rules.empty());
}

TEST(SeriesTextTest, OfTooManyFieldsNoneIsKept) {
  SeriesBatch batch;
  batch.text.rules = {kShortest};
  for (size_t i = 0; i <= kMaxTextFields; ++i) {
    batch.time_ns.push_back(static_cast<int64_t>(i));
    batch.values.push_back(1);
    batch.text.fields.emplace_back(i, "1e0");
  }
  EXPECT_TRUE(RowsOf(batch, 1, 0, kMaxTextFields + 1).text.rules.empty());
  const SeriesText some = RowsOf(batch, 1, 1, kMaxTextFields + 1).text;
  EXPECT_EQ(some.rules.size(), 1u);
  EXPECT_EQ(some.fields.size(), kMaxTextFields);
}

// ---- damage

TEST(SeriesTextTest, AnyDamageIsAnError) {
  SeriesBatch batch = Table(30);
  Write(3, 0, "1e5", &batch);
  Write(4, 2, "+1.0", &batch);
  const auto block = Encoded(batch);
  for (size_t i = 0; i < block.size(); ++i) {
    EXPECT_EQ(DecodeSeriesBlock(std::span(block).first(i)).status().code(),
              absl::StatusCode::kDataLoss)
        << i;
    for (const uint8_t mask : {uint8_t{1}, uint8_t{0x80}, uint8_t{0xff}}) {
      auto damaged = block;
      damaged[i] ^= mask;
      EXPECT_EQ(DecodeSeriesBlock(damaged).status().code(),
                absl::StatusCode::kDataLoss)
          << i;
    }
  }
}

// Under a checksum that fits values may differ, but text reads as they do.
TEST(SeriesTextTest, DamageThatWasSealedLiesOfNoValue) {
  SeriesBatch batch = Table(30);
  Write(3, 0, "1e5", &batch);
  Write(4, 2, "+1.0", &batch);
  auto sound = Encoded(batch);
  sound.erase(sound.end() - 4, sound.end());
  size_t read = 0;
  for (size_t i = 0; i < sound.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      auto damaged = sound;
      damaged[i] ^= static_cast<uint8_t>(1 << bit);
      testing::PutCrc32c(&damaged);
      const auto decoded = DecodeSeriesBlock(damaged);
      if (!decoded.ok()) continue;
      ++read;
      const TextExceptions& others = decoded->text.exceptions;
      for (const auto& [place, which] : others.fields) {
        EXPECT_EQ(std::strtod(others.texts[which].c_str(), nullptr),
                  decoded->batch.values[place]);
      }
    }
  }
  EXPECT_GT(read, 0u);
}

// One row of two channels, 0.5 and 2, kept raw, under these texts.
absl::StatusCode CodeOf(std::vector<uint8_t> texts, uint8_t version = 3) {
  std::vector<uint8_t> block = {version, 2, 1};
  block.insert(block.end(), texts.begin(), texts.end());
  block.insert(block.end(), {0, 0});
  for (const double value : {0.5, 2.0}) {
    block.push_back(0);
    PutU64(std::bit_cast<uint64_t>(value), &block);
  }
  testing::PutCrc32c(&block);
  return DecodeSeriesBlock(block).status().code();
}

TEST(SeriesTextTest, ClaimsAreChecked) {
  constexpr auto kOk = absl::StatusCode::kOk;
  constexpr auto kDamaged = absl::StatusCode::kDataLoss;
  EXPECT_EQ(CodeOf({0}), kOk);
  EXPECT_EQ(CodeOf({1, 3}), kOk);
  EXPECT_EQ(CodeOf({7, 2, 1, 1, '2', 1, 1, 0}), kOk);
  EXPECT_EQ(CodeOf({7, 3, 1, 1, '2', 1, 1, 0}), kOk);
  EXPECT_EQ(CodeOf({7, 3, 1, 1, '2', 1, 0, 0}), kDamaged) << "reads as 2";
  EXPECT_EQ(CodeOf({7, 1, 1, 1, '2', 1, 1, 0}), kDamaged) << "not written";
  EXPECT_EQ(CodeOf({7, 2, 1, 1, '2', 1, 2, 0}), kDamaged) << "no such field";
  EXPECT_EQ(CodeOf({7, 2, 1, 1, '2', 1, 1, 1}), kDamaged) << "no such text";
  EXPECT_EQ(CodeOf({8, 2, 1, 1, '2', 1, 1, 0, 0}), kDamaged) << "left over";
  EXPECT_EQ(CodeOf({1, 0}), kDamaged) << "of no channel";
  EXPECT_EQ(CodeOf({1, 4}), kDamaged) << "of a third channel";
  EXPECT_EQ(CodeOf({0x80, 0x80, 0x80, 0x80, 0x10}), kDamaged) << "2^32 bytes";
  EXPECT_EQ(CodeOf({6, 3, 0x80, 0x80, 0x80, 0x80, 0x10}), kDamaged)
      << "2^32 texts";
  EXPECT_EQ(CodeOf({0}, 3 | 128), kDamaged) << "of windows";
  EXPECT_EQ(CodeOf({0}, 4), kDamaged) << "another version";
}

TEST(SeriesTextTest, MoreFieldsThanAreKeptAreRefused) {
  for (const size_t others : {10, 11}) {
    BlockText text;
    text.channels = 1;
    text.exceptions.texts = {"0"};
    for (size_t i = 0; i < others; ++i) {
      text.exceptions.fields.emplace_back(i, 0);
    }
    std::vector<uint8_t> bytes;
    PutBlockText(text, 1, &bytes);
    ByteReader in(bytes);
    EXPECT_EQ(ReadBlockText(&in, 1, 100).ok(), others == 10);
  }
}

TEST(SeriesTextTest, OfAnyBatchValuesComeBack) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    SeriesBatch batch = Table(1 + random() % 60);
    for (size_t i = 0; i < batch.values.size(); ++i) {
      if (random() % 4 == 0) batch.values[i] = std::bit_cast<double>(random());
      if (random() % 9 != 0) continue;
      const PrintRule rule = {.digits = PrintDigits::kSignificant,
                              .count = static_cast<uint8_t>(1 + random() % 20)};
      batch.text.fields.emplace_back(i, Printed(rule, batch.values[i]));
    }
    WrittenAgain(batch);
  }
}

}  // namespace
}  // namespace fovea
