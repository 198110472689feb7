// SPDX-License-Identifier: GPL-2.0-or-later
//
// What ingest costs against its parts, paired in one run:
//
//   wall        `fovea ingest` / (decode + x264 alone), same libraries,
//               clip, preset and threads; runs alternate, medians compared
//   writes      bytes the kernel wrote for the process / payload bytes
//   memory      peak resident size at 1080p, presets veryfast and medium
//   cpu         CPU-seconds per hour of stream
//   help        time to answer --help
//
// Usage: ingest_bench [--quick] [CLIP...]; clips default to the recordings
// found through FOVEA_TEST_DATA, else to a generated scene.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/child.h"
#include "codec/formats/source.h"
#include "codec/video_encoder.h"
#include "nlohmann/json.hpp"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using nlohmann::json;
using testing::TempDir;
using testing::TestData;

const std::string kFovea = FOVEA_BINARY;
bool failed = false;

int Threads() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

// Prints one figure; a goal that is missed fails the bench only where it is
// about bytes, never where it is about time.
void Print(const std::string& name, double value, const char* unit, double goal,
           bool must_hold) {
  const bool met = value <= goal;
  std::printf("%-34s %10.3f %-12s goal <= %-8g %s\n", name.c_str(), value, unit,
              goal, met ? "met" : "MISSED");
  if (!met && must_hold) failed = true;
}

// Decodes and encodes `clip` with nothing between; the rival.
int RunBaseline(const std::string& clip, const std::string& preset) {
  SourceOptions options;
  options.threads = Threads();
  auto source = OpenSource(clip, options);
  if (!source.ok()) return 1;
  std::unique_ptr<VideoEncoder> encoder;
  std::vector<EncodedFrame> out;
  size_t bytes = 0;
  while (true) {
    auto item = (*source)->Next();
    if (!item.ok() || !item->has_value()) break;
    const auto* frame = std::get_if<Frame>(&(*item)->value);
    if (frame == nullptr) continue;
    if (encoder == nullptr) {
      VideoEncoderOptions encode;
      encode.camera =
          (*source)->info().tracks[static_cast<size_t>((*item)->track)].camera;
      encode.preset = preset;
      encode.threads = Threads();
      auto opened = NewVideoEncoder(encode);
      if (!opened.ok()) return 1;
      encoder = *std::move(opened);
    }
    if (!encoder->Encode(*frame, nullptr, &out).ok()) return 1;
    for (const EncodedFrame& encoded : out) bytes += encoded.data.size();
    out.clear();
  }
  if (encoder == nullptr || !encoder->Flush(&out).ok()) return 1;
  for (const EncodedFrame& encoded : out) bytes += encoded.data.size();
  std::printf("%zu\n", bytes);
  return 0;
}

struct Ingested {
  ChildCost cost;
  json streams;  // as `fovea ingest --json` reports them
};

Ingested Ingest(const std::string& clip, const std::string& store,
                std::vector<std::string> more) {
  std::vector<std::string> command = {kFovea, "ingest", clip,         "--store",
                                      store,  "--json", "--progress", "none"};
  command.insert(command.end(), more.begin(), more.end());
  Ingested ingested{RunChild(command), {}};
  const json report = json::parse(ingested.cost.output, nullptr, false);
  if (ingested.cost.exit_code != 0 && ingested.cost.exit_code != 3) {
    std::fprintf(stderr, "ingest of %s failed\n", clip.c_str());
    std::exit(1);
  }
  ingested.streams = report.at("sources").at(0).at("streams");
  return ingested;
}

double SecondsOf(const std::string& clip) {
  auto source = OpenSource(clip, {});
  return source.ok() ? static_cast<double>((*source)->info().duration_ns) * 1e-9
                     : 0;
}

std::string NameOf(const std::string& clip) {
  return std::filesystem::path(clip).filename().string();
}

