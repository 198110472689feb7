// SPDX-License-Identifier: GPL-2.0-or-later
//
// Moving objects as cut-outs, drawn with signed distances: a shape's
// coverage of a texel is its distance to the outline, clipped to one texel.

#include <algorithm>
#include <cmath>

#include "api/scene_noise.h"
#include "api/scene_texture.h"

namespace fovea::scene {
namespace {

struct Point {
  double x = 0, z = 0;  // m; z up from the canvas's lower edge
};

double Length(double x, double z) { return std::sqrt(x * x + z * z); }

double Disc(Point p, Point centre, double radius) {
  return Length(p.x - centre.x, p.z - centre.z) - radius;
}

// A thick line with round ends.
double Limb(Point p, Point a, Point b, double radius) {
  const double dx = b.x - a.x, dz = b.z - a.z;
  const double along = std::clamp(
      ((p.x - a.x) * dx + (p.z - a.z) * dz) / (dx * dx + dz * dz), 0.0, 1.0);
  return Length(p.x - a.x - along * dx, p.z - a.z - along * dz) - radius;
}

// A box with rounded corners, by its edges.
double Panel(Point p, Point low, Point high, double radius) {
  const double dx = std::max(low.x - p.x, p.x - high.x) + radius;
  const double dz = std::max(low.z - p.z, p.z - high.z) + radius;
  return Length(std::max(dx, 0.0), std::max(dz, 0.0)) +
         std::min(std::max(dx, dz), 0.0) - radius;
}

// Upright trapezoid between two heights: half widths and centres below and
// above.
double Trapezoid(Point p, Point low, double low_half, Point high,
                 double high_half) {
  const double rise = high.z - low.z;
  const double t = (p.z - low.z) / rise;
  const double centre = low.x + (high.x - low.x) * t;
  const double half = low_half + (high_half - low_half) * t;
  const double lean =
      (std::abs(high.x - low.x) + std::abs(high_half - low_half)) / rise;
  const double side =
      (std::abs(p.x - centre) - half) / std::sqrt(1 + lean * lean);
  return std::max({side, low.z - p.z, p.z - high.z});
}

// Collects shapes back to front at one texel.
class Brush {
 public:
  Brush(Point at, double texels_per_m, const Rgba& base)
      : at_(at), scale_(texels_per_m), color_(base) {
    color_.a = 0;
  }
  Point at() const { return at_; }
  void Fill(double distance, const Rgba& paint) {
    color_ = Over(color_, paint, 0.5 - distance * scale_);
  }
  // Changes colour only where something is there already.
  void Tint(double distance, const Rgba& paint) {
    const double alpha = color_.a;
    color_ = Over(color_, paint, 0.5 - distance * scale_);
    color_.a = alpha;
  }
  const Rgba& color() const { return color_; }

