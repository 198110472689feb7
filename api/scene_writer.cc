// SPDX-License-Identifier: GPL-2.0-or-later
//
// A generated scene as files: H.264 in MP4, IMU readings as CSV, truth as
// JSON. One frame is rendered ahead while another is encoded; neither
// depends on the other, so bytes do not depend on timing.
//
// truth.json: {"schema":"fovea.truth/1", ..., "frames":[
//   {"index", "time_ns", "position_m", "orientation_wxyz",
//    "boxes":[[camera 0...],[camera 1...]], "homography"}, ...],
//  "measured_noise"}

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/scene.h"
#include "api/scene_motion.h"
#include "api/scene_noise.h"
#include "api/scene_stage.h"
#include "api/stop_flag.h"
#include "codec/formats/video_writer.h"
#include "codec/video_encoder.h"
#include "nlohmann/json.hpp"

namespace fovea {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kVideoNames[] = {"camera.mp4", "camera2.mp4"};
constexpr int64_t kMeasuredFrames = 8;

// Text that appears under its name only when complete.
class TextFile {
 public:
  explicit TextFile(const std::string& path)
      : path_(path), part_(path + ".part"), out_(part_, std::ios::binary) {}
  ~TextFile() {
    if (finished_) return;
    out_.close();
    std::error_code ignored;
    std::filesystem::remove(part_, ignored);
  }
  void Write(const std::string& text) { out_ << text; }
  absl::Status Finish() {
    out_.close();
    if (out_.fail()) {
      return absl::UnavailableError(absl::StrCat(path_, ": cannot be written"));
    }
    std::error_code error;
    std::filesystem::rename(part_, path_, error);
    if (error) {
      return absl::UnavailableError(absl::StrCat(path_, ": ", error.message()));
    }
    finished_ = true;
    return absl::OkStatus();
  }

 private:
  std::string path_;
  std::string part_;
  std::ofstream out_;
  bool finished_ = false;
};

// Encoder and file of one camera.
class VideoFile {
 public:
  static absl::StatusOr<std::unique_ptr<VideoFile>> Create(
      const std::string& path, const CameraInfo& camera) {
    VideoEncoderOptions encoding;
    encoding.camera = camera;
    encoding.crf = 18;  // transparent: the noise survives
    encoding.preset = "veryfast";
    encoding.threads = 2;  // a number of its own: bytes depend on it
    auto encoder = NewVideoEncoder(encoding);
    if (!encoder.ok()) return encoder.status();
    VideoWriterOptions writing;
    writing.camera = camera;
    auto writer = VideoWriter::Create(path, writing);
    if (!writer.ok()) return writer.status();
    return std::unique_ptr<VideoFile>(
        new VideoFile(*std::move(encoder), *std::move(writer)));
  }

  absl::Status Add(const Frame& frame) {
    std::vector<EncodedFrame> coded;
    absl::Status status = encoder_->Encode(frame, nullptr, &coded);
    return status.ok() ? AddCoded(&coded) : status;
  }

  absl::Status Finish() {
    std::vector<EncodedFrame> coded;
    absl::Status status = encoder_->Flush(&coded);
    if (status.ok()) status = AddCoded(&coded);
    return status.ok() ? writer_->Finish() : status;
  }

 private:
  VideoFile(std::unique_ptr<VideoEncoder> encoder,
            std::unique_ptr<VideoWriter> writer)
      : encoder_(std::move(encoder)), writer_(std::move(writer)) {}

