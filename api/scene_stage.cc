// SPDX-License-Identifier: GPL-2.0-or-later
//
// The stage set. Everything keeps to its own slice of the world's y axis:
// still things between the lanes of moving ones, the camera before them
// all. So far-to-near order is the order of y, and occlusion is exact.

#include "api/scene_stage.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea::scene {
namespace {

constexpr double kBackdropY = 40;  // m
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kFocalPerSide = 0.95;  // of the longer side: 55 degrees
constexpr uint16_t kSkyLuma = 190 << 8;
constexpr uint16_t kNoChroma = 128 << 8;

// A box on the ground. Materials: 0 brick, 1 wood, 2 concrete.
struct StillBox {
  double x, y, half_width, half_depth, height;
  int material;
};

constexpr StillBox kStillBoxes[] = {
    {-3.1, 7.1, 0.30, 0.30, 3.1, 0},  {1.7, 7.1, 0.35, 0.35, 0.7, 1},
    {4.6, 11.1, 0.35, 0.35, 3.3, 2},  {-1.4, 11.1, 0.45, 0.45, 0.9, 1},
    {-6.2, 16.5, 1.60, 0.45, 0.9, 2}, {3.0, 16.5, 0.40, 0.40, 4.2, 0},
    {9.5, 22.0, 0.55, 0.55, 5.0, 0},  {-11.5, 22.0, 0.60, 0.60, 4.6, 2},
    {0.5, 22.0, 1.50, 0.50, 1.0, 2},
};

struct Lane {
  double near_y, far_y;
};

// Where each kind of object lives: between the still boxes.
constexpr Lane kPersonLanes[] = {{8.0, 10.2}, {12.2, 15.5}};
constexpr Lane kCarLanes[] = {{17.5, 21.0}, {23.0, 27.0}, {29.0, 36.0}};
constexpr Lane kBottleLanes[] = {{3.2, 6.2}};

constexpr const char* kLabels[] = {"person", "car", "bottle"};
constexpr int kKinds = 3;

// The part of its kind's lanes that belongs to the `k`-th of `count`.
Lane LaneOf(int kind, int k, int count) {
  const Lane* lanes = kind == 0   ? kPersonLanes
                      : kind == 1 ? kCarLanes
                                  : kBottleLanes;
  const int lane_count = kind == 0 ? 2 : kind == 1 ? 3 : 1;
  const Lane& lane = lanes[k % lane_count];
  const int parts = (count + lane_count - 1) / lane_count;
  const double share = (lane.far_y - lane.near_y) / parts;
  const double start = lane.near_y + share * (k / lane_count);
  return {start, start + share};
}

int CountOfKind(int kind, int objects) {
  return (objects - kind + kKinds - 1) / kKinds;
}

// `relative_reach`: to either side, per metre of distance.
void SetPaths(int kind, const Lane& lane, double relative_reach, Random* draw,
              Actor* actor) {
  const double middle = 0.5 * (lane.near_y + lane.far_y);
  // Amplitudes sum to at most 1.2 * 0.37 of the lane: it is never left.
  const double depth = 0.37 * (lane.far_y - lane.near_y);
  const double reach = relative_reach * middle;
  const double speed = kind == 0 ? 1.2 : kind == 1 ? 3.2 : 0.45;  // m/s
  const double hz = speed / (kRadiansPerTurn * 0.8 * reach);
  actor->x = DrawWave(draw, draw->Uniform(-0.15, 0.15) * reach, reach,
                      {{0.70, hz}, {0.16, 2.37 * hz}, {0.03, 7.1 * hz}});
  actor->y = DrawWave(draw, middle, depth, {{0.8, 0.061}, {0.2, 0.23}});
  if (kind == 0) actor->z = DrawWave(draw, 0.015, 0.012, {{1.0, 1.8}});
  if (kind == 1) actor->z = DrawWave(draw, 0, 0.004, {{1.0, 2.9}});
  if (kind == 2) {
    actor->z = DrawWave(draw, draw->Uniform(1.2, 1.55), 0.2,
                        {{0.7, 0.21}, {0.3, 0.77}});
  }
}

Texture PaintActor(int kind, const FractalNoise& noise, uint64_t seed) {
  if (kind == 0) return PaintPerson(noise, seed);
  if (kind == 1) return PaintCar(noise, seed);
  return PaintBottle(noise, seed);
}

Rational FrameRate(double fps) {
  for (const int32_t base : {24, 30, 48, 60, 120}) {
    if (std::abs(fps - base * 1000 / 1001.0) < 1e-4) return {base * 1000, 1001};
  }
  auto num = static_cast<int32_t>(std::floor(fps * 1000 + 0.5));
  int32_t den = 1000;
  for (const int32_t factor : {2, 2, 2, 5, 5, 5}) {
    if (num % factor != 0 || den % factor != 0) continue;
    num /= factor;
    den /= factor;
  }
  return {num, den};
}

absl::Status CheckRange(const char* name, double value, double low,
                        double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "scene: ", name, " is ", value, ", expected ", low, " to ", high));
}

