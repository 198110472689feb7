// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/core/residual_tables.h"

namespace fovea::imu {
namespace {

constexpr double kMeanMagnitude = 0.9185586535436918;  // E|t|, t with nu = 6

constexpr double SquareRoot(double square) {  // of 1 and more
  double root = 1;
  while (root * root < square) root *= 2;
  for (int i = 0; i < 6; ++i) root = (root + square / root) / 2;
  return root;
}

// P(t < x) of Student's t with nu = 6, which has this closed form.
constexpr double Below(double x) {
  const double square = x * x;
  const double sine = x / SquareRoot(6 + square);
  const double cosine2 = 6 / (6 + square);
  return 0.5 + sine / 2 * (1 + cosine2 / 2 * (1 + 0.75 * cosine2));
}

// E|r| of the whole r nearest to a t of this scale.
constexpr double MeanRounded(double scale) {
  double mean = 0;
  for (int n = 0; n < 5; ++n) mean += 2 * (1 - Below((n + 0.5) / scale));
  return mean;
}

// The scale whose rounded values have this mean magnitude. From 1 on
// rounding leaves the mean as it is, whatever part of a whole number the
// prediction lies off; where nearly all are 0, predictions are whole.
constexpr double ScaleOf(double mean) {
  if (mean >= 1) return mean / kMeanMagnitude;
  double low = 0.02;
  double high = 1.5;
  for (int i = 0; i < 14; ++i) {
    const double middle = (low + high) / 2;
    (MeanRounded(middle) < mean ? low : high) = middle;
  }
  return low;
}

constexpr double Power2(int exponent) {
  double power = 1;
  for (; exponent > 0; --exponent) power *= 2;
  for (; exponent < 0; ++exponent) power /= 2;
  return power;
}

// Probabilities to slots: at least one each, the rest to the likeliest.
constexpr void FillTable(const double* probability, int tokens,
                         TokenTable* table) {
  uint32_t slots[kMaxTokens] = {};
  uint32_t sum = 0;
  int likeliest = 0;
  for (int t = 0; t < tokens; ++t) {
    slots[t] = static_cast<uint32_t>(probability[t] * kProbabilityOne + 0.5);
    if (slots[t] == 0) slots[t] = 1;
    sum += slots[t];
    if (slots[t] > slots[likeliest]) likeliest = t;
  }
  slots[likeliest] += kProbabilityOne - sum;
  uint32_t start = 0;
  for (int t = 0; t <= kMaxTokens; ++t) {
    table->start[t] = static_cast<uint16_t>(start);
    if (t < kMaxTokens) start += slots[t];
  }
  int token = 0;
  for (uint32_t group = 0; group < kProbabilityOne >> kHintShift; ++group) {
    while (table->start[token + 1] <= (group << kHintShift)) ++token;
    table->hint[group] = static_cast<uint8_t>(token);
  }
}

constexpr void FillLow(int low_class, int fraction, double scale,
                       TokenTable* table) {
  const double centre = fraction / 8.0;
  const int singles = SinglesOf(low_class);
  double probability[kMaxTokens] = {};
  for (int value = -singles; value <= singles; ++value) {
    const int token = value > 0 ? 2 * value - 1 : -2 * value;
    probability[token] = Below((value + 0.5 - centre) / scale) -
                         Below((value - 0.5 - centre) / scale);
  }
  const double end = singles + 0.5;
  probability[2 * singles + 1] = 1 - Below((end - centre) / scale);
  probability[2 * singles + 2] = Below((-end - centre) / scale);
  FillTable(probability, 2 * singles + 3, table);
}

constexpr void FillHigh(double mean, TokenTable* table) {
  const double scale = mean / kMeanMagnitude;
  double probability[kMaxTokens] = {};
  double from = 0;
  for (int token = 0; token < kHighEscape; ++token) {
    const double width =
        token < kHighSingles ? 1 : Power2((token - kHighSingles) / 2 + 3);
    probability[token] =
        2 * (Below((from + width) / scale) - Below(from / scale));
    from += width;
  }
  probability[kHighEscape] = 2 * (1 - Below(from / scale));
  FillTable(probability, kHighEscape + 1, table);
}

constexpr TokenTables MakeTables() {
  TokenTables tables = {};
  for (int c = 0; c < kLowClasses; ++c) {
    const double mean = Power2(kLowestOctave + c / 4) * (1 + (c % 4 + 0.5) / 4);
    const double scale = ScaleOf(mean);
    for (int f = 0; f < kFractions; ++f) {
      FillLow(c, f, scale, &tables.table[c * kFractions + f]);
    }
  }
  for (int phase = 0; phase < 4; ++phase) {
    FillHigh(4 + phase + 0.5, &tables.table[kHighTable + phase]);
  }
  for (int n = 1; n < 16; ++n) {
    const double flag[] = {1 - n / 16.0, n / 16.0};
    FillTable(flag, 2, &tables.table[kFlagTable + n]);
  }
  return tables;
}

constexpr uint32_t Digest(const TokenTables& tables) {
  uint32_t digest = 2166136261;
  for (const TokenTable& table : tables.table) {
    for (const uint16_t start : table.start) {
      digest = (digest ^ (start & 0xff)) * 16777619;
      digest = (digest ^ (start >> 8)) * 16777619;
    }
  }
  return digest;
}

constexpr TokenTables kMade = MakeTables();
static_assert(Digest(kMade) == kTablesDigest);

}  // namespace

constinit const TokenTables kTokenTables = kMade;

}  // namespace fovea::imu