  absl::Status AddCoded(std::vector<EncodedFrame>* coded) {
    for (EncodedFrame& picture : *coded) {
      AccessUnit unit;
      unit.data = std::move(picture.data);
      unit.pts = unit.dts = picture.pts;
      unit.time_ns = picture.time_ns;
      unit.duration_ns = picture.duration_ns;
      unit.keyframe = picture.keyframe;
      absl::Status status = writer_->Add(unit);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  std::unique_ptr<VideoEncoder> encoder_;
  std::unique_ptr<VideoWriter> writer_;
};

CameraInfo DescribeCamera(const scene::Stage& stage) {
  CameraInfo info;
  info.width = stage.options().width;
  info.height = stage.options().height;
  info.frame_rate = stage.frame_rate();
  info.time_base = {info.frame_rate.den, info.frame_rate.num};
  info.color = {false, 1, 1, 1};  // BT.709, video range
  return info;
}

// All of one instant: what rendering ahead hands over.
struct Instant {
  std::vector<scene::Picture> light;
  std::vector<absl::StatusOr<Frame>> frames;
  SceneTruth truth;
};

Instant MakeInstant(const scene::Stage& stage, int64_t index) {
  Instant instant;
  for (int camera = 0; camera < stage.cameras(); ++camera) {
    instant.light.push_back(stage.Light(camera, index));
    instant.frames.push_back(
        stage.Develop(instant.light.back(), camera, index));
  }
  instant.truth = stage.Truth(index);
  return instant;
}

Json DescribeBoxes(const std::vector<SceneBox>& boxes) {
  Json list = Json::array();
  for (const SceneBox& box : boxes) {
    list.push_back({{"object", box.object},
                    {"label", box.label},
                    {"x", box.x},
                    {"y", box.y},
                    {"width", box.width},
                    {"height", box.height},
                    {"visible", box.visible}});
  }
  return list;
}

Json DescribeFrame(int64_t index, const SceneTruth& truth, int cameras) {
  Json frame = {{"index", index},
                {"time_ns", std::to_string(truth.time_ns)},
                {"position_m", truth.pose.position_m},
                {"orientation_wxyz", truth.pose.orientation},
                {"boxes", Json::array()}};
  for (int camera = 0; camera < cameras; ++camera) {
    frame["boxes"].push_back(DescribeBoxes(truth.boxes[camera]));
  }
  if (cameras == 2) frame["homography"] = truth.homography;
  return frame;
}

Json DescribeOptions(const SceneOptions& o) {
  return {{"seed", std::to_string(o.seed)},
          {"width", o.width},
          {"height", o.height},
          {"fps", o.fps},
          {"seconds", o.seconds},
          {"objects", o.objects},
          {"imu_rate_hz", o.imu_rate_hz},
          {"shot_noise", o.shot_noise},
          {"read_noise", o.read_noise},
          {"flicker", o.flicker},
          {"exposure_drift", o.exposure_drift},
          {"still_camera", o.still_camera},
          {"roam", o.roam},
          {"second_camera", o.second_camera},
          {"overlap", o.overlap}};
}

Json DescribeCameras(const scene::Stage& stage) {
  Json cameras = Json::array();
  for (int camera = 0; camera < stage.cameras(); ++camera) {
    const scene::Pinhole lens = stage.View(camera, 0).lens;
    cameras.push_back(
        {{"file", kVideoNames[camera]},
         {"focal_px", lens.focal},
         {"cx", lens.cx},
         {"cy", lens.cy},
         {"right_of_first_m", camera == 0 ? 0 : scene::kBaseline},
         {"yaw_right_rad", camera == 0 ? 0 : stage.second_yaw_rad()}});
  }
  return cameras;
}

Json DescribeImu(const SceneOptions& options) {
  const scene::ImuErrors errors;
  return {{"file", "imu.csv"},
          {"rate_hz", options.imu_rate_hz},
          {"axes", "those of camera 0: x right, y down, z ahead"},
          {"gravity_m_s2", scene::kGravity},
          {"gyro_step_rad_s", scene::kGyroStep},
          {"accel_step_m_s2", scene::kAccelStep},
          {"gyro_noise_rad_s_sqrt_hz", errors.gyro_noise},
          {"accel_noise_m_s2_sqrt_hz", errors.accel_noise}};
}

// Everything before the frames, left open for them.
std::string TruthHead(const scene::Stage& stage) {
  const Json head = {{"schema", "fovea.truth/1"},
                     {"world", "metres; x right, y ahead, z up"},
                     {"frame_count", stage.frames()},
                     {"options", DescribeOptions(stage.options())},
                     {"cameras", DescribeCameras(stage)},
                     {"imu", DescribeImu(stage.options())},
                     {"expected_noise", stage.sensor().ExpectedSigma(126)}};
  std::string text = head.dump();
  text.pop_back();
  return text + ",\"frames\":[\n";
}

std::string Shortest(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), end.ptr);
}

absl::Status WriteImu(const scene::Stage& stage, const std::string& path,
                      int64_t* samples) {
  const SceneOptions& options = stage.options();
  const SeriesBatch batch = scene::SimulateImu(
      stage.motion(), scene::ImuErrors(), stage.sensor().normals(),
      options.seed, options.imu_rate_hz, options.seconds);
  TextFile file(path);
  file.Write(
      "timestamp [ns],gyro_x [rad/s],gyro_y [rad/s],gyro_z [rad/s],"
      "accel_x [m/s2],accel_y [m/s2],accel_z [m/s2]\n");
  const size_t channels = batch.values.size() / batch.time_ns.size();
  for (size_t row = 0; row < batch.time_ns.size(); ++row) {
    std::string line = std::to_string(batch.time_ns[row]);
    for (size_t i = 0; i < channels; ++i) {
      line += ',' + Shortest(batch.values[row * channels + i]);
    }
    file.Write(line + '\n');
  }
  *samples = static_cast<int64_t>(batch.time_ns.size());
  return file.Finish();
}

// The job of WriteScene, step by step.
class SceneJob {
 public:
  SceneJob(std::unique_ptr<scene::Stage> stage, const std::string& folder)
      : stage_(std::move(stage)),
        folder_(folder),
        truth_(folder + "/truth.json") {}

