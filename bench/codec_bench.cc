// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the encode side costs per frame, stage by stage, against x264 alone
// on the same decoded frames. Rounds are interleaved, so that a machine
// that slows down slows every stage; ratios are medians over rounds.
//
//   codec_bench [--frames N] [--rounds N] [CLIP...]
//
// One JSON object per clip and stage. Without clips: three recordings
// below $FOVEA_TEST_DATA.

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/allocation.h"
#include "codec/formats/source.h"
#include "codec/grid.h"
#include "codec/video_encoder.h"
#include "filter/fingerprint.h"
#include "sensitivity/proxy.h"

namespace fovea {
namespace {

constexpr double kGridBudget = 0.05;  // of x264 veryfast
constexpr const char* kDefaultClips[] = {"video/opencv_vtest.avi",
                                         "video/intel_car-detection.mp4",
                                         "camera_imu/gopro_max-heromode.mp4"};

struct Settings {
  size_t frames = 200;
  size_t rounds = 5;
  std::vector<std::string> clips;
};

struct Clip {
  CameraInfo camera;
  std::vector<Frame> frames;
};

// Decoded frames of the first camera track.
absl::StatusOr<Clip> Load(const std::string& path, size_t limit) {
  auto source = OpenSource(path, SourceOptions());
  if (!source.ok()) return source.status();
  Clip clip;
  const std::vector<Track>& tracks = (*source)->info().tracks;
  const auto camera =
      std::find_if(tracks.begin(), tracks.end(), [](const Track& track) {
        return track.kind == StreamKind::kCamera && track.rejected.empty();
      });
  if (camera == tracks.end()) {
    return absl::InvalidArgumentError(path + " has no camera track");
  }
  clip.camera = camera->camera;
  while (clip.frames.size() < limit) {
    auto item = (*source)->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) break;
    Frame* frame = std::get_if<Frame>(&(*item)->value);
    if (frame == nullptr || (*item)->track != camera - tracks.begin()) continue;
    clip.frames.push_back(std::move(*frame));
  }
  if (clip.frames.empty()) {
    return absl::InvalidArgumentError(path + " has no frames");
  }
  return clip;
}

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

absl::Status MeasureGrids(const Clip& clip, bool fingerprint,
                          std::vector<Grid>* keep) {
  auto meter = GridMeter::Create(clip.camera.width, clip.camera.height);
  if (!meter.ok()) return meter.status();
  uint64_t used = 0;  // so that no fingerprint can be optimised away
  for (const Frame& frame : clip.frames) {
    auto grid = (*meter)->Measure(frame);
    if (!grid.ok()) return grid.status();
    if (fingerprint) used ^= FingerprintOf(**grid).coarse;
    if (keep != nullptr) keep->push_back(**grid);
  }
  [[maybe_unused]] volatile uint64_t sink = used;
  return absl::OkStatus();
}

absl::Status MakeMaps(const std::vector<Grid>& grids,
                      std::vector<QualityMap>* maps) {
  maps->clear();
  for (const Grid& grid : grids) {
    auto map = AllocateQuality(ProxySensitivity(grid), grid.columns, grid.rows,
                               AllocationOptions());
    if (!map.ok()) return map.status();
    maps->push_back(std::move(*map));
  }
  return absl::OkStatus();
}

absl::Status EncodeClip(const Clip& clip, const std::vector<QualityMap>* maps,
                        size_t* bytes) {
  VideoEncoderOptions options;
  options.camera = clip.camera;
  auto encoder = NewVideoEncoder(options);
  if (!encoder.ok()) return encoder.status();
  std::vector<EncodedFrame> coded;
  for (size_t i = 0; i < clip.frames.size(); ++i) {
    const QualityMap* map = maps == nullptr ? nullptr : &(*maps)[i];
    absl::Status status = (*encoder)->Encode(clip.frames[i], map, &coded);
    if (!status.ok()) return status;
  }
  absl::Status status = (*encoder)->Flush(&coded);
  *bytes = 0;
  for (const EncodedFrame& frame : coded) *bytes += frame.data.size();
  return status;
}

struct Stage {
  const char* name;
  std::function<absl::Status()> run;
  std::vector<double> seconds = {};
};

absl::Status RunRounds(size_t rounds, std::vector<Stage>* stages) {
  for (size_t round = 0; round < rounds; ++round) {
    for (Stage& stage : *stages) {
      const double start = CpuSeconds();
      if (absl::Status status = stage.run(); !status.ok()) return status;
      stage.seconds.push_back(CpuSeconds() - start);
    }
  }
  return absl::OkStatus();
}

double Median(std::vector<double> values) {
  const auto middle =
      values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double MedianRatio(const Stage& stage, const Stage& base) {
  std::vector<double> ratios;
  for (size_t i = 0; i < stage.seconds.size(); ++i) {
    ratios.push_back(stage.seconds[i] / base.seconds[i]);
  }
  return Median(std::move(ratios));
}

void Print(const std::string& path, const Clip& clip, const Stage& stage,
           const Stage& base) {
  const double seconds = Median(stage.seconds);
  const double frames = static_cast<double>(clip.frames.size());
  std::printf(
      "{\"clip\":\"%s\",\"size\":\"%dx%d\",\"frames\":%zu,\"stage\":\"%s\","
      "\"cpu_us_per_frame\":%.1f,\"of_x264\":%.4f",
      path.substr(path.rfind('/') + 1).c_str(), clip.camera.width,
      clip.camera.height, clip.frames.size(), stage.name,
      seconds / frames * 1e6, MedianRatio(stage, base));
  const Rational rate = clip.camera.frame_rate;
  if (rate.num > 0 && rate.den > 0) {
    const double fps = static_cast<double>(rate.num) / rate.den;
    std::printf(",\"cpu_s_per_stream_hour\":%.1f",
                seconds / frames * fps * 3600);
  }
  std::printf("}\n");
}

absl::Status BenchClip(const std::string& path, const Settings& settings) {
  auto loaded = Load(path, settings.frames);
  if (!loaded.ok()) return loaded.status();
  const Clip& clip = *loaded;
  std::vector<Grid> grids;
  absl::Status status = MeasureGrids(clip, false, &grids);
  if (!status.ok()) return status;
  std::vector<QualityMap> maps;
  size_t plain_bytes = 0, map_bytes = 0;
  std::vector<Stage> stages = {
      {"x264-veryfast",
       [&] { return EncodeClip(clip, nullptr, &plain_bytes); }},
      {"grid", [&] { return MeasureGrids(clip, false, nullptr); }},
      {"grid+fingerprint", [&] { return MeasureGrids(clip, true, nullptr); }},
      {"proxy+allocation", [&] { return MakeMaps(grids, &maps); }},
      {"x264-veryfast+map",
       [&] { return EncodeClip(clip, &maps, &map_bytes); }},
  };
  status = RunRounds(settings.rounds, &stages);
  if (!status.ok()) return status;
  for (const Stage& stage : stages) Print(path, clip, stage, stages[0]);
  std::printf(
      "{\"clip\":\"%s\",\"bytes\":%zu,\"bytes_with_map\":%zu,"
      "\"grid_budget\":%.2f,\"within_budget\":%s}\n",
      path.substr(path.rfind('/') + 1).c_str(), plain_bytes, map_bytes,
      kGridBudget,
      MedianRatio(stages[2], stages[0]) <= kGridBudget ? "true" : "false");
  return absl::OkStatus();
}

bool ParseCount(const char* text, size_t* value) {
  const char* end = text + std::strlen(text);
  const auto result = std::from_chars(text, end, *value);
  return result.ec == std::errc() && result.ptr == end && *value > 0;
}

bool ParseArguments(int argc, char** argv, Settings* settings) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--frames" || argument == "--rounds") {
      size_t* value =
          argument == "--frames" ? &settings->frames : &settings->rounds;
      if (++i == argc || !ParseCount(argv[i], value)) return false;
    } else {
      settings->clips.push_back(argument);
    }
  }
  if (!settings->clips.empty()) return true;
  const char* root = std::getenv("FOVEA_TEST_DATA");
  for (const char* clip : kDefaultClips) {
    settings->clips.push_back(
        std::string(root != nullptr ? root : FOVEA_DEFAULT_TEST_DATA) + "/" +
        clip);
  }
  return true;
}

int Main(int argc, char** argv) {
  Settings settings;
  if (!ParseArguments(argc, argv, &settings)) {
    std::fprintf(stderr,
                 "usage: codec_bench [--frames N] [--rounds N] [CLIP...]\n");
    return 2;
  }
  for (const std::string& clip : settings.clips) {
    const absl::Status status = BenchClip(clip, settings);
    if (!status.ok()) {
      std::fprintf(stderr, "codec_bench: %s\n", status.ToString().c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) { return fovea::Main(argc, argv); }
