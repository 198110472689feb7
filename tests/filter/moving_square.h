// SPDX-License-Identifier: GPL-2.0-or-later
//
// Made pictures for gates that look at pixels: noise on a textured ground, and
// squares that lie on it.

#ifndef FOVEA_TESTS_FILTER_MOVING_SQUARE_H_
#define FOVEA_TESTS_FILTER_MOVING_SQUARE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>

#include "codec/sample.h"

namespace fovea {

struct Square {
  int left = 0, top = 0, side = 0;
};

struct PictureOf {
  int width = 160, height = 120;
  int noise = 2;  // grey levels up and down
  int light = 0;  // grey levels more, everywhere
  Square square = {};
};

inline Frame Drawn(const PictureOf& what, std::mt19937_64* dice) {
  auto buffer = FrameBuffer::Allocate(what.width, what.height);
  EXPECT_TRUE(buffer.ok()) << buffer.status();
  const Square& s = what.square;
  for (int y = 0; y < what.height; ++y) {
    for (int x = 0; x < what.width; ++x) {
      const bool inside = x >= s.left && x < s.left + s.side && y >= s.top &&
                          y < s.top + s.side;
      const int ground = 60 + 40 * ((x / 20 + y / 20) % 2);
      const int noise =
          what.noise == 0
              ? 0
              : static_cast<int>((*dice)() %
                                 (2 * static_cast<unsigned>(what.noise) + 1)) -
                    what.noise;
      const int level = (inside ? 220 : ground) + what.light + noise;
      buffer->plane(0)[y * buffer->stride(0) + x] =
          static_cast<uint8_t>(std::clamp(level, 0, 255));
    }
  }
  return std::move(*buffer).Release();
}

}  // namespace fovea

#endif  // FOVEA_TESTS_FILTER_MOVING_SQUARE_H_