void BenchWall(const std::string& self, const std::string& clip, int rounds) {
  std::vector<double> ratios;
  double cpu = 0;
  for (int i = 0; i < rounds; ++i) {
    TempDir dir;
    const ChildCost alone = RunChild({self, "--baseline", clip, "veryfast"});
    const Ingested ours = Ingest(clip, dir.File("store"), {});
    if (alone.exit_code != 0) {
      std::fprintf(stderr, "baseline of %s failed\n", clip.c_str());
      std::exit(1);
    }
    ratios.push_back(ours.cost.wall_s / alone.wall_s);
    cpu = ours.cost.cpu_s;
  }
  Print(absl::StrCat("wall ", NameOf(clip)), Median(ratios), "x alone", 1.15,
        false);
  const double seconds = SecondsOf(clip);
  if (seconds > 0) {
    std::printf("%-34s %10.0f CPU-seconds per stream-hour\n",
                absl::StrCat("cpu ", NameOf(clip)).c_str(),
                cpu / seconds * 3600);
  }
}

// Bytes the kernel wrote for an ingest, over payload bytes.
double WriteRatio(const Ingested& ingested) {
  double payload = 0;
  for (const json& stream : ingested.streams) {
    payload += stream.value("bytes", 0.0);
  }
  if (payload <= 0) failed = true;
  return static_cast<double>(ingested.cost.disk_write_bytes) / payload;
}

// The first ingest also makes the store: a fixed cost, shown apart. The
// second one, at another quality so that nothing is known yet, is the rule.
void BenchWrites(const std::string& clip) {
  TempDir dir;
  const std::string store = dir.File("store");
  const Ingested first = Ingest(clip, store, {"--name", "first"});
  const Ingested second =
      Ingest(clip, store, {"--name", "second", "--crf", "22"});
  std::printf("%-34s %10.3f x payload\n",
              absl::StrCat("writes, new store ", NameOf(clip)).c_str(),
              WriteRatio(first));
  Print(absl::StrCat("writes ", NameOf(clip)), WriteRatio(second), "x payload",
        1.05, false);
}

void BenchMemory(const std::string& clip) {
  for (const char* preset : {"veryfast", "medium"}) {
    TempDir dir;
    const Ingested ours = Ingest(clip, dir.File("store"), {"--preset", preset});
    const double mib = static_cast<double>(ours.cost.peak_rss_kib) / 1024;
    if (std::strcmp(preset, "veryfast") == 0) {
      Print("memory 1080p veryfast", mib, "MiB", 300 / 1.048576, false);
    } else {
      std::printf("%-34s %10.3f MiB\n", "memory 1080p medium", mib);
    }
  }
}

void BenchHelp() {
  std::vector<double> times;
  for (int i = 0; i < 20; ++i) {
    times.push_back(RunChild({kFovea, "--help"}).wall_s * 1e3);
  }
  Print("help", Median(times), "ms", 100, false);
}

std::string MakeScene(const TempDir& dir, const char* size,
                      const char* seconds) {
  const ChildCost made = RunChild(
      {kFovea, "sample", dir.path(), "--size", size, "--seconds", seconds});
  if (made.exit_code != 0) std::exit(1);
  return dir.File("camera.mp4");
}

int Main(int argc, char** argv) {
  bool quick = false;
  std::vector<std::string> clips;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--baseline") == 0 && i + 2 < argc) {
      return RunBaseline(argv[i + 1], argv[i + 2]);
    }
    if (std::strcmp(argv[i], "--quick") == 0) {
      quick = true;
    } else {
      clips.emplace_back(argv[i]);
    }
  }
  TempDir scene_dir;
  if (clips.empty()) {
    for (const char* name :
         {"video/opencv_vtest.avi", "video/intel_car-detection.mp4",
          "camera_imu/gopro_max-heromode.mp4"}) {
      const std::string path = TestData(name);
      if (!path.empty()) clips.push_back(path);
    }
  }
  if (clips.empty()) clips.push_back(MakeScene(scene_dir, "768x576", "10"));
  if (quick) clips.resize(1);
  for (const std::string& clip : clips) BenchWall(argv[0], clip, quick ? 1 : 5);
  for (const std::string& clip : clips) BenchWrites(clip);
  TempDir hd_dir;
  BenchMemory(MakeScene(hd_dir, "1920x1080", quick ? "2" : "6"));
  BenchHelp();
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