absl::Status CheckOptions(const SceneOptions& o) {
  const struct {
    const char* name;
    double value, low, high;
  } ranges[] = {
      {"width", static_cast<double>(o.width), 16, 8192},
      {"height", static_cast<double>(o.height), 16, 8192},
      {"frame rate", o.fps, 1, 1000},
      {"length in seconds", o.seconds, 0.001, 86400},
      {"number of objects", static_cast<double>(o.objects), 0, 64},
      {"IMU rate", o.imu_rate_hz, 1, 32000},
      {"roam", o.roam, 0.1, 100},
      {"IMU samples", o.imu_rate_hz * o.seconds, 0, 8e6},
      {"shot noise", o.shot_noise, 0, 64},
      {"read noise", o.read_noise, 0, 64},
      {"flicker", o.flicker, 0, 0.5},
      {"exposure drift", o.exposure_drift, 0, 0.5},
      {"overlap", o.second_camera ? o.overlap : 1, 0.1, 1},
  };
  for (const auto& r : ranges) {
    const absl::Status status = CheckRange(r.name, r.value, r.low, r.high);
    if (!status.ok()) return status;
  }
  if (o.seconds * o.fps < 0.5) {
    return absl::InvalidArgumentError(
        absl::StrCat("scene: ", o.seconds, " s at ", o.fps,
                     " frames per second hold no frame"));
  }
  return absl::OkStatus();
}

// Adds one face of a box if its front is towards the eye by more than
// rounding.
void AddFace(double clearance, const PlaneFrame& plane, double u, double v,
             double shade, double depth, const Texture* texture,
             std::vector<Surface>* out) {
  if (clearance > 1e-6) {
    out->push_back({plane, 0, u, 0, v, texture, shade, -1, depth});
  }
}

void AddBox(const StillBox& b, const Texture* texture, Vec3 eye,
            std::vector<Surface>* out) {
  const double left = b.x - b.half_width, right = b.x + b.half_width;
  const double front = b.y - b.half_depth, back = b.y + b.half_depth;
  const double width = 2 * b.half_width, depth = 2 * b.half_depth;
  const Vec3 ahead{0, 1, 0}, across{1, 0, 0}, down{0, 0, -1};
  AddFace(left - eye.x, {{left, front, b.height}, ahead, down}, depth, b.height,
          0.62, b.y, texture, out);
  AddFace(eye.x - right, {{right, front, b.height}, ahead, down}, depth,
          b.height, 0.74, b.y, texture, out);
  AddFace(eye.z - b.height, {{left, back, b.height}, across, {0, -1, 0}}, width,
          depth, 1, b.y, texture, out);
  AddFace(front - eye.y, {{left, front, b.height}, across, down}, width,
          b.height, 0.9, b.y, texture, out);
}

Surface ActorSurface(const Actor& actor, int object, double time_s) {
  const double x = actor.x.Value(time_s);
  const double y = actor.y.Value(time_s);
  const double z =
      actor.z.Value(time_s) - kCutOutMargin / actor.texture.texels_per_m;
  Surface s;
  s.plane = {
      {x - 0.5 * actor.width, y, z + actor.height}, {1, 0, 0}, {0, 0, -1}};
  s.u1 = actor.width;
  s.v1 = actor.height;
  s.texture = &actor.texture;
  s.object = object;
  s.depth = y;
  return s;
}

Canvas MakeCanvas(int width, int height, uint16_t value) {
  return {width, height,
          std::vector<uint16_t>(
              static_cast<size_t>(width) * static_cast<size_t>(height), value)};
}

