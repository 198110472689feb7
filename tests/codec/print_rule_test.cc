// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/print_rule.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "codec/byte_stream.h"

namespace fovea {
namespace {

using Texts = std::vector<std::string>;

std::string Printed(const PrintRule& rule, double value) {
  std::string text;
  AppendPrinted(rule, value, &text);
  return text;
}

std::string ByPrintf(const char* format, int count, double value) {
  char text[400];
  std::snprintf(text, sizeof(text), format, count, value);
  return text;
}

// A column as a table of text has it.
class Column {
 public:
  explicit Column(Texts texts) : texts_(std::move(texts)) {
    for (const std::string& text : texts_) {
      views_.push_back(text);
      values_.push_back(std::strtod(text.c_str(), nullptr));
    }
  }

  PrintRule Fit() const { return FitPrintRule(views_, values_); }

  // Keeps the rule and the exceptions as bytes, then writes all fields
  // again; how many were exceptions.
  size_t CheckComesBack() const {
    std::vector<uint8_t> bytes;
    const PrintRule rule = Fit();
    PutPrintRule(rule, &bytes);
    PutTextExceptions(FindTextExceptions(rule, views_, values_), &bytes);
    ByteReader in(bytes);
    const auto read_rule = ReadPrintRule(&in);
    EXPECT_TRUE(read_rule.ok()) << read_rule.status();
    const auto exceptions = ReadTextExceptions(&in, texts_.size());
    EXPECT_TRUE(exceptions.ok()) << exceptions.status();
    if (!read_rule.ok() || !exceptions.ok()) return texts_.size();
    EXPECT_EQ(in.remaining(), 0u);
    Texts again;
    for (const double value : values_) {
      again.push_back(Printed(*read_rule, value));
    }
    for (const auto& [field, which] : exceptions->fields) {
      again[field] = exceptions->texts[which];
    }
    EXPECT_EQ(again, texts_);
    return exceptions->fields.size();
  }

 private:
  Texts texts_;
  std::vector<std::string_view> views_;
  std::vector<double> values_;
};

// Values of all sizes that sensors give, as `print` writes them.
Texts Written(uint64_t seed,
              const std::function<std::string(double value)>& print) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  Texts texts;
  for (int i = 0; i < 1000; ++i) {
    texts.push_back(print(std::ldexp(normal(random), -(i % 20))));
  }
  return texts;
}

TEST(PrintRuleTest, WritesAsPrintfDoes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    double value = std::bit_cast<double>(random());
    if (i % 2 == 0) value = std::ldexp(std::fmod(value, 1), i % 60 - 30);
    if (!std::isfinite(value)) continue;
    const auto count = static_cast<uint8_t>(1 + i % 20);
    const PrintRule general = {PrintDigits::kSignificant, count,
                               PrintNotation::kPrintf, false, false};
    EXPECT_EQ(Printed(general, value), ByPrintf("%.*g", count, value));
    const PrintRule fixed = {PrintDigits::kDecimals, count,
                             PrintNotation::kPlain, true, false};
    EXPECT_EQ(Printed(fixed, value), ByPrintf("%.*f", count, value));
    const PrintRule scientific = {PrintDigits::kSignificant, count,
                                  PrintNotation::kScientific, true, false};
    EXPECT_EQ(Printed(scientific, value), ByPrintf("%.*e", count - 1, value));
  }
}

TEST(PrintRuleTest, NotationsTurnToExponentsWhereTheirLanguagesDo) {
  const auto shortest = [](PrintNotation notation, bool point, double value) {
    return Printed({PrintDigits::kShortest, 0, notation, false, point}, value);
  };
  EXPECT_EQ(shortest(PrintNotation::kPython, true, 1e-4), "0.0001");
  EXPECT_EQ(shortest(PrintNotation::kPython, true, 1e-5), "1e-05");
  EXPECT_EQ(shortest(PrintNotation::kPython, true, 1e15), "1000000000000000.0");
  EXPECT_EQ(shortest(PrintNotation::kPython, true, 1e16), "1e+16");
  EXPECT_EQ(shortest(PrintNotation::kJavaScript, false, 1.5e-6), "0.0000015");
  EXPECT_EQ(shortest(PrintNotation::kJavaScript, false, 1.5e-7), "1.5e-7");
  EXPECT_EQ(shortest(PrintNotation::kJavaScript, false, 1e21), "1e+21");
  EXPECT_EQ(shortest(PrintNotation::kJava, true, 1e-3), "0.001");
  EXPECT_EQ(shortest(PrintNotation::kJava, true, 1e-4), "1.0E-4");
  EXPECT_EQ(shortest(PrintNotation::kJava, true, 12345678), "1.2345678E7");
  EXPECT_EQ(shortest(PrintNotation::kJava, true, 9999999), "9999999.0");
  EXPECT_EQ(shortest(PrintNotation::kJava, true, 1e7), "1.0E7");
  EXPECT_EQ(shortest(PrintNotation::kPrintf, false, 12), "1.2e+01");
  EXPECT_EQ(Printed({PrintDigits::kShortestFloat, 0, PrintNotation::kJava,
                     false, true},
                    9999999.9999),
            "1.0E7");
  EXPECT_EQ(shortest(PrintNotation::kDotNet, false, 8.44e-5), "8.44E-05");
  EXPECT_EQ(shortest(PrintNotation::kPlain, false, -1e-7), "-0.0000001");
  for (const PrintNotation notation :
       {PrintNotation::kPlain, PrintNotation::kPrintf, PrintNotation::kPython,
        PrintNotation::kJavaScript, PrintNotation::kJava}) {
    EXPECT_EQ(shortest(notation, true, 0), "0.0");
    EXPECT_EQ(shortest(notation, false, -0.0), "-0");
  }
}

