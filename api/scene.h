// SPDX-License-Identifier: GPL-2.0-or-later
//
// A generated world with truth: textured ground and walls with parallax,
// moving labelled objects, a moving camera whose IMU readings follow from
// the same motion, and noise on everything (noise-free or looping footage
// would make freeze, dedup and homography trivial). Seeded: same bytes each
// time.

#ifndef FOVEA_API_SCENE_H_
#define FOVEA_API_SCENE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"

namespace fovea {

struct SceneOptions {
  uint64_t seed = 1;
  int width = 1280;
  int height = 720;
  double fps = 30;
  double seconds = 10;
  int objects = 6;  // moving, labelled person, car or bottle
  double imu_rate_hz = 200;

  // A camera that watches one place instead of being held in a hand.
  bool still_camera = false;
  // How far objects go to either side, in half views: the further beyond 1,
  // the more of the time each is out of sight.
  double roam = 1;

  // Noise levels at mid grey, in grey levels of 255.
  double shot_noise = 1.2;  // grows with the square root of the signal
  double read_noise = 0.8;
  double flicker = 0.01;         // relative, at twice a 50 Hz mains
  double exposure_drift = 0.03;  // relative, over the clip

  // A second camera beside the first, turned aside so that it sees this
  // share (0.1 to 1) of the first one's view of the far plane.
  bool second_camera = false;
  double overlap = 0.5;
};

struct SceneBox {
  int object = 0;  // stable over frames
  std::string label;
  double x = 0, y = 0, width = 0, height = 0;  // pixels, visible part
  double visible = 1;  // share not hidden by others or the border
};

struct ScenePose {
  std::array<double, 3> position_m;   // world
  std::array<double, 4> orientation;  // quaternion w, x, y, z
};

struct SceneTruth {
  int64_t time_ns = 0;
  ScenePose pose;
  std::vector<SceneBox> boxes[2];  // per camera
  // Far plane, camera 0 to camera 1 pixels, row-major, pixel centres on
  // whole numbers; identity without a second camera.
  std::array<double, 9> homography;
};

// Renders frame by frame; deterministic for given options. Thread-safe.
class Scene {
 public:
  // kInvalidArgument for sizes, rates or lengths out of range. Frame rates
  // are kept to 1/1000, or as n * 1000 / 1001 when that is what was meant.
  static absl::StatusOr<std::unique_ptr<Scene>> Create(
      const SceneOptions& options);
  ~Scene();

  int64_t frames() const;
  SceneTruth Truth(int64_t index) const;  // any index >= 0
  absl::StatusOr<Frame> Render(int camera, int64_t index) const;

  // gyro_x,y,z [rad/s], accel_x,y,z [m/s2], body axes, with bias and noise.
  SeriesBatch Imu() const;
  static SeriesInfo ImuInfo(double rate_hz);

 private:
  class World;
  explicit Scene(std::unique_ptr<World> world);
  std::unique_ptr<World> world_;
};

struct SceneFiles {
  std::vector<std::string> written;  // paths
  int64_t frames = 0;
  int64_t imu_samples = 0;
  uint64_t bytes = 0;

  // Grey levels: sigma of what the sensor added to mid-grey pixels of up to
  // 8 frames spread over the clip, before coding. Equals that of a still
  // flat patch.
  double measured_noise = 0;
};

// Writes camera.mp4 (camera2.mp4), imu.csv and truth.json into `folder`,
// which is made if missing; files of these names are replaced. `progress`
// (may be empty) gets frames done and total. Once *stop (may be null) is
// true: kCancelled, and the folder is as it was.
absl::StatusOr<SceneFiles> WriteScene(
    const SceneOptions& options, const std::string& folder,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop = nullptr);

}  // namespace fovea

#endif  // FOVEA_API_SCENE_H_
