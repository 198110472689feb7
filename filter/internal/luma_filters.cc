// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/internal/luma_filters.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

namespace fovea::internal {
namespace {

constexpr int kBlurReach = 5;
// exp(-x^2 / 8) for x = 0 to 5, of 256 in all.
constexpr std::array<int, kBlurReach + 1> kBlurWeights = {52, 45, 31, 17, 7, 2};

constexpr int kHarrisReach = 2;
constexpr float kHarrisK = 0.05F;

// The place of `at` in a line of `size`, mirrored about its ends.
int Mirrored(int at, int size) {
  if (size == 1) return 0;
  const int period = 2 * (size - 1);
  const int place = std::abs(at) % period;
  return place < size ? place : period - place;
}

LumaPlane Like(const LumaPlane& plane) {
  return {plane.width, plane.height, std::vector<uint8_t>(plane.size())};
}

size_t Row(const LumaPlane& plane, int y) {
  return static_cast<size_t>(y) * static_cast<size_t>(plane.width);
}

// One line with `reach` mirrored values on both sides.
template <typename T>
void Pad(const T* line, int width, int reach, T* padded) {
  std::copy_n(line, width, padded + reach);
  for (int i = 1; i <= reach; ++i) {
    padded[reach - i] = line[Mirrored(-i, width)];
    padded[reach + width - 1 + i] = line[Mirrored(width - 1 + i, width)];
  }
}

// Sobel's gradients, 8 times those of a slope of one level a pixel.
struct Gradients {
  std::vector<int16_t> x, y;
};

Gradients GradientsOf(const LumaPlane& plane) {
  const int width = plane.width;
  const auto columns = static_cast<size_t>(width);
  Gradients gradients{std::vector<int16_t>(plane.size()),
                      std::vector<int16_t>(plane.size())};
  std::array<std::vector<uint8_t>, 3> lines;
  for (auto& line : lines) line.resize(columns + 2);
  for (int y = 0; y < plane.height; ++y) {
    for (int i = 0; i < 3; ++i) {
      const int from = Mirrored(y + i - 1, plane.height);
      Pad(plane.levels.data() + Row(plane, from), width, 1,
          lines[static_cast<size_t>(i)].data());
    }
    const uint8_t* a = lines[0].data();
    const uint8_t* b = lines[1].data();
    const uint8_t* c = lines[2].data();
    int16_t* to_x = gradients.x.data() + Row(plane, y);
    int16_t* to_y = gradients.y.data() + Row(plane, y);
    for (int x = 0; x < width; ++x) {
      to_x[x] = static_cast<int16_t>(a[x + 2] - a[x] + 2 * (b[x + 2] - b[x]) +
                                     c[x + 2] - c[x]);
      to_y[x] = static_cast<int16_t>(c[x] - a[x] + 2 * (c[x + 1] - a[x + 1]) +
                                     c[x + 2] - a[x + 2]);
    }
  }
  return gradients;
}

// Whether the gradient at a pixel is the greatest along its direction, which
// is rounded to eighths of a turn. `m` has a border of one.
bool IsRidge(const int* m, ptrdiff_t stride, int gx, int gy) {
  const int x = std::abs(gx), y = std::abs(gy);
  // tan(22.5 degrees) = 0.4142, of 1024.
  if (1024 * y < 424 * x) return m[0] > m[-1] && m[0] >= m[1];
  if (424 * y > 1024 * x) return m[0] > m[-stride] && m[0] >= m[stride];
  const ptrdiff_t aslant = (gx < 0) == (gy < 0) ? stride + 1 : stride - 1;
  return m[0] > m[-aslant] && m[0] > m[aslant];
}

// Moves on from the pixels in `open` to neighbours that are marked 1.
void Connect(LumaPlane* edges, std::vector<int>* open) {
  const int width = edges->width, height = edges->height;
  while (!open->empty()) {
    const int at = open->back();
    open->pop_back();
    const int column = at % width, row = at / width;
    for (int y = std::max(row - 1, 0); y <= std::min(row + 1, height - 1);
         ++y) {
      for (int x = std::max(column - 1, 0);
           x <= std::min(column + 1, width - 1); ++x) {
        uint8_t& mark = edges->levels[Row(*edges, y) + static_cast<size_t>(x)];
        if (mark != 1) continue;
        mark = 255;
        open->push_back(y * width + x);
      }
    }
  }
}

// Sums of 5 x 5 products, added up a line and a column at a time.
std::vector<float> BoxSums(const std::vector<float>& values, int width,
                           int height) {
  constexpr int kReach = kHarrisReach;
  const auto columns = static_cast<size_t>(width);
  std::vector<float> across(values.size()), sums(values.size());
  std::vector<float> line(columns + 2 * kReach);
  for (int y = 0; y < height; ++y) {
    const size_t row = static_cast<size_t>(y) * columns;
    Pad(values.data() + row, width, kReach, line.data());
    for (size_t x = 0; x < columns; ++x) {
      across[row + x] =
          line[x] + line[x + 1] + line[x + 2] + line[x + 3] + line[x + 4];
    }
  }
  for (int y = 0; y < height; ++y) {
    float* to = sums.data() + static_cast<size_t>(y) * columns;
    for (int i = -kReach; i <= kReach; ++i) {
      const float* from =
          across.data() +
          static_cast<size_t>(Mirrored(y + i, height)) * columns;
      for (size_t x = 0; x < columns; ++x) to[x] += from[x];
    }
  }
  return sums;
}

// --- contours -----------------------------------------------------------

struct Step {
  int x, y;
};
// Clockwise, from the right.
constexpr std::array<Step, 8> kAround = {
    {{1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}}};

bool IsSet(const LumaPlane& mask, int x, int y) {
  return x >= 0 && y >= 0 && x < mask.width && y < mask.height &&
         mask.levels[Row(mask, y) + static_cast<size_t>(x)] != 0;
}

// Along the outside, from a shape's first pixel in reading order, by Moore's
// neighbours; the area by the shoelace formula.
double ContourArea(const LumaPlane& mask, int first_x, int first_y) {
  int x = first_x, y = first_y;
  size_t came = 4;  // nothing is set to the left
  int64_t twice = 0;
  std::array<bool, 8> left_from_first = {};
  while (true) {
    size_t turn = 1;
    while (turn <= 8 && !IsSet(mask, x + kAround[(came + turn) % 8].x,
                               y + kAround[(came + turn) % 8].y)) {
      ++turn;
    }
    if (turn > 8) return 0;  // a pixel alone
    const size_t to = (came + turn) % 8;
    if (x == first_x && y == first_y) {
      if (left_from_first[to]) break;  // once around
      left_from_first[to] = true;
    }
    const int next_x = x + kAround[to].x, next_y = y + kAround[to].y;
    twice += int64_t{x} * next_y - int64_t{next_x} * y;
    x = next_x;
    y = next_y;
    came = (to + 4) % 8;
  }
  return static_cast<double>(std::abs(twice)) / 2;
}

void Clear(LumaPlane* mask, int x, int y) {
  std::vector<Step> open = {{x, y}};
  mask->levels[Row(*mask, y) + static_cast<size_t>(x)] = 0;
  while (!open.empty()) {
    const Step at = open.back();
    open.pop_back();
    for (const Step& step : kAround) {
      const int to_x = at.x + step.x, to_y = at.y + step.y;
      if (!IsSet(*mask, to_x, to_y)) continue;
      mask->levels[Row(*mask, to_y) + static_cast<size_t>(to_x)] = 0;
      open.push_back({to_x, to_y});
    }
  }
}

}  // namespace

LumaPlane ShrunkLuma(const Frame& frame, int factor) {
  const int width = frame.width / factor, height = frame.height / factor;
  const auto columns = static_cast<size_t>(width);
  LumaPlane plane{width, height, {}};
  plane.levels.resize(columns * static_cast<size_t>(height));
  std::vector<uint32_t> sums(columns);
  const auto area = static_cast<uint32_t>(factor * factor);
  for (int y = 0; y < height; ++y) {
    uint8_t* to = plane.levels.data() + Row(plane, y);
    const uint8_t* from = frame.y.data + ptrdiff_t{y} * factor * frame.y.stride;
    if (factor == 1) {
      std::memcpy(to, from, columns);
      continue;
    }
    std::ranges::fill(sums, 0U);
    for (int line = 0; line < factor; ++line, from += frame.y.stride) {
      for (size_t x = 0; x < columns; ++x) {
        for (int i = 0; i < factor; ++i) {
          sums[x] +=
              from[x * static_cast<size_t>(factor) + static_cast<size_t>(i)];
        }
      }
    }
    for (size_t x = 0; x < columns; ++x) {
      to[x] = static_cast<uint8_t>((sums[x] + area / 2) / area);
    }
  }
  return plane;
}

LumaPlane LumaMeans(const Frame& frame, int side) {
  LumaPlane plane{side, side, {}};
  for (int part = 0; part < side; ++part) {
    const int top = part * frame.height / side;
    const int bottom = ((part + 1) * frame.height + side - 1) / side;
    for (int column = 0; column < side; ++column) {
      const int left = column * frame.width / side;
      const int right = ((column + 1) * frame.width + side - 1) / side;
      uint64_t sum = 0;
      for (int y = top; y < bottom; ++y) {
        const uint8_t* line = frame.y.data + ptrdiff_t{y} * frame.y.stride;
        for (int x = left; x < right; ++x) sum += line[x];
      }
      const auto area = static_cast<uint64_t>(right - left) *
                        static_cast<uint64_t>(bottom - top);
      plane.levels.push_back(static_cast<uint8_t>((sum + area / 2) / area));
    }
  }
  return plane;
}

LumaPlane Blurred(const LumaPlane& plane) {
  const int width = plane.width;
  const auto columns = static_cast<size_t>(width);
  LumaPlane across = Like(plane), blurred = Like(plane);
  std::vector<uint8_t> line(columns + 2 * kBlurReach);
  for (int y = 0; y < plane.height; ++y) {
    Pad(plane.levels.data() + Row(plane, y), width, kBlurReach, line.data());
    const uint8_t* middle = line.data() + kBlurReach;
    uint8_t* to = across.levels.data() + Row(plane, y);
    for (int x = 0; x < width; ++x) {
      int sum = 128 + kBlurWeights[0] * middle[x];
      for (int i = 1; i <= kBlurReach; ++i) {
        sum += kBlurWeights[static_cast<size_t>(i)] *
               (middle[x - i] + middle[x + i]);
      }
      to[x] = static_cast<uint8_t>(sum >> 8);
    }
  }
  std::vector<uint16_t> sums(columns);
  for (int y = 0; y < plane.height; ++y) {
    std::ranges::fill(sums, uint16_t{128});
    for (int i = -kBlurReach; i <= kBlurReach; ++i) {
      const uint8_t* from =
          across.levels.data() + Row(plane, Mirrored(y + i, plane.height));
      const auto weight =
          static_cast<uint16_t>(kBlurWeights[static_cast<size_t>(std::abs(i))]);
      for (size_t x = 0; x < columns; ++x) {
        sums[x] = static_cast<uint16_t>(sums[x] + weight * from[x]);
      }
    }
    uint8_t* to = blurred.levels.data() + Row(plane, y);
    for (size_t x = 0; x < columns; ++x) {
      to[x] = static_cast<uint8_t>(sums[x] >> 8);
    }
  }
  return blurred;
}

LumaPlane Edges(const LumaPlane& plane, int low, int high) {
  const Gradients gradients = GradientsOf(plane);
  const ptrdiff_t stride = plane.width + 2;
  // A border of 0, so that a ridge may lie along the side.
  std::vector<int> strengths(static_cast<size_t>(stride) *
                             static_cast<size_t>(plane.height + 2));
  for (int y = 0; y < plane.height; ++y) {
    int* to = strengths.data() + (y + 1) * stride + 1;
    const size_t row = Row(plane, y);
    for (int x = 0; x < plane.width; ++x) {
      const size_t at = row + static_cast<size_t>(x);
      to[x] = std::abs(gradients.x[at]) + std::abs(gradients.y[at]);
    }
  }
  LumaPlane edges = Like(plane);
  std::vector<int> open;
  for (int y = 0; y < plane.height; ++y) {
    const int* m = strengths.data() + (y + 1) * stride + 1;
    for (int x = 0; x < plane.width; ++x) {
      if (m[x] <= low) continue;
      const size_t at = Row(plane, y) + static_cast<size_t>(x);
      if (!IsRidge(m + x, stride, gradients.x[at], gradients.y[at])) continue;
      edges.levels[at] = m[x] > high ? 255 : 1;
      if (m[x] > high) open.push_back(y * plane.width + x);
    }
  }
  Connect(&edges, &open);
  for (uint8_t& mark : edges.levels) mark = mark == 255 ? 255 : 0;
  return edges;
}

LumaPlane Corners(const LumaPlane& plane, float least) {
  const Gradients gradients = GradientsOf(plane);
  std::vector<float> xx(plane.size()), xy(plane.size()), yy(plane.size());
  // Sobel counts a slope 8 times; 25 pixels are added up.
  constexpr float kScale = 1.0F / (64 * 25);
  for (size_t i = 0; i < plane.size(); ++i) {
    const float x = gradients.x[i], y = gradients.y[i];
    xx[i] = kScale * x * x;
    xy[i] = kScale * x * y;
    yy[i] = kScale * y * y;
  }
  xx = BoxSums(xx, plane.width, plane.height);
  xy = BoxSums(xy, plane.width, plane.height);
  yy = BoxSums(yy, plane.width, plane.height);
  LumaPlane corners = Like(plane);
  for (size_t i = 0; i < plane.size(); ++i) {
    const float trace = xx[i] + yy[i];
    const float response =
        xx[i] * yy[i] - xy[i] * xy[i] - kHarrisK * trace * trace;
    corners.levels[i] = response > least ? 255 : 0;
  }
  return corners;
}

LumaPlane Dilated(const LumaPlane& plane) {
  LumaPlane across = Like(plane), dilated = Like(plane);
  const auto columns = static_cast<size_t>(plane.width);
  for (int y = 0; y < plane.height; ++y) {
    const uint8_t* from = plane.levels.data() + Row(plane, y);
    uint8_t* to = across.levels.data() + Row(plane, y);
    for (size_t x = 0; x < columns; ++x) {
      to[x] = std::max({from[x > 0 ? x - 1 : 0], from[x],
                        from[std::min(x + 1, columns - 1)]});
    }
  }
  for (int y = 0; y < plane.height; ++y) {
    const uint8_t* above =
        across.levels.data() + Row(plane, std::max(y - 1, 0));
    const uint8_t* at = across.levels.data() + Row(plane, y);
    const uint8_t* below =
        across.levels.data() + Row(plane, std::min(y + 1, plane.height - 1));
    uint8_t* to = dilated.levels.data() + Row(plane, y);
    for (size_t x = 0; x < columns; ++x) {
      to[x] = std::max({above[x], at[x], below[x]});
    }
  }
  return dilated;
}

LumaPlane Changed(const LumaPlane& a, const LumaPlane& b, int levels) {
  LumaPlane changed = Like(a);
  for (size_t i = 0; i < a.size(); ++i) {
    changed.levels[i] = std::abs(a.levels[i] - b.levels[i]) > levels ? 255 : 0;
  }
  return changed;
}

double LargestContourArea(LumaPlane mask) {
  double largest = 0;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (!IsSet(mask, x, y)) continue;
      largest = std::max(largest, ContourArea(mask, x, y));
      Clear(&mask, x, y);
    }
  }
  return largest;
}

}  // namespace fovea::internal