  absl::Status Open() {
    const CameraInfo info = DescribeCamera(*stage_);
    for (int camera = 0; camera < stage_->cameras(); ++camera) {
      auto video = VideoFile::Create(PathOf(kVideoNames[camera]), info);
      if (!video.ok()) return video.status();
      videos_.push_back(*std::move(video));
    }
    truth_.Write(TruthHead(*stage_));
    return absl::OkStatus();
  }

  absl::Status AddFrames(const std::function<void(int64_t, int64_t)>& progress,
                         const std::atomic<bool>* stop) {
    const int64_t total = stage_->frames();
    std::future<Instant> ahead = Begin(0);
    for (int64_t i = 0; i < total; ++i) {
      const Instant instant = ahead.get();
      if (Stopped(stop)) {
        return absl::CancelledError(absl::StrCat(
            "folder ", folder_, ": interrupted; nothing was written"));
      }
      if (i + 1 < total) ahead = Begin(i + 1);
      absl::Status status = AddInstant(i, instant);
      if (!status.ok()) return status;
      if (progress) progress(i + 1, total);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<SceneFiles> Finish() {
    for (const auto& video : videos_) {
      absl::Status status = video->Finish();
      if (!status.ok()) return status;
    }
    truth_.Write(absl::StrCat(
        "],\"measured_noise\":", Json(meter_.Sigma()).dump(), "}\n"));
    absl::Status status = truth_.Finish();
    if (!status.ok()) return status;
    SceneFiles files;
    status = WriteImu(*stage_, PathOf("imu.csv"), &files.imu_samples);
    if (!status.ok()) return status;
    for (size_t i = 0; i < videos_.size(); ++i) {
      files.written.push_back(PathOf(kVideoNames[i]));
    }
    files.written.push_back(PathOf("imu.csv"));
    files.written.push_back(PathOf("truth.json"));
    files.frames = stage_->frames();
    files.measured_noise = meter_.Sigma();
    status = CountBytes(&files);
    if (!status.ok()) return status;
    return files;
  }

 private:
  std::string PathOf(const char* name) const { return folder_ + "/" + name; }

  std::future<Instant> Begin(int64_t index) const {
    // With no thread to be had, the work is done when it is asked for.
    return std::async(std::launch::async | std::launch::deferred, MakeInstant,
                      std::cref(*stage_), index);
  }

  absl::Status AddInstant(int64_t index, const Instant& instant) {
    for (size_t camera = 0; camera < videos_.size(); ++camera) {
      const absl::StatusOr<Frame>& frame = instant.frames[camera];
      if (!frame.ok()) return frame.status();
      absl::Status status = videos_[camera]->Add(*frame);
      if (!status.ok()) return status;
    }
    const int64_t step =
        (stage_->frames() + kMeasuredFrames - 1) / kMeasuredFrames;
    if (index % step == 0) {
      meter_.Add(instant.light[0].planes[0],
                 stage_->sensor().Gain(0, stage_->Seconds(index)),
                 *instant.frames[0]);
    }
    truth_.Write((index == 0 ? "" : ",\n") +
                 DescribeFrame(index, instant.truth, stage_->cameras()).dump());
    return absl::OkStatus();
  }

  static absl::Status CountBytes(SceneFiles* files) {
    for (const std::string& path : files->written) {
      std::error_code error;
      files->bytes += std::filesystem::file_size(path, error);
      if (error) {
        return absl::UnavailableError(
            absl::StrCat(path, ": ", error.message()));
      }
    }
    return absl::OkStatus();
  }

  std::unique_ptr<scene::Stage> stage_;
  std::string folder_;
  TextFile truth_;
  std::vector<std::unique_ptr<VideoFile>> videos_;
  scene::NoiseMeter meter_;
};

absl::StatusOr<SceneFiles> RunJob(
    std::unique_ptr<scene::Stage> stage, const std::string& folder,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop) {
  SceneJob job(std::move(stage), folder);
  absl::Status status = job.Open();
  if (status.ok()) status = job.AddFrames(progress, stop);
  if (!status.ok()) return status;
  return job.Finish();
}

}  // namespace

absl::StatusOr<SceneFiles> WriteScene(
    const SceneOptions& options, const std::string& folder,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop) {
  auto stage = scene::Stage::Create(options);
  if (!stage.ok()) return stage.status();
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("folder ", folder, ": ", error.message()));
  }
  auto files = RunJob(*std::move(stage), folder, progress, stop);
  // Succeeds only if nothing is left in it.
  if (!files.ok() && made) std::filesystem::remove(folder, error);
  return files;
}

}  // namespace fovea
