// SPDX-License-Identifier: GPL-2.0-or-later
//
// Draws textured rectangles of planes into a canvas, far ones first. Within
// 16 pixels of a row the mapping is taken as linear; between those it is
// exact. Everything depends on the arguments alone.

#ifndef FOVEA_API_SCENE_RENDER_H_
#define FOVEA_API_SCENE_RENDER_H_

#include "api/scene_geometry.h"
#include "api/scene_noise.h"
#include "api/scene_texture.h"

namespace fovea::scene {

// A rectangle of a plane, bounds in metres along its axes; they may be
// infinite.
struct Surface {
  PlaneFrame plane;
  double u0 = 0, u1 = 0, v0 = 0, v1 = 0;
  const Texture* texture = nullptr;
  double shade = 1;  // 0..1, of light
  int object = -1;   // index, or -1 for what stands still
  double depth = 0;  // world y: larger is drawn earlier
};

// Draws one plane (0 = Y', 1 = Cb, 2 = Cr) of `surface`. Chroma canvases
// have half the pixels each way, sited left as H.264 assumes.
void DrawSurface(const Surface& surface, const CameraView& view, int plane,
                 Canvas* canvas);

}  // namespace fovea::scene

#endif  // FOVEA_API_SCENE_RENDER_H_
