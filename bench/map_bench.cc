// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether quality maps are honoured on recordings: every preset, with and
// without look-ahead, on one thread and three, QPs read back from the
// bitstream. Keyframes only: a block without residual has the QP of the one
// before it, and all but keyframes are full of them.
//
//   map_bench [--frames N] [CLIP...]
//
// One JSON object per clip and preset: in exact mode the mean of |base + map
// - QP| over all macroblocks; in stacked mode the correlation of the map
// with the QP change it makes, at constant quality, under a budget and under
// a ceiling. Each is the worst of the four ways. Exit 1 when one is beyond
// its bound.

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/recording.h"
#include "codec/video_encoder.h"
#include "tests/support/coded_qps.h"

namespace fovea {
namespace {

constexpr double kMostError = 0.5;         // QP
constexpr double kLeastCorrelation = 0.9;  // for maps of range 12
// So fine that nearly all blocks of a keyframe have residual and with it a QP
// of their own: at 18 the sky of a dashcam has none, and half a QP of error.
constexpr double kExactQp = 12;
constexpr int kGopFrames = 4;
constexpr const char* kPresets[] = {"ultrafast", "superfast", "veryfast",
                                    "faster",    "fast",      "medium",
                                    "slow",      "slower",    "veryslow"};

struct Rate {
  double crf;
  int64_t budget, ceiling;  // bytes per second, 0: none
};
// On a second of pictures of 0.4 megapixels; the last two bind.
constexpr Rate kRates[] = {{20, 0, 0}, {20, 600'000, 0}, {20, 0, 600'000}};

// Patches of 0, 4, 8 and 12.
QualityMap Patches(const CameraInfo& camera) {
  QualityMap map{
      MacroblockCount(camera.width), MacroblockCount(camera.height), {}};
  for (int i = 0; i < map.columns * map.rows; ++i) {
    const int x = i % map.columns;
    const int y = i / map.columns;
    map.qp_offset.push_back(static_cast<uint8_t>((x / 2 + y) % 4 * 4));
  }
  return map;
}

struct Worst {
  double error = 0;
  double correlation = 1;
};

absl::Status MeasureExact(VideoEncoderOptions options,
                          const bench::Recording& clip, const QualityMap& map,
                          Worst* worst) {
  options.map_mode = MapMode::kExact;
  options.crf = kExactQp;
  const auto coded = testing::EncodeAndReadQps(options, clip.frames, &map);
  if (!coded.ok()) return coded.status();
  worst->error =
      std::max(worst->error, testing::MeanQpError(*coded, kExactQp, map, true));
  return absl::OkStatus();
}

absl::Status MeasureStacked(VideoEncoderOptions options,
                            const bench::Recording& clip, const QualityMap& map,
                            Worst* worst) {
  const QualityMap zero{map.columns, map.rows,
                        std::vector<uint8_t>(map.qp_offset.size())};
  for (const Rate& rate : kRates) {
    options.crf = rate.crf;
    options.bytes_per_second = rate.budget;
    options.max_bytes_per_second = rate.ceiling;
    const auto with = testing::EncodeAndReadQps(options, clip.frames, &map);
    if (!with.ok()) return with.status();
    const auto without = testing::EncodeAndReadQps(options, clip.frames, &zero);
    if (!without.ok()) return without.status();
    worst->correlation = std::min(
        worst->correlation, testing::MapCorrelation(*with, *without, map));
  }
  return absl::OkStatus();
}

absl::StatusOr<Worst> Measure(const bench::Recording& clip,
                              const char* preset) {
  const QualityMap map = Patches(clip.camera);
  Worst worst;
  for (const bool zero_latency : {false, true}) {
    for (const int threads : {1, 3}) {
      VideoEncoderOptions options;
      options.camera = clip.camera;
      options.preset = preset;
      options.zero_latency = zero_latency;
      options.threads = threads;
      options.gop_frames = kGopFrames;
      absl::Status status = MeasureExact(options, clip, map, &worst);
      status.Update(MeasureStacked(options, clip, map, &worst));
      if (!status.ok()) return status;
    }
  }
  return worst;
}

absl::StatusOr<bool> BenchClip(const std::string& path, size_t frames) {
  const auto clip = bench::LoadRecording(path, frames);
  if (!clip.ok()) return clip.status();
  bool kept = true;
  for (const char* preset : kPresets) {
    const auto worst = Measure(*clip, preset);
    if (!worst.ok()) return worst.status();
    const bool good =
        worst->error <= kMostError && worst->correlation >= kLeastCorrelation;
    std::printf(
        "{\"clip\":\"%s\",\"size\":\"%dx%d\",\"frames\":%zu,\"preset\":\"%s\","
        "\"exact_mean_abs_qp_error\":%.3f,\"stacked_correlation\":%.3f,"
        "\"kept\":%s}\n",
        path.substr(path.rfind('/') + 1).c_str(), clip->camera.width,
        clip->camera.height, clip->frames.size(), preset, worst->error,
        worst->correlation, good ? "true" : "false");
    std::fflush(stdout);
    kept = kept && good;
  }
  return kept;
}

int Main(int argc, char** argv) {
  const auto arguments = bench::ParseBenchArguments("map_bench", 8, argc, argv);
  if (!arguments) return 2;
  bool kept = true;
  for (const std::string& clip : bench::ChooseRecordings(
           arguments->clips, {"video/towncentre_street_41f.mp4",
                              "video/uadetrac_intersection_a.mp4",
                              "video/dashcam_solidWhiteRight.mp4",
                              "camera_imu/gopro_max-heromode.mp4"})) {
    const auto result = BenchClip(clip, arguments->frames);
    if (!result.ok()) {
      std::fprintf(stderr, "map_bench: %s\n",
                   result.status().ToString().c_str());
      return 1;
    }
    kept = kept && *result;
  }
  return kept ? 0 : 1;
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) { return fovea::Main(argc, argv); }
