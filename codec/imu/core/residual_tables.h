// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a residual is coded with: nothing is learned from a block, so that a
// block of one second loses nothing to learning. A running mean of |residual|
// picks one of these fixed tables; each is Student's t distribution with six
// degrees of freedom at that scale, cut into tokens. Below a mean of 4 the
// tokens are values and there are five tables per scale, for predictions
// that lie 0 to 4 eighths off a whole number; from 4 on they are buckets of
// the magnitude, alike in every octave but for low bits that go as they are.
//
// Tables are constants computed by the compiler from + - * / alone, which
// IEEE arithmetic makes the same everywhere; a compiler that gets others does
// not get past kTablesDigest.

#ifndef FOVEA_CODEC_IMU_CORE_RESIDUAL_TABLES_H_
#define FOVEA_CODEC_IMU_CORE_RESIDUAL_TABLES_H_

#include <cstdint>

namespace fovea::imu {

inline constexpr int kProbabilityBits = 12;
inline constexpr uint32_t kProbabilityOne = 1U << kProbabilityBits;
inline constexpr int kHintShift = 5;  // slots that share a first guess

// Scale classes are quarters of octaves of the mean |residual|. Class 0 is
// a mean of 2^kLowestOctave and less.
inline constexpr int kLowestOctave = -6;
inline constexpr int kFirstHighOctave = 2;
inline constexpr int kLowClasses = 4 * (kFirstHighOctave - kLowestOctave);
inline constexpr int kHighestOctave = 31;
inline constexpr int kScaleClasses = 4 * (kHighestOctave + 1 - kLowestOctave);
inline constexpr int kFractions = 5;

// Tokens of the low tables: 0, 1, -1, 2, -2 ... up to the table's `singles`,
// then "above" and "below" them, with the excess in raw bits. Tokens of the
// high tables: magnitudes 0 to 15, then two buckets per octave, then any.
inline constexpr int kMaxSingles = 15;
inline constexpr int kMaxTokens = 2 * kMaxSingles + 3;
inline constexpr int kHighSingles = 16;
inline constexpr int kHighEscape = 28;

struct TokenTable {
  // Token t takes the slots start[t] to start[t + 1]; slots end at 4096.
  uint16_t start[kMaxTokens + 1];
  uint8_t hint[kProbabilityOne >> kHintShift];  // token of a group's first slot
};

// Tables by number: kLowClasses x kFractions low ones, four high ones, and
// for flags those that give a "yes" n of 16 slots, n from 1 to 15.
inline constexpr int kHighTable = kLowClasses * kFractions;
inline constexpr int kFlagTable = kHighTable + 4;
inline constexpr int kTables = kFlagTable + 16;

struct TokenTables {
  TokenTable table[kTables];
};
extern const TokenTables kTokenTables;

// FNV-1a over all starts. What is stored depends on them: never changes.
inline constexpr uint32_t kTablesDigest = 0x85be41b3;

// Largest |value| that is a token of its own in low tables of a class.
constexpr int SinglesOf(int low_class) {
  constexpr int kSingles[] = {3, 3, 3, 3, 5, 7, 10, kMaxSingles};
  return kSingles[low_class / 4];
}

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_RESIDUAL_TABLES_H_
