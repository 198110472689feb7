// SPDX-License-Identifier: GPL-2.0-or-later
//
// Made thumbnails of a place: its background, noise, a tree in the wind that
// nobody asks about, and somebody who comes and goes.

#ifndef FOVEA_TESTS_FILTER_MADE_THUMBNAILS_H_
#define FOVEA_TESTS_FILTER_MADE_THUMBNAILS_H_

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "filter/skip_head.h"
#include "filter/thumbnail.h"

namespace fovea {

inline constexpr uint64_t kNobody = 7, kSomebody = 9;  // votes

class MadePlace {
 public:
  explicit MadePlace(uint64_t seed) : dice_(seed) {
    for (int i = 0; i < static_cast<int>(ground_.size()); ++i) {
      ground_[static_cast<size_t>(i)] = 60 + static_cast<int>(dice_() % 120);
    }
  }

  // `somebody` stands on 2 x 3 cells anywhere but in the tree; the tree, two
  // columns on the left, moves every third time.
  Thumbnail Look(bool somebody) {
    std::vector<int> levels = ground_;
    for (int& level : levels) level += static_cast<int>(dice_() % 5) - 2;
    if (dice_() % 3 == 0) Cover(0, 4, 2, 6, 50, &levels);
    const int left = 6 + static_cast<int>(dice_() % 14);
    const int top = static_cast<int>(dice_() % 14);
    if (somebody) Cover(left, top, 2, 3, 45, &levels);
    Thumbnail thumbnail;
    for (const int level : levels) {
      thumbnail.cells.push_back(
          static_cast<uint8_t>(std::clamp(level + light_, 0, 255)));
    }
    return thumbnail;
  }

  SkipLesson Lesson(bool somebody) {
    return {Look(somebody), somebody ? kSomebody : kNobody};
  }
  // Somebody is there a quarter of the time.
  std::vector<SkipLesson> Lessons(int count) {
    std::vector<SkipLesson> lessons;
    for (int i = 0; i < count; ++i) lessons.push_back(Lesson(i / 5 % 4 == 3));
    return lessons;
  }

  int light_ = 0;  // levels added everywhere

 private:
  void Cover(int left, int top, int width, int height, int by,
             std::vector<int>* levels) const {
    for (size_t plane = 0; plane < Thumbnail::kPlanes; ++plane) {
      for (int y = top; y < top + height; ++y) {
        for (int x = left; x < left + width; ++x) {
          (*levels)[plane * Thumbnail::kCells +
                    static_cast<size_t>(y * Thumbnail::kColumns + x)] += by;
        }
      }
    }
  }

  std::mt19937_64 dice_;
  std::vector<int> ground_ =
      std::vector<int>(Thumbnail::kPlanes * Thumbnail::kCells);
};

}  // namespace fovea

#endif  // FOVEA_TESTS_FILTER_MADE_THUMBNAILS_H_