TEST(PrintRuleTest, FindsTheRuleOfAColumn) {
  const std::vector<std::pair<const char*, int>> kFormats = {
      {"%.*g", 17}, {"%.*g", 7},  {"%.*g", 15}, {"%.*f", 10},
      {"%.*f", 3},  {"%.*e", 18}, {"%.*e", 6}};
  for (const auto& [format, count] : kFormats) {
    const Column column(Written(
        2, [&](double value) { return ByPrintf(format, count, value); }));
    EXPECT_EQ(column.CheckComesBack(), 0u) << format << count;
  }
  // Shortest texts of doubles, of floats, and of floats made doubles.
  for (const PrintDigits digits :
       {PrintDigits::kShortest, PrintDigits::kShortestFloat}) {
    for (int notation = 0; notation <= 6; ++notation) {
      const PrintRule rule = {digits, 0, static_cast<PrintNotation>(notation),
                              false, notation % 2 == 0};
      const Column column(
          Written(3, [&rule](double value) { return Printed(rule, value); }));
      EXPECT_EQ(column.CheckComesBack(), 0u) << notation;
    }
  }
  const Column doubled(Written(4, [](double value) {
    return Printed({.digits = PrintDigits::kShortest},
                   static_cast<double>(static_cast<float>(value)));
  }));
  EXPECT_EQ(doubled.CheckComesBack(), 0u);
}

