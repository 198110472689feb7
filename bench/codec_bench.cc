// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the encode side costs per frame, stage by stage, against x264 alone
// on the same decoded frames. Rounds are interleaved, so that a machine
// that slows down slows every stage; ratios are medians over rounds. Beside
// them what `ingest --copy` pays: decoding with the bitstream's vectors, and
// the grid from those. Then the latency of single frames: x264 alone and with
// all that makes its maps, frame by frame in turns, without look-ahead, at
// 1280x720 (recordings are mirrored at their edges up to that size).
//
//   codec_bench [--frames N] [--rounds N] [CLIP...]
//
// One JSON object per clip and stage. Without clips: three recordings
// below $FOVEA_TEST_DATA.

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/recording.h"
#include "codec/allocation.h"
#include "codec/coded_motion.h"
#include "codec/decode/video_decoder.h"
#include "codec/grid.h"
#include "codec/video_encoder.h"
#include "filter/fingerprint.h"
#include "filter/motion_blobs.h"
#include "filter/motion_tracks.h"
#include "sensitivity/proxy.h"

namespace fovea {
namespace {

constexpr double kGridBudget = 0.05;     // of x264 veryfast
constexpr double kMapBudget = 0.03;      // of x264 veryfast
constexpr double kMotionBudget = 0.005;  // of x264 veryfast
constexpr double kLatencyBudget = 1.20;  // of x264's 99th percentile
constexpr int kLatencyWidth = 1280;
constexpr int kLatencyHeight = 720;
constexpr size_t kLatencyFrames = 200;
constexpr const char* kDefaultClips[] = {"video/opencv_vtest.avi",
                                         "video/intel_car-detection.mp4",
                                         "camera_imu/gopro_max-heromode.mp4"};

struct Settings {
  size_t frames = 200;
  size_t rounds = 5;
  std::vector<std::string> clips;
};

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

absl::Status MeasureGrids(const bench::Recording& clip, bool fingerprint,
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

absl::Status FindMotion(const bench::Recording& clip,
                        const std::vector<Grid>& grids) {
  auto blobs = MotionBlobs::Create(clip.camera.width, clip.camera.height);
  if (!blobs.ok()) return blobs.status();
  MotionTracks tracks;
  for (size_t i = 0; i < grids.size(); ++i) {
    const int64_t time_ns = clip.frames[i].time_ns;
    const MotionPicture& picture = (*blobs)->Measure(grids[i], time_ns);
    tracks.Link(**blobs, picture, time_ns);
  }
  return absl::OkStatus();
}

absl::StatusOr<QualityMap> ProxyMap(const Grid& grid) {
  AllocationOptions options;
  options.max_offset = kProxyMaxOffset;
  return AllocateQuality(ProxySensitivity(grid), grid.columns, grid.rows,
                         options);
}

absl::Status MakeMaps(const std::vector<Grid>& grids,
                      std::vector<QualityMap>* maps) {
  maps->clear();
  for (const Grid& grid : grids) {
    auto map = ProxyMap(grid);
    if (!map.ok()) return map.status();
    maps->push_back(std::move(*map));
  }
  return absl::OkStatus();
}

absl::Status EncodeClip(const bench::Recording& clip,
                        const std::vector<QualityMap>* maps, size_t* bytes,
                        std::vector<EncodedFrame>* keep = nullptr) {
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
  if (keep != nullptr) *keep = std::move(coded);
  return status;
}

// What a coded clip decodes to.
struct Decoded {
  std::vector<Frame> frames;
  std::vector<CodedMotion> motion;
};

absl::Status DecodeClip(const std::vector<EncodedFrame>& coded, bool vectors,
                        Decoded* decoded) {
  auto decoder = VideoDecoder::Create({.export_motion = vectors});
  if (!decoder.ok()) return decoder.status();
  *decoded = {};
  for (size_t i = 0; i < coded.size(); ++i) {
    absl::Status status = (*decoder)->Decode(
        coded[i].data, static_cast<int64_t>(i), &decoded->frames);
    if (!status.ok()) return status;
  }
  absl::Status status = (*decoder)->Flush(&decoded->frames);
  decoded->motion = (*decoder)->TakeMotion();
  return status;
}

absl::Status MeasureDecoded(const CameraInfo& camera, const Decoded& decoded,
                            bool vectors) {
  auto meter = GridMeter::Create(camera.width, camera.height);
  if (!meter.ok()) return meter.status();
  for (size_t i = 0; i < decoded.frames.size(); ++i) {
    Frame frame = decoded.frames[i];
    frame.width = camera.width;
    frame.height = camera.height;
    auto grid = vectors ? (*meter)->Measure(frame, decoded.motion[i])
                        : (*meter)->Measure(frame);
    if (!grid.ok()) return grid.status();
  }
  return absl::OkStatus();
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

void Print(const std::string& path, const bench::Recording& clip,
           const Stage& stage, const Stage& base) {
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

// `frame` continued by its mirror image, or cut, to width x height.
absl::StatusOr<Frame> Mirrored(const Frame& frame, int width, int height) {
  auto buffer = FrameBuffer::Allocate(width, height);
  if (!buffer.ok()) return buffer.status();
  const Plane planes[3] = {frame.y, frame.u, frame.v};
  const auto reflect = [](int at, int size) {
    const int folded = at % (2 * size);
    return folded < size ? folded : 2 * size - 1 - folded;
  };
  for (int i = 0; i < 3; ++i) {
    const int columns = i == 0 ? frame.width : frame.chroma_width();
    const int rows = i == 0 ? frame.height : (frame.height + 1) / 2;
    const int wide = i == 0 ? width : (width + 1) / 2;
    const int high = i == 0 ? height : (height + 1) / 2;
    for (int y = 0; y < high; ++y) {
      const uint8_t* from =
          planes[i].data +
          static_cast<ptrdiff_t>(reflect(y, rows)) * planes[i].stride;
      uint8_t* to =
          buffer->plane(i) + static_cast<ptrdiff_t>(y) * buffer->stride(i);
      for (int x = 0; x < wide; ++x) to[x] = from[reflect(x, columns)];
    }
  }
  Frame mirrored = std::move(*buffer).Release();
  mirrored.pts = frame.pts;
  return mirrored;
}

absl::StatusOr<bench::Recording> AtLatencySize(const bench::Recording& clip) {
  bench::Recording resized;
  resized.camera = clip.camera;
  resized.camera.width = kLatencyWidth;
  resized.camera.height = kLatencyHeight;
  for (const Frame& frame : clip.frames) {
    if (resized.frames.size() == kLatencyFrames) break;
    auto mirrored = Mirrored(frame, kLatencyWidth, kLatencyHeight);
    if (!mirrored.ok()) return mirrored.status();
    resized.frames.push_back(*std::move(mirrored));
  }
  return resized;
}

// One frame in, one packet out, and the CPU time of each.
class LiveEncoder {
 public:
  LiveEncoder(const CameraInfo& camera, bool with_map)
      : camera_(camera), with_map_(with_map) {}

  absl::Status Open() {
    VideoEncoderOptions options;
    options.camera = camera_;
    options.zero_latency = true;
    auto encoder = NewVideoEncoder(options);
    if (!encoder.ok()) return encoder.status();
    encoder_ = *std::move(encoder);
    auto meter = GridMeter::Create(camera_.width, camera_.height);
    if (!meter.ok()) return meter.status();
    meter_ = *std::move(meter);
    return absl::OkStatus();
  }

  absl::Status Add(const Frame& frame) {
    const double start = CpuSeconds();
    absl::StatusOr<QualityMap> map = QualityMap();
    if (with_map_) {
      const auto grid = meter_->Measure(frame);
      if (!grid.ok()) return grid.status();
      map = ProxyMap(**grid);
      if (!map.ok()) return map.status();
    }
    std::vector<EncodedFrame> coded;
    absl::Status status =
        encoder_->Encode(frame, with_map_ ? &*map : nullptr, &coded);
    seconds_.push_back(CpuSeconds() - start);
    return status;
  }

  // 99th percentile.
  double Slowest() const {
    std::vector<double> sorted = seconds_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() * 99 / 100];
  }

 private:
  const CameraInfo camera_;
  const bool with_map_;
  std::unique_ptr<VideoEncoder> encoder_;
  std::unique_ptr<GridMeter> meter_;
  std::vector<double> seconds_;
};

absl::Status BenchLatency(const std::string& path, const bench::Recording& clip,
                          size_t rounds) {
  auto resized = AtLatencySize(clip);
  if (!resized.ok()) return resized.status();
  std::vector<double> ratios;
  for (size_t round = 0; round < rounds; ++round) {
    LiveEncoder plain(resized->camera, false);
    LiveEncoder mapped(resized->camera, true);
    absl::Status status = plain.Open();
    status.Update(mapped.Open());
    for (const Frame& frame : resized->frames) {
      if (!status.ok()) return status;
      status.Update(plain.Add(frame));
      status.Update(mapped.Add(frame));
    }
    if (!status.ok()) return status;
    ratios.push_back(mapped.Slowest() / plain.Slowest());
  }
  const double ratio = Median(std::move(ratios));
  std::printf(
      "{\"clip\":\"%s\",\"size\":\"%dx%d\",\"zero_latency_p99_of_x264\":%.3f,"
      "\"latency_budget\":%.2f,\"within_budget\":%s}\n",
      path.substr(path.rfind('/') + 1).c_str(), kLatencyWidth, kLatencyHeight,
      ratio, kLatencyBudget, ratio <= kLatencyBudget ? "true" : "false");
  return absl::OkStatus();
}

absl::Status BenchClip(const std::string& path, const Settings& settings) {
  auto loaded = bench::LoadRecording(path, settings.frames);
  if (!loaded.ok()) return loaded.status();
  const bench::Recording& clip = *loaded;
  std::vector<Grid> grids;
  absl::Status status = MeasureGrids(clip, false, &grids);
  if (!status.ok()) return status;
  std::vector<QualityMap> maps;
  size_t plain_bytes = 0, map_bytes = 0;
  std::vector<EncodedFrame> coded;
  Decoded decoded;
  std::vector<Stage> stages = {
      {"x264-veryfast",
       [&] { return EncodeClip(clip, nullptr, &plain_bytes, &coded); }},
      {"grid", [&] { return MeasureGrids(clip, false, nullptr); }},
      {"grid+fingerprint", [&] { return MeasureGrids(clip, true, nullptr); }},
      {"proxy+allocation", [&] { return MakeMaps(grids, &maps); }},
      {"x264-veryfast+map",
       [&] { return EncodeClip(clip, &maps, &map_bytes); }},
      {"motion", [&] { return FindMotion(clip, grids); }},
      {"decode", [&] { return DecodeClip(coded, false, &decoded); }},
      {"decode+vectors", [&] { return DecodeClip(coded, true, &decoded); }},
      {"grid of decoded",
       [&] { return MeasureDecoded(clip.camera, decoded, false); }},
      {"grid from vectors",
       [&] { return MeasureDecoded(clip.camera, decoded, true); }},
  };
  status = RunRounds(settings.rounds, &stages);
  if (!status.ok()) return status;
  for (const Stage& stage : stages) Print(path, clip, stage, stages[0]);
  const double grid = MedianRatio(stages[2], stages[0]);
  const double allocation = MedianRatio(stages[3], stages[0]);
  const double motion = MedianRatio(stages[5], stages[0]);
  std::printf(
      "{\"clip\":\"%s\",\"bytes\":%zu,\"bytes_with_map\":%zu,"
      "\"grid_budget\":%.2f,\"map_budget\":%.2f,\"motion_budget\":%.3f,"
      "\"within_budgets\":%s}\n",
      path.substr(path.rfind('/') + 1).c_str(), plain_bytes, map_bytes,
      kGridBudget, kMapBudget, kMotionBudget,
      grid <= kGridBudget && allocation <= kMapBudget && motion <= kMotionBudget
          ? "true"
          : "false");
  return BenchLatency(path, clip, settings.rounds);
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
  settings->clips = bench::ChooseRecordings(
      settings->clips, {std::begin(kDefaultClips), std::end(kDefaultClips)});
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
