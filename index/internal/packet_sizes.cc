// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/internal/packet_sizes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace fovea::internal {
namespace {

constexpr int64_t kWindowNs = 300'000'000'000;
constexpr uint8_t kIntraType = 1;  // PictureType::kI
// What a quarter of the pictures around stay below is how big still ones are.
constexpr double kStillShare = 0.25;
// One this much bigger moves; and where not even the biggest hundredth is so
// much bigger, sizes tell nothing apart.
constexpr int kMovesOctaves = 6;   // sixteenths: 1.3 times
constexpr int kApartOctaves = 25;  // 3 times
constexpr double kBigShare = 0.99;

// Sizes by their logarithm, in sixteenths of an octave.
constexpr int kPerOctave = 16;
constexpr size_t kLevels = 33 * kPerOctave;

size_t LevelOf(uint32_t size) {
  const uint64_t scaled = uint64_t{size} * kPerOctave + kPerOctave;
  const auto octave = static_cast<int>(std::bit_width(scaled)) - 1;  // from 4
  const uint64_t rest = scaled >> (octave - 4) & (kPerOctave - 1);
  return static_cast<size_t>(octave - 4) * kPerOctave +
         static_cast<size_t>(rest);
}

// Sizes of the pictures around one.
class Window {
 public:
  void Add(uint32_t size) {
    ++counts_[LevelOf(size)];
    ++all_;
  }
  void Remove(uint32_t size) {
    --counts_[LevelOf(size)];
    --all_;
  }
  // Level that `share` of them stay at or below.
  int Level(double share) const {
    size_t seen = 0;
    size_t level = 0;
    const double needed = share * static_cast<double>(all_);
    while (static_cast<double>(seen += counts_[level]) < needed) ++level;
    return static_cast<int>(level);
  }

 private:
  std::array<size_t, kLevels> counts_ = {};
  size_t all_ = 0;
};

// `of_type`: places of one type's pictures.
void GuessType(const std::vector<SizedPicture>& pictures,
               const std::vector<size_t>& of_type, std::vector<bool>* moving) {
  Window window;
  size_t begin = 0, end = 0;
  for (const size_t at : of_type) {
    const int64_t now = pictures[at].time_ns;
    while (end < of_type.size() &&
           pictures[of_type[end]].time_ns - now <= kWindowNs) {
      window.Add(pictures[of_type[end++]].size);
    }
    while (begin < end && now - pictures[of_type[begin]].time_ns > kWindowNs) {
      window.Remove(pictures[of_type[begin++]].size);
    }
    const int still = window.Level(kStillShare);
    const bool apart = window.Level(kBigShare) - still >= kApartOctaves;
    (*moving)[at] =
        !apart ||
        static_cast<int>(LevelOf(pictures[at].size)) - still >= kMovesOctaves;
  }
}

}  // namespace

std::vector<bool> GuessMoving(const std::vector<SizedPicture>& pictures) {
  std::array<std::vector<size_t>, 256> by_type;
  for (size_t i = 0; i < pictures.size(); ++i) {
    by_type[pictures[i].type].push_back(i);
  }
  const bool all_intra = by_type[kIntraType].size() == pictures.size();
  std::vector<bool> moving(pictures.size());
  for (size_t type = 0; type < by_type.size(); ++type) {
    if (type == kIntraType && !all_intra) continue;
    GuessType(pictures, by_type[type], &moving);
  }
  // A keyframe says as much as the picture behind it.
  for (size_t i = pictures.size(); i-- > 0;) {
    if (pictures[i].type != kIntraType || all_intra) continue;
    moving[i] = i + 1 == pictures.size() || moving[i + 1];
  }
  return moving;
}

}  // namespace fovea::internal
