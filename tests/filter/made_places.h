// SPDX-License-Identifier: GPL-2.0-or-later
//
// Made pictures of one row of cells whose right answer is known: places that
// look like nothing else, and things that cover a part of them.

#ifndef FOVEA_TESTS_FILTER_MADE_PLACES_H_
#define FOVEA_TESTS_FILTER_MADE_PLACES_H_

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "codec/grid.h"
#include "filter/features.h"
#include "filter/fingerprint.h"

namespace fovea {

// What the camera sees: one of many places, with so many things in it.
struct Sight {
  int place = 0;
  int things = 0;  // 0 to 5
};

inline constexpr int kSightCells = 20;

// What an honest model says.
inline std::string TextOf(Sight sight) {
  return std::to_string(sight.things) + " things in place " +
         std::to_string(sight.place);
}
inline uint64_t VoteOf(Sight sight) {
  return static_cast<uint64_t>(sight.place * 100 + sight.things + 1);
}

// Levels of a place are as good as random, and the camera's noise is one of
// them; a thing is four cells wide.
inline std::vector<int> LevelsOf(Sight sight, std::mt19937_64* noise) {
  std::mt19937_64 place(static_cast<uint64_t>(sight.place));
  std::vector<int> levels;
  for (int i = 0; i < kSightCells; ++i) {
    const int ground = static_cast<int>(place() % 80) - 40;
    const bool covered = i < 4 * sight.things;
    levels.push_back((covered ? ground + 80 : ground) +
                     static_cast<int>((*noise)() % 2));
  }
  return levels;
}

inline Features FeaturesOf(const std::vector<int>& levels) {
  Features features{kSightCells, 1, {}};
  for (const int level : levels) {
    features.cells.push_back(static_cast<int8_t>(level));
  }
  return features;
}

inline Fingerprint FingerprintOf(Sight sight) {
  std::mt19937_64 mixed(VoteOf(sight));
  Fingerprint fingerprint;
  fingerprint.coarse = mixed();
  return fingerprint;
}

// `before` is empty of a first picture.
inline Grid GridOf(const std::vector<int>& levels,
                   const std::vector<int>& before) {
  Grid grid;
  grid.columns = kSightCells;
  grid.rows = 1;
  grid.has_previous = !before.empty();
  for (size_t i = 0; i < levels.size(); ++i) {
    const int moved = before.empty() ? 0 : std::abs(levels[i] - before[i]);
    grid.difference.push_back(static_cast<uint8_t>(std::min(255, 4 * moved)));
  }
  return grid;
}

}  // namespace fovea

#endif  // FOVEA_TESTS_FILTER_MADE_PLACES_H_