 private:
  Point at_;
  double scale_;
  Rgba color_;
};

Rgba Cloth(Random* draw) {
  return {draw->Uniform(40, 215), draw->Uniform(40, 190),
          draw->Uniform(40, 200), 1};
}

struct Clothes {
  Rgba shirt, trousers, hair, skin;
};

Clothes DrawClothes(uint64_t seed) {
  Random draw(Key(seed, 'c'));
  Clothes clothes;
  clothes.shirt = Cloth(&draw);
  clothes.trousers = Scaled({70, 76, 98, 1}, draw.Uniform(0.6, 1.3));
  clothes.hair = Scaled({84, 62, 44, 1}, draw.Uniform(0.4, 1.6));
  clothes.skin = Scaled({214, 168, 138, 1}, draw.Uniform(0.55, 1.05));
  return clothes;
}

void PaintLegs(Brush* brush, const Clothes& c, double shade) {
  const Point p = brush->at();
  const Rgba shoe = {38, 34, 34, 1};
  for (const double side : {-1.0, 1.0}) {
    brush->Fill(Limb(p, {side * 0.11, 0.06}, {side * 0.16, 0.05}, 0.045), shoe);
    brush->Fill(Limb(p, {side * 0.115, 0.12}, {side * 0.09, 0.88}, 0.082),
                Scaled(c.trousers, shade));
  }
}

void PaintTrunk(Brush* brush, const Clothes& c, double shade) {
  const Point p = brush->at();
  for (const double side : {-1.0, 1.0}) {
    brush->Fill(Disc(p, {side * 0.31, 0.80}, 0.05), c.skin);
    brush->Fill(Limb(p, {side * 0.235, 1.37}, {side * 0.305, 0.88}, 0.055),
                Scaled(c.shirt, 0.85 * shade));
  }
  brush->Fill(Limb(p, {0, 1.40}, {0, 1.52}, 0.055), Scaled(c.skin, 0.8));
  brush->Fill(Limb(p, {-0.16, 1.37}, {0.16, 1.37}, 0.085),
              Scaled(c.shirt, shade));
  brush->Fill(Trapezoid(p, {0, 0.86}, 0.175, {0, 1.40}, 0.225),
              Scaled(c.shirt, shade));
  brush->Tint(Panel(p, {-0.18, 0.86}, {0.18, 0.90}, 0.0), {30, 28, 28, 1});
  brush->Tint(Panel(p, {-0.012, 0.92}, {0.012, 1.42}, 0.0),
              Scaled(c.shirt, 0.5));
}

void PaintHead(Brush* brush, const Clothes& c) {
  const Point p = brush->at();
  const Point squeezed = {p.x * 1.2, p.z};
  brush->Fill(Disc(squeezed, {0, 1.645}, 0.125), c.hair);
  brush->Fill(Disc(squeezed, {0, 1.605}, 0.108), c.skin);
  for (const double side : {-1.0, 1.0}) {
    brush->Tint(Disc(p, {side * 0.035, 1.62}, 0.011), {36, 28, 26, 1});
  }
  brush->Tint(Panel(p, {-0.03, 1.55}, {0.03, 1.56}, 0), {150, 84, 78, 1});
}

void PaintBodywork(Brush* brush, const Rgba& lacquer, double shade) {
  const Point p = brush->at();
  const Rgba glass =
      Scaled({62, 78, 92, 1}, 0.7 + 0.5 * (p.z - 0.9) + shade / 3);
  brush->Fill(Trapezoid(p, {-0.05, 0.88}, 1.42, {-0.2, 1.45}, 0.78),
              Scaled(lacquer, 0.95 * shade));
  brush->Tint(Trapezoid(p, {-0.05, 0.93}, 1.28, {-0.2, 1.39}, 0.74), glass);
  brush->Tint(Panel(p, {-0.19, 0.9}, {-0.11, 1.42}, 0), lacquer);
  brush->Fill(Panel(p, {-2.1, 0.28}, {2.1, 0.94}, 0.16),
              Scaled(lacquer, shade * (0.55 + 0.55 * (p.z - 0.1))));
  brush->Tint(Panel(p, {-2.1, 0.28}, {2.1, 0.36}, 0.0), {42, 42, 44, 1});
  for (const double seam : {-0.95, -0.15, 0.75}) {
    brush->Tint(Panel(p, {seam - 0.01, 0.4}, {seam + 0.01, 0.9}, 0),
                Scaled(lacquer, 0.35));
  }
  brush->Tint(Panel(p, {0.0, 0.78}, {0.16, 0.81}, 0), {60, 60, 60, 1});
  brush->Tint(Panel(p, {1.92, 0.62}, {2.1, 0.78}, 0.03), {232, 228, 208, 1});
  brush->Tint(Panel(p, {-2.1, 0.62}, {-1.95, 0.82}, 0.03), {176, 34, 30, 1});
}

void PaintWheels(Brush* brush) {
  const Point p = brush->at();
  for (const double x : {-1.32, 1.3}) {
    brush->Tint(Disc(p, {x, 0.35}, 0.40), {30, 30, 31, 1});
    brush->Fill(Disc(p, {x, 0.33}, 0.32), {40, 40, 42, 1});
    brush->Fill(Disc(p, {x, 0.33}, 0.2), {168, 170, 174, 1});
    for (const double dx : {-0.11, 0.0, 0.11}) {
      const double dz = dx == 0.0 ? 0.12 : -0.06;
      brush->Tint(Disc(p, {x + dx, 0.33 + dz}, 0.045), {58, 58, 60, 1});
    }
    brush->Tint(Disc(p, {x, 0.33}, 0.035), {90, 90, 92, 1});
  }
}

}  // namespace

Texture PaintPerson(const FractalNoise& noise, uint64_t seed) {
  constexpr double kTexelsPerM = 256 / 1.95;
  const Clothes clothes = DrawClothes(seed);
  const auto paint = [&](int column, int row) {
    const Point p = {(column + 0.5 - 64) / kTexelsPerM,
                     (256 - kCutOutMargin - row - 0.5) / kTexelsPerM};
    const double fold = noise.At(p.x * 1.3, p.z * 0.5 + 0.2);
    const double shade = 0.65 + 0.7 * fold - 0.5 * p.x;
    Brush brush(p, kTexelsPerM, clothes.shirt);
    PaintLegs(&brush, clothes, shade);
    PaintTrunk(&brush, clothes, shade);
    PaintHead(&brush, clothes);
    return brush.color();
  };
  return PaintTexture(7, 8, kTexelsPerM, true, paint);
}

Texture PaintCar(const FractalNoise& noise, uint64_t seed) {
  constexpr double kTexelsPerM = 512 / 4.5;
  Random draw(Key(seed, 'a'));
  const Rgba lacquer = {draw.Uniform(50, 225), draw.Uniform(40, 180),
                        draw.Uniform(40, 210), 1};
  const auto paint = [&](int column, int row) {
    const Point p = {(column + 0.5 - 256) / kTexelsPerM,
                     (256 - kCutOutMargin - row - 0.5) / kTexelsPerM};
    const double shade = 0.85 + 0.35 * noise.At(p.x / 5, p.z / 2);
    Brush brush(p, kTexelsPerM, lacquer);
    PaintBodywork(&brush, lacquer, shade);
    PaintWheels(&brush);
    return brush.color();
  };
  return PaintTexture(9, 8, kTexelsPerM, true, paint);
}

Texture PaintBottle(const FractalNoise& noise, uint64_t seed) {
  constexpr double kTexelsPerM = 256 / 0.5;
  Random draw(Key(seed, 'b'));
  const Rgba glass = Scaled({46, 110, 62, 1}, draw.Uniform(0.6, 1.5));
  const Rgba label = {draw.Uniform(120, 235), draw.Uniform(110, 225),
                      draw.Uniform(60, 200), 1};
  const Rgba cap = {draw.Uniform(120, 230), draw.Uniform(30, 90), 40, 1};
  const auto paint = [&](int column, int row) {
    const Point p = {(column + 0.5 - 64) / kTexelsPerM,
                     (256 - kCutOutMargin - row - 0.5) / kTexelsPerM};
    const double round = 1.15 - 130 * p.x * p.x;
    const double streak = p.x > -0.045 && p.x < -0.03 ? 1.5 : 1.0;
    const double grain = 0.8 + 0.4 * noise.At(p.x * 2, p.z);
    const Rgba body = Scaled(glass, round * streak * grain);
    Brush brush(p, kTexelsPerM, glass);
    brush.Fill(Panel(p, {-0.075, 0.004}, {0.075, 0.29}, 0.02), body);
    brush.Fill(Trapezoid(p, {0, 0.27}, 0.072, {0, 0.355}, 0.026), body);
    brush.Fill(Panel(p, {-0.026, 0.34}, {0.026, 0.43}, 0.004), body);
    brush.Fill(Panel(p, {-0.032, 0.41}, {0.032, 0.45}, 0.006),
               Scaled(cap, round));
    brush.Tint(Panel(p, {-0.0745, 0.07}, {0.0745, 0.2}, 0),
               Scaled(label, round * grain));
    brush.Tint(Panel(p, {-0.04, 0.12}, {0.04, 0.155}, 0.01),
               Scaled({60, 44, 52, 1}, round));
    return brush.color();
  };
  return PaintTexture(7, 8, kTexelsPerM, true, paint);
}

}  // namespace fovea::scene