// Pixels of the second camera from those of the first, over one plane.
std::array<double, 9> Homography(const PlaneFrame& plane,
                                 const CameraView& first,
                                 const CameraView& second) {
  Mat3 h =
      Inverse(PlaneFromPixel(plane, second)) * PlaneFromPixel(plane, first);
  const double scale = h.m[8];
  for (double& value : h.m) value /= scale;
  return h.m;
}

// The second camera: beside the first and turned to its right.
CameraView Beside(const CameraView& first, double yaw_rad) {
  CameraView second = first;
  second.position = first.position + first.rotation * Vec3{kBaseline, 0, 0};
  second.rotation = first.rotation * TurnAboutY(yaw_rad);
  return second;
}

Pinhole Lens(const SceneOptions& options) {
  return {kFocalPerSide * std::max(options.width, options.height),
          0.5 * (options.width - 1), 0.5 * (options.height - 1)};
}

}  // namespace

Stage::Stage(const SceneOptions& options)
    : options_(options),
      sensor_(options),
      motion_(options.seed, options.still_camera) {
  frame_rate_ = FrameRate(options.fps);
  frames_ = std::max<int64_t>(
      1, static_cast<int64_t>(std::floor(options.seconds * options.fps + 0.5)));
  AddActors(FractalNoise(options.seed));
  if (options.second_camera) second_yaw_rad_ = SolveYaw();
}

absl::StatusOr<std::unique_ptr<Stage>> Stage::Create(
    const SceneOptions& options) {
  absl::Status status = CheckOptions(options);
  if (!status.ok()) return status;
  return std::unique_ptr<Stage>(new Stage(options));
}

void Stage::AddActors(const FractalNoise& noise) {
  const double reach =
      options_.roam * 0.5 * options_.width / Lens(options_).focal;
  for (int i = 0; i < options_.objects; ++i) {
    const int kind = i % kKinds;
    const uint64_t seed = Key(options_.seed, 'o', static_cast<uint64_t>(i));
    Random draw(seed);
    Actor actor;
    actor.label = kLabels[kind];
    actor.texture = PaintActor(kind, noise, seed);
    actor.width = actor.texture.width / actor.texture.texels_per_m;
    actor.height = actor.texture.height / actor.texture.texels_per_m;
    SetPaths(kind,
             LaneOf(kind, i / kKinds, CountOfKind(kind, options_.objects)),
             reach, &draw, &actor);
    actors_.push_back(std::move(actor));
  }
}

int64_t Stage::TimeNs(int64_t index) const {
  return ToNanoseconds(index, {frame_rate_.den, frame_rate_.num});
}

double Stage::Seconds(int64_t index) const {
  return static_cast<double>(index) * frame_rate_.den / frame_rate_.num;
}

CameraView Stage::View(int camera, double time_s) const {
  const BodyState state = motion_.At(time_s);
  const CameraView first{state.position, state.rotation, Lens(options_)};
  return camera == 0 ? first : Beside(first, second_yaw_rad_);
}

Surface Stage::BackdropSurface() const {
  Surface s;
  s.plane = {{0, kBackdropY, 0}, {1, 0, 0}, {0, 0, -1}};
  s.u0 = s.v0 = -kInfinity;
  s.u1 = kInfinity;
  s.v1 = 0.05;  // a little below the ground, so that no gap shows
  s.texture = &scenery_.backdrop;
  s.depth = kBackdropY;
  return s;
}

Surface Stage::GroundSurface() const {
  Surface s;
  s.plane = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}};
  s.u0 = s.v0 = -kInfinity;
  s.u1 = kInfinity;
  s.v1 = kBackdropY;
  s.texture = &scenery_.ground;
  s.depth = kBackdropY;
  return s;
}

const Texture* Stage::Material(int index) const {
  const Texture* materials[] = {&scenery_.brick, &scenery_.wood,
                                &scenery_.concrete};
  return materials[index];
}

std::vector<Surface> Stage::Surfaces(Vec3 eye, double time_s) const {
  std::vector<Surface> surfaces = {BackdropSurface(), GroundSurface()};
  for (const StillBox& box : kStillBoxes) {
    AddBox(box, Material(box.material), eye, &surfaces);
  }
  int object = 0;
  for (const Actor& actor : actors_) {
    surfaces.push_back(ActorSurface(actor, object++, time_s));
  }
  std::stable_sort(
      surfaces.begin(), surfaces.end(),
      [](const Surface& a, const Surface& b) { return a.depth > b.depth; });
  return surfaces;
}

