// SPDX-License-Identifier: GPL-2.0-or-later
//
// The scale is chosen for AllocateQuality() at kappa 0.7: from flat and
// still to textured and moving is a factor of 51, which is 12 QP steps;
// either property alone lies 4 to 5 steps below both.

#include "sensitivity/proxy.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace fovea {
namespace {

// Grey levels, mean over a block. Beyond "full" a property counts no more,
// so that one harsh edge does not starve the rest of the frame.
constexpr double kFullTexture = 16;
constexpr double kMotionNoise = 1;
constexpr double kFullMotion = 8;

constexpr double kFloor = 0.02;
constexpr double kOneProperty = 0.2;
constexpr double kBothProperties = 0.6;

double Share(double value, double full) {
  return std::clamp(value / full, 0.0, 1.0);
}

// The vector most blocks share is the camera's, not an object's.
int CameraMotion(std::vector<int8_t> components) {
  const auto middle =
      components.begin() + static_cast<ptrdiff_t>(components.size() / 2);
  std::nth_element(components.begin(), middle, components.end());
  return *middle;
}

// Change that the camera's own motion does not explain.
double ObjectChange(const Grid& grid, size_t block, int camera_x,
                    int camera_y) {
  const bool with_camera = std::abs(grid.motion_x[block] - camera_x) <= 1 &&
                           std::abs(grid.motion_y[block] - camera_y) <= 1;
  const double levels =
      with_camera ? grid.residual[block] : grid.difference[block];
  return levels / 4;
}

std::vector<double> BlockScores(const Grid& grid) {
  const int camera_x = CameraMotion(grid.motion_x);
  const int camera_y = CameraMotion(grid.motion_y);
  std::vector<double> scores(grid.texture.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    const double texture = Share(grid.texture[i] / 2.0, kFullTexture);
    const double change = ObjectChange(grid, i, camera_x, camera_y);
    const double motion = Share(change - kMotionNoise, kFullMotion);
    scores[i] = kFloor + kOneProperty * (texture + motion) +
                kBothProperties * texture * motion;
  }
  return scores;
}

// Running mean of three, edges repeated, over `count` values `step` apart.
void Blur(double* values, size_t count, size_t step) {
  double before = values[0];
  for (size_t i = 0; i < count; ++i) {
    const double own = values[i * step];
    const double after = i + 1 < count ? values[(i + 1) * step] : own;
    values[i * step] = (before + own + after) / 3;
    before = own;
  }
}

}  // namespace

std::vector<double> ProxySensitivity(const Grid& grid) {
  if (grid.texture.empty()) return {};
  std::vector<double> scores = BlockScores(grid);
  // Detectors read an object's surroundings too.
  const auto columns = static_cast<size_t>(grid.columns);
  const auto rows = static_cast<size_t>(grid.rows);
  for (size_t y = 0; y < rows; ++y) Blur(&scores[y * columns], columns, 1);
  for (size_t x = 0; x < columns; ++x) Blur(&scores[x], rows, columns);
  return scores;
}

}  // namespace fovea
