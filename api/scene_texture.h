// SPDX-License-Identifier: GPL-2.0-or-later
//
// Painted surfaces of a generated scene: textures with their mip levels, in
// Y'CbCr (BT.709, video range). Sides are powers of two; world surfaces
// wrap around, cut-outs carry coverage.

#ifndef FOVEA_API_SCENE_TEXTURE_H_
#define FOVEA_API_SCENE_TEXTURE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fovea::scene {

// One 8-bit plane and its halvings. Level rows hold one texel more than the
// width, and there is one row more than the height: copies of the opposite
// edge, so that bilinear reading needs no wrap of its own.
class MipChain {
 public:
  struct Level {
    int log2_width = 0;
    int log2_height = 0;
    size_t stride = 0;
    std::vector<uint8_t> texels;
  };

  MipChain() = default;
  // `texels` is row-major, 2^log2_width x 2^log2_height. Without `wraps`
  // the extra texels are zero.
  MipChain(int log2_width, int log2_height, bool wraps,
           std::vector<uint8_t> texels);

  bool empty() const { return levels_.empty(); }
  int levels() const { return static_cast<int>(levels_.size()); }
  const Level& level(int i) const { return levels_[static_cast<size_t>(i)]; }

 private:
  std::vector<Level> levels_;
};

struct Rgba {
  double r = 0, g = 0, b = 0;  // 0..255
  double a = 1;                // coverage
};

// `bottom` seen through `coverage` (0..1) of `top`; keeps bottom's alpha at
// least as large.
Rgba Over(const Rgba& bottom, const Rgba& top, double coverage);
Rgba Scaled(const Rgba& color, double factor);

struct Texture {
  int width = 0;  // texels
  int height = 0;
  double texels_per_m = 1;
  MipChain planes[3];  // Y', Cb, Cr; chroma has half the texels each way
  MipChain coverage;   // empty: opaque

  // Coverage 0..255 at texel coordinates, nearest texel, 0 outside.
  int CoverageAt(double u, double v) const;
};

// Paints each texel by its column and row.
Texture PaintTexture(int log2_width, int log2_height, double texels_per_m,
                     bool cut_out, const std::function<Rgba(int, int)>& paint);

// Tileable sums of value noise, 1/f over eight octaves, in 0..1.
class FractalNoise {
 public:
  explicit FractalNoise(uint64_t seed);
  // One period per unit of u and v; bilinear.
  double At(double u, double v) const;

 private:
  static constexpr int kLog2Side = 9;
  std::vector<float> values_;
};

Texture PaintBackdrop(const FractalNoise& noise, uint64_t seed);
Texture PaintGround(const FractalNoise& noise);
Texture PaintBrick(const FractalNoise& noise);
Texture PaintWood(const FractalNoise& noise);
Texture PaintConcrete(const FractalNoise& noise);

// Cut-outs, standing kCutOutMargin texels above the lower edge of their
// canvas, so that halving does not smear them over the edge. `seed` picks
// clothes, lacquer and label.
inline constexpr int kCutOutMargin = 12;
Texture PaintPerson(const FractalNoise& noise, uint64_t seed);
Texture PaintCar(const FractalNoise& noise, uint64_t seed);
Texture PaintBottle(const FractalNoise& noise, uint64_t seed);

}  // namespace fovea::scene

#endif  // FOVEA_API_SCENE_TEXTURE_H_
