// SPDX-License-Identifier: GPL-2.0-or-later
//
// A generated scene before and behind the lens: where everything is at any
// time, the light that reaches each camera, and what can be seen of each
// object. Scene and WriteScene are thin over this.

#ifndef FOVEA_API_SCENE_STAGE_H_
#define FOVEA_API_SCENE_STAGE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/scene.h"
#include "api/scene_geometry.h"
#include "api/scene_motion.h"
#include "api/scene_noise.h"
#include "api/scene_render.h"
#include "api/scene_texture.h"
#include "codec/sample.h"

namespace fovea::scene {

// A labelled cut-out, upright and facing the start of the world's y axis.
struct Actor {
  std::string label;
  Texture texture;
  double width = 0, height = 0;  // m, of the whole canvas
  Wave x, y, z;                  // middle of the soles
};

// Thread-safe: all but the textures of still things is made in Create, and
// those are made once, on first use.
class Stage {
 public:
  static absl::StatusOr<std::unique_ptr<Stage>> Create(
      const SceneOptions& options);

  const SceneOptions& options() const { return options_; }
  const Sensor& sensor() const { return sensor_; }
  const CameraMotion& motion() const { return motion_; }
  int64_t frames() const { return frames_; }
  Rational frame_rate() const { return frame_rate_; }
  int64_t TimeNs(int64_t index) const;
  double Seconds(int64_t index) const;
  int cameras() const { return options_.second_camera ? 2 : 1; }
  double second_yaw_rad() const { return second_yaw_rad_; }

  CameraView View(int camera, double time_s) const;

  // Everything a camera at `eye` can see, far to near.
  std::vector<Surface> Surfaces(Vec3 eye, double time_s) const;

  SceneTruth Truth(int64_t index) const;

  // Noise-free picture at nominal exposure; `without` leaves one object
  // out.
  Picture Light(int camera, int64_t index, int without = -1) const;

  // `light` through the sensor.
  absl::StatusOr<Frame> Develop(const Picture& light, int camera,
                                int64_t index) const;

 private:
  struct Scenery {
    Texture backdrop, ground, brick, wood, concrete;
  };

  explicit Stage(const SceneOptions& options);
  void AddActors(const FractalNoise& noise);
  Surface BackdropSurface() const;
  Surface GroundSurface() const;
  void AddStillThings(Vec3 eye, std::vector<Surface>* out) const;
  double OverlapShare(double yaw_rad) const;
  double SolveYaw() const;
  const Texture* Material(int index) const;
  void PaintScenery() const;

  SceneOptions options_;
  Sensor sensor_;
  CameraMotion motion_;
  Rational frame_rate_;
  int64_t frames_ = 0;
  double second_yaw_rad_ = 0;
  std::vector<Actor> actors_;
  mutable std::once_flag painted_;
  mutable Scenery scenery_;
};

// Distance of the second lens to the right of the first.
inline constexpr double kBaseline = 0.25;  // m

// Boxes and visible shares of all objects in `surfaces` (far to near).
std::vector<SceneBox> VisibleBoxes(const std::vector<Surface>& surfaces,
                                   const std::vector<Actor>& actors,
                                   const CameraView& view, int width,
                                   int height);

}  // namespace fovea::scene

#endif  // FOVEA_API_SCENE_STAGE_H_
