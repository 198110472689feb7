// SPDX-License-Identifier: GPL-2.0-or-later
//
// What stands still: a street front under a sky on the far plane, asphalt
// with paving, and the materials of pillars and crates.

#include <algorithm>
#include <cmath>
#include <vector>

#include "api/scene_noise.h"
#include "api/scene_texture.h"

namespace fovea::scene {
namespace {

constexpr int kBackdropLog2Width = 11;
constexpr int kBackdropLog2Height = 10;
constexpr double kBackdropTexelsPerM = 24;

struct House {
  double left, right, height;  // m
  double storey, bay;          // m
  Rgba wall;
};

// Fills `width` metres with houses of 7 to 13 m, wall to wall.
std::vector<House> Terrace(double width, uint64_t seed) {
  Random draw(Key(seed, 'h'));
  std::vector<House> houses;
  double x = 0;
  while (x < width) {
    House house;
    house.left = x;
    house.right = x + draw.Uniform(7, 13);
    if (width - house.right < 6) house.right = width;
    house.height = draw.Uniform(5.5, 12.5);
    house.storey = draw.Uniform(2.7, 3.3);
    house.bay = draw.Uniform(1.7, 2.6);
    const double warm = draw.Uniform(0, 1);
    const double light = draw.Uniform(105, 185);
    house.wall = {light + 22 * warm, light, light - 30 * warm, 1};
    houses.push_back(house);
    x = house.right;
  }
  return houses;
}

double Fraction(double value) { return value - std::floor(value); }

// 1 inside [low, high], 0 outside.
bool Within(double value, double low, double high) {
  return value >= low && value <= high;
}

Rgba WindowAt(double bx, double bz, double grain) {
  const bool cross = Within(bx, 0.49, 0.51) || Within(bz, 0.55, 0.575);
  const bool frame = !Within(bx, 0.29, 0.71) || !Within(bz, 0.29, 0.83);
  if (cross || frame) return {205, 203, 196, 1};
  const double sheen = 35 + 60 * grain + 45 * bz;
  return {0.75 * sheen, 0.9 * sheen, 1.1 * sheen, 1};
}

Rgba HouseAt(const House& house, double x, double z,
             const FractalNoise& noise) {
  const double grain = noise.At(x / 9, z / 9);
  const double fine = noise.At(x / 1.7 + 0.3, z / 1.7);
  const double edge = std::min(x - house.left, house.right - x);
  const double bays =
      std::max(1.0, std::floor((house.right - house.left) / house.bay));
  const double bx =
      Fraction((x - house.left) / (house.right - house.left) * bays);
  const double bz = Fraction(z / house.storey);
  Rgba color = Scaled(house.wall, 0.62 + 0.45 * grain + 0.25 * fine);
  if (Fraction(z / 0.25) < 0.12) color = Scaled(color, 0.93);
  if (bz < 0.05) color = Scaled(color, 0.8);  // ledge
  const bool has_window = z < house.height - 0.8 && edge > 0.35;
  if (has_window && Within(bx, 0.26, 0.74) && Within(bz, 0.26, 0.86)) {
    color = WindowAt(bx, bz, noise.At(x / 5, z / 3 + 0.5));
  }
  if (z > house.height - 0.35) color = Scaled(color, 0.55);  // eaves
  if (edge < 0.12) color = Scaled(color, 0.6);
  return color;
}

Rgba SkyAt(double x, double z, const FractalNoise& noise, double width) {
  const double high = std::clamp(z / 40, 0.0, 1.0);
  const Rgba clear = {150 - 60 * high, 180 - 45 * high, 214 - 20 * high, 1};
  const double cloud = noise.At(x / width, z / 34 + 0.2);
  return Over(clear, {226, 226, 228, 1}, 2.6 * (cloud - 0.46));
}

// Crowns of trees in front of the houses; 0 where there is none.
double TreeAt(double x, double z, const FractalNoise& noise, double width) {
  const double cell = width / 9;
  const double local = Fraction(x / cell) * cell - cell / 2;
  const double middle = 3.6, radius = 1.9;
  const double which = noise.At(std::floor(x / cell) * 0.137, 0.71);
  if (which < 0.42) return 0;
  const double dz = (z - middle) / 1.25;
  const double ragged = 1.5 * (noise.At(x / 6, z / 6) - 0.5);
  const double d = std::sqrt(local * local + dz * dz) + ragged;
  return std::clamp((radius - d) * 8, 0.0, 1.0);
}

bool TrunkAt(double x, double z, const FractalNoise& noise, double width) {
  const double cell = width / 9;
  const double local = Fraction(x / cell) * cell - cell / 2;
  const double which = noise.At(std::floor(x / cell) * 0.137, 0.71);
  return which >= 0.42 && z < 3 && std::abs(local) < 0.17;
}

}  // namespace

Texture PaintBackdrop(const FractalNoise& noise, uint64_t seed) {
  const double width = (1 << kBackdropLog2Width) / kBackdropTexelsPerM;
  const double height = (1 << kBackdropLog2Height) / kBackdropTexelsPerM;
  const std::vector<House> houses = Terrace(width, seed);
  const auto paint = [&](int column, int row) {
    const double x = (column + 0.5) / kBackdropTexelsPerM;
    const double z = height - (row + 0.5) / kBackdropTexelsPerM;
    const auto house =
        std::find_if(houses.begin(), houses.end(),
                     [x](const House& h) { return x < h.right; });
    Rgba color = house != houses.end() && z < house->height
                     ? HouseAt(*house, x, z, noise)
                     : SkyAt(x, z, noise, width);
    if (TrunkAt(x, z, noise, width)) {
      color = Scaled({92, 74, 58, 1}, 0.6 + 0.8 * noise.At(x / 2, z / 9));
    }
    const double leaf = noise.At(x / 3.1, z / 3.1 + 0.4);
    const Rgba green = Scaled({74, 112, 48, 1}, 0.25 + 1.5 * leaf);
    return Over(color, green, TreeAt(x, z, noise, width));
  };
  return PaintTexture(kBackdropLog2Width, kBackdropLog2Height,
                      kBackdropTexelsPerM, false, paint);
}

Texture PaintGround(const FractalNoise& noise) {
  constexpr int kLog2 = 11;
  constexpr double kTexelsPerM = 64;
  const auto paint = [&](int column, int row) {
    const double x = (column + 0.5) / kTexelsPerM;
    const double y = (row + 0.5) / kTexelsPerM;
    const double broad = noise.At(x / 32, y / 32);
    const double fine = noise.At(x / 4, y / 4 + 0.5);
    const double grit = noise.At(x / 0.8, y / 0.8);
    const double light = 58 + 55 * broad + 40 * fine + 46 * (grit - 0.5);
    Rgba color = {light + 4, light + 2, light - 2, 1};
    const double stagger = std::floor(y) - 2 * std::floor(y / 2);
    const double px = Fraction(x + 0.5 * stagger), py = Fraction(y);
    if (px < 0.025 || py < 0.025) color = Scaled(color, 0.55);
    return color;
  };
  return PaintTexture(kLog2, kLog2, kTexelsPerM, false, paint);
}

Texture PaintBrick(const FractalNoise& noise) {
  const auto paint = [&](int column, int row) {
    const double u = column / 256.0, v = row / 256.0;
    const double course = v * 16;
    const double odd = std::floor(course) - 2 * std::floor(course / 2);
    const double along = u * 6 + 0.5 * odd;
    if (Fraction(course) < 0.14 || Fraction(along) < 0.05) {
      return Scaled({150, 146, 138, 1}, 0.7 + 0.5 * noise.At(2 * u, 2 * v));
    }
    const double tint =
        noise.At(std::floor(along) * 0.173, std::floor(course) * 0.119);
    return Scaled({150, 82, 62, 1},
                  0.45 + 0.6 * tint + 0.5 * noise.At(2 * u, 2 * v));
  };
  return PaintTexture(8, 8, 200, false, paint);
}

Texture PaintWood(const FractalNoise& noise) {
  const auto paint = [&](int column, int row) {
    const double u = column / 256.0, v = row / 256.0;
    const double plank = std::floor(u * 5);
    const double grain = noise.At(u * 6, v * 0.5 + plank * 0.21);
    const Rgba color = Scaled({176, 132, 84, 1}, 0.45 + 0.8 * grain);
    const double gap = Fraction(u * 5);
    const bool batten = Within(v, 0.08, 0.2) || Within(v, 0.8, 0.92);
    if (batten) return Scaled({190, 148, 98, 1}, 0.6 + 0.5 * grain);
    return gap < 0.06 ? Scaled(color, 0.3) : color;
  };
  return PaintTexture(8, 8, 256, false, paint);
}

Texture PaintConcrete(const FractalNoise& noise) {
  const auto paint = [&](int column, int row) {
    const double u = column / 256.0, v = row / 256.0;
    const double light =
        92 + 70 * noise.At(u, v) + 50 * (noise.At(3 * u, 3 * v) - 0.5);
    return Rgba{light, light, light - 5, 1};
  };
  return PaintTexture(8, 8, 160, false, paint);
}

}  // namespace fovea::scene
