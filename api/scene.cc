// SPDX-License-Identifier: GPL-2.0-or-later
//
// The public face of a generated scene.

#include "api/scene.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/scene_motion.h"
#include "api/scene_stage.h"

namespace fovea {

class Scene::World {
 public:
  explicit World(std::unique_ptr<scene::Stage> built)
      : stage(std::move(built)) {}
  std::unique_ptr<scene::Stage> stage;
};

absl::StatusOr<std::unique_ptr<Scene>> Scene::Create(
    const SceneOptions& options) {
  absl::StatusOr<std::unique_ptr<scene::Stage>> stage =
      scene::Stage::Create(options);
  if (!stage.ok()) return stage.status();
  return std::unique_ptr<Scene>(
      new Scene(std::make_unique<World>(*std::move(stage))));
}

Scene::Scene(std::unique_ptr<World> world) : world_(std::move(world)) {}
Scene::~Scene() = default;

int64_t Scene::frames() const { return world_->stage->frames(); }

SceneTruth Scene::Truth(int64_t index) const {
  return world_->stage->Truth(index);
}

absl::StatusOr<Frame> Scene::Render(int camera, int64_t index) const {
  const scene::Stage& stage = *world_->stage;
  if (camera < 0 || camera >= stage.cameras()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "scene: no camera ", camera, ", it has ", stage.cameras()));
  }
  if (index < 0 || index >= stage.frames()) {
    return absl::InvalidArgumentError(
        absl::StrCat("scene: no frame ", index, ", it has ", stage.frames()));
  }
  return stage.Develop(stage.Light(camera, index), camera, index);
}

SeriesBatch Scene::Imu() const {
  const scene::Stage& stage = *world_->stage;
  const SceneOptions& options = stage.options();
  return scene::SimulateImu(stage.motion(), scene::ImuErrors(),
                            stage.sensor().normals(), options.seed,
                            options.imu_rate_hz, options.seconds);
}

SeriesInfo Scene::ImuInfo(double rate_hz) {
  SeriesInfo info;
  for (const char* name : {"gyro_x", "gyro_y", "gyro_z"}) {
    info.channels.push_back({name, "rad/s"});
  }
  for (const char* name : {"accel_x", "accel_y", "accel_z"}) {
    info.channels.push_back({name, "m/s2"});
  }
  info.rate_hz = rate_hz;
  return info;
}

}  // namespace fovea