// Texts that a rule gives or nearly gives, of values they nearly read as.
TEST(PrintRuleTest, TextsAreComparedAsIfTheyWerePrinted) {
  std::mt19937_64 random(11);
  constexpr const char* kFormats[] = {"%.*g", "%.*f", "%.*e"};
  size_t same = 0;
  for (int i = 0; i < 300'000; ++i) {
    double value = std::ldexp(static_cast<double>(random() % 100'000'000),
                              static_cast<int>(random() % 50) - 40);
    if (i % 3 == 0) value = std::round(value * 1000) / 1000;
    if (i % 5 == 0) value = -value;
    const int count = static_cast<int>(random() % 20);
    std::string text = ByPrintf(kFormats[random() % 3], count, value);
    if (i % 7 == 0) text[random() % text.size()] ^= static_cast<char>(1);
    if (i % 11 == 0) text += ".0";
    if (i % 4 == 0) value = std::nextafter(value, i % 8 == 0 ? 1e9 : -1e9);
    const PrintRule rule = {static_cast<PrintDigits>(random() % 4),
                            static_cast<uint8_t>(count),
                            static_cast<PrintNotation>(random() % 7),
                            random() % 2 == 0, random() % 3 == 0};
    if (rule.digits == PrintDigits::kSignificant && count == 0) continue;
    const bool is = Printed(rule, value) == text;
    EXPECT_EQ(IsWrittenBy(rule, text, value), is) << text << " of " << value;
    same += is ? 1 : 0;
  }
  EXPECT_GT(same, 10'000u);
  for (const char* text : {"", "-", ".", "5.", ".5", "00", "01.5", "+1", "1.",
                           "-0", "0", "0.0", "-0.0", "x", "1.0.0", "--1"}) {
    for (const double value : {0.0, -0.0, 1.0, 1.5, 5.0, 0.5}) {
      for (int digits = 0; digits < 4; ++digits) {
        for (const bool point : {false, true}) {
          const PrintRule rule = {static_cast<PrintDigits>(digits), 1,
                                  PrintNotation::kPrintf, false, point};
          EXPECT_EQ(IsWrittenBy(rule, text, value),
                    Printed(rule, value) == text)
              << text << " of " << value;
        }
      }
    }
  }
}

TEST(PrintRuleTest, RulesHaveShortNames) {
  const auto name = [](PrintDigits digits, uint8_t count,
                       PrintNotation notation, bool zeros, bool point) {
    return PrintRuleText({digits, count, notation, zeros, point});
  };
  using enum PrintDigits;
  using enum PrintNotation;
  EXPECT_EQ(name(kSignificant, 17, kPrintf, false, false), "%.17g");
  EXPECT_EQ(name(kSignificant, 17, kPrintf, false, true), "%.17g, 2.0");
  EXPECT_EQ(name(kSignificant, 7, kPrintf, true, false), "%#.7g");
  EXPECT_EQ(name(kSignificant, 7, kScientific, true, false), "%.6e");
  EXPECT_EQ(name(kSignificant, 7, kJava, false, true),
            "at most 7 digits, Java, 2.0");
  EXPECT_EQ(name(kSignificant, 7, kPlain, true, false), "7 digits");
  EXPECT_EQ(name(kDecimals, 3, kPlain, true, false), "%.3f");
  EXPECT_EQ(name(kDecimals, 3, kPlain, false, false), "at most 3 decimals");
  EXPECT_EQ(name(kShortest, 0, kPlain, false, false), "shortest");
  EXPECT_EQ(name(kShortestFloat, 0, kPython, false, true),
            "shortest float, Python, 2.0");
  EXPECT_EQ(PrintRulesText({}), "");
  EXPECT_EQ(PrintRulesText({std::nullopt}), "");
  EXPECT_EQ(PrintRulesText({PrintRule{}, std::nullopt, PrintRule{}}),
            "shortest; unknown");
}

TEST(PrintRuleTest, OddFieldsAreExceptions) {
  Texts texts =
      Written(5, [](double value) { return ByPrintf("%.*g", 7, value); });
  texts[0] = "+1.50";
  texts[17] = "007";
  texts[18] = "-8.440E-05";
  texts[500] = "007";
  texts[999] = "1e400";
  EXPECT_EQ(Column(texts).CheckComesBack(), 5u);
  EXPECT_EQ(Column({"0.0", "1.5", "-2.25"}).CheckComesBack(), 0u);
  EXPECT_EQ(Column({"0"}).CheckComesBack(), 0u);
  EXPECT_EQ(Column({"x"}).CheckComesBack(), 1u);
  EXPECT_EQ(Column({""}).CheckComesBack(), 1u);
}

TEST(PrintRuleTest, ValuesWithoutDecimalsHaveNames) {
  const PrintRule rule = {.digits = PrintDigits::kShortestFloat};
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Printed(rule, std::nan("7")), "nan");
  EXPECT_EQ(Printed(rule, kInfinity), "inf");
  EXPECT_EQ(Printed(rule, -kInfinity), "-inf");
  EXPECT_EQ(Printed(rule, 1e300), "inf");  // as a float
}

TEST(PrintRuleTest, DamageIsAnError) {
  std::vector<uint8_t> bytes;
  PutTextExceptions({{"a", "bcd", ""}, {{0, 1}, {1, 0}, {300, 2}}}, &bytes);
  const auto read = [](std::vector<uint8_t> some, size_t fields) {
    ByteReader in(some);
    return ReadTextExceptions(&in, fields);
  };
  EXPECT_TRUE(read(bytes, 301).ok());
  EXPECT_FALSE(read(bytes, 300).ok());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(
        read({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)},
             301)
            .ok())
        << size;
  }
  // 2^32 texts, 2^32 fields, a text that is not there, a field twice.
  for (const std::vector<uint8_t>& wrong :
       {std::vector<uint8_t>{0xff, 0xff, 0xff, 0xff, 0x0f},
        {1, 1, 'a', 0xff, 0xff, 0xff, 0xff, 0x0f},
        {1, 1, 'a', 1, 0, 1},
        {1, 1, 'a', 2, 5, 0, 0, 0}}) {
    EXPECT_EQ(read(wrong, 1'000'000).status().code(),
              absl::StatusCode::kDataLoss);
  }
  for (const std::vector<uint8_t>& wrong :
       {std::vector<uint8_t>{}, {0}, {2, 0}, {2, 21}, {0, 1}, {0x72, 7}}) {
    ByteReader in(wrong);
    EXPECT_FALSE(ReadPrintRule(&in).ok());
  }
}

}  // namespace
}  // namespace fovea