SceneTruth Stage::Truth(int64_t index) const {
  const double time_s = Seconds(index);
  const CameraView first = View(0, time_s);
  SceneTruth truth;
  truth.time_ns = TimeNs(index);
  truth.pose.position_m = {first.position.x, first.position.y,
                           first.position.z};
  truth.pose.orientation = ToQuaternion(first.rotation);
  truth.homography = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  for (int camera = 0; camera < cameras(); ++camera) {
    const CameraView view = View(camera, time_s);
    truth.boxes[camera] = VisibleBoxes(Surfaces(view.position, time_s), actors_,
                                       view, options_.width, options_.height);
    if (camera == 1) {
      truth.homography = Homography(BackdropSurface().plane, first, view);
    }
  }
  return truth;
}

void Stage::PaintScenery() const {
  const FractalNoise noise(Key(options_.seed, 's'));
  scenery_.backdrop = PaintBackdrop(noise, options_.seed);
  scenery_.ground = PaintGround(noise);
  scenery_.brick = PaintBrick(noise);
  scenery_.wood = PaintWood(noise);
  scenery_.concrete = PaintConcrete(noise);
}

Picture Stage::Light(int camera, int64_t index, int without) const {
  std::call_once(painted_, [this] { PaintScenery(); });
  const double time_s = Seconds(index);
  const CameraView view = View(camera, time_s);
  const int half_width = (options_.width + 1) / 2;
  const int half_height = (options_.height + 1) / 2;
  Picture picture{{MakeCanvas(options_.width, options_.height, kSkyLuma),
                   MakeCanvas(half_width, half_height, kNoChroma),
                   MakeCanvas(half_width, half_height, kNoChroma)}};
  for (const Surface& surface : Surfaces(view.position, time_s)) {
    if (surface.object >= 0 && surface.object == without) continue;
    for (int plane = 0; plane < 3; ++plane) {
      DrawSurface(surface, view, plane, &picture.planes[plane]);
    }
  }
  return picture;
}

absl::StatusOr<Frame> Stage::Develop(const Picture& light, int camera,
                                     int64_t index) const {
  absl::StatusOr<FrameBuffer> buffer =
      FrameBuffer::Allocate(options_.width, options_.height);
  if (!buffer.ok()) return buffer.status();
  const double gain = sensor_.Gain(camera, Seconds(index));
  for (int plane = 0; plane < 3; ++plane) {
    sensor_.Develop(light.planes[plane], plane, camera, index, gain,
                    buffer->plane(plane), buffer->stride(plane));
  }
  Frame frame = std::move(*buffer).Release();
  frame.pts = index;
  frame.time_ns = TimeNs(index);
  frame.duration_ns = TimeNs(index + 1) - frame.time_ns;
  return frame;
}

double Stage::OverlapShare(double yaw_rad) const {
  const CameraView first{{0, 0, motion_.At(0).position.z},
                         FromColumns({1, 0, 0}, {0, 0, -1}, {0, 1, 0}),
                         Lens(options_)};
  const Mat3 map{
      Homography(BackdropSurface().plane, first, Beside(first, yaw_rad))};
  // A homography maps what is in front of both cameras with the sign its
  // middle has, which is positive after scaling unless the middle itself
  // lies behind.
  constexpr int kColumns = 400;
  constexpr int kRows = 12;
  int shared = 0;
  for (int i = 0; i < kColumns * kRows; ++i) {
    const Vec3 p =
        map * Vec3{(i % kColumns + 0.5) / kColumns * options_.width - 0.5,
                   (i / kColumns + 0.5) / kRows * options_.height - 0.5, 1};
    const double x = p.x / p.z, y = p.y / p.z;
    if (p.z > 0 && x >= -0.5 && x < options_.width - 0.5 && y >= -0.5 &&
        y < options_.height - 0.5) {
      ++shared;
    }
  }
  return static_cast<double>(shared) / (kColumns * kRows);
}

double Stage::SolveYaw() const {
  double low = 0;
  double high = 1.2;  // beyond the view's width
  for (int i = 0; i < 40; ++i) {
    const double middle = 0.5 * (low + high);
    (OverlapShare(middle) >= options_.overlap ? low : high) = middle;
  }
  return low;
}

}  // namespace fovea::scene
