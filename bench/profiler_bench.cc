// SPDX-License-Identifier: GPL-2.0-or-later
//
// What profiling costs beside the network itself.
//
//   profiler_bench [--frames N] [CLIP...]
//
// One JSON object per clip and model, CPU milliseconds per frame, medians:
// the forward and backward passes that the profiler ran, all of the profiler
// (pictures in, outputs read, gradients back to pixels and summed up), their
// ratio, paired by frame; and apart from it decoding and the coarse encode.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "api/degrader.h"
#include "api/whole_file.h"
#include "bench/recording.h"
#include "sensitivity/network.h"
#include "sensitivity/profiler.h"

namespace fovea {
namespace {

double CpuMs() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 +
         static_cast<double>(now.tv_nsec) / 1e6;
}

// Adds up the time another network takes.
class TimedNetwork final : public Network {
 public:
  TimedNetwork(std::unique_ptr<Network> network, double* ms)
      : network_(std::move(network)), ms_(ms) {}

  const NetworkInfo& info() const override { return network_->info(); }
  absl::StatusOr<std::vector<Tensor>> Forward(const Tensor& input) override {
    const double begin = CpuMs();
    auto outputs = network_->Forward(input);
    *ms_ += CpuMs() - begin;
    return outputs;
  }
  absl::StatusOr<Tensor> InputGradient(
      std::span<const Tensor> weights) override {
    const double begin = CpuMs();
    auto gradient = network_->InputGradient(weights);
    *ms_ += CpuMs() - begin;
    return gradient;
  }

 private:
  const std::unique_ptr<Network> network_;
  double* const ms_;
};

struct NamedModel {
  const char* card;
  const char* network;
};
constexpr NamedModel kModels[] = {{"fastestdet", "FastestDet.onnx"},
                                  {"yolox", "yolox_nano.onnx"}};

absl::StatusOr<std::unique_ptr<Model>> OpenTimed(const NamedModel& named,
                                                 const std::string& data,
                                                 double* ms) {
  const std::string path = absl::StrCat(FOVEA_CARDS "/", named.card, ".yaml");
  const auto text = ReadWholeFile(path, kMaxCardBytes);
  if (!text.ok()) return text.status();
  const auto card =
      ParseModelCard(path, std::string(text->begin(), text->end()));
  if (!card.ok()) return card.status();
  auto network = OpenNetwork(absl::StrCat(data, "/models/", named.network),
                             NetworkOptions());
  if (!network.ok()) return network.status();
  return std::make_unique<Model>(
      ModelDescription{{named.card, {}}, *card, {}},
      std::make_unique<TimedNetwork>(*std::move(network), ms));
}

double Median(std::vector<double> values) {
  const auto middle =
      values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct FrameTimes {
  std::vector<double> network, profiler, ratio, degrade;
};

absl::StatusOr<FrameTimes> TimeFrames(const bench::Recording& clip,
                                      Model* model, const double* network_ms) {
  auto profiler = Profiler::Create(model, clip.camera, ProfileOptions());
  if (!profiler.ok()) return profiler.status();
  auto degrader = Degrader::Create(clip.camera, kDegradedCrf);
  if (!degrader.ok()) return degrader.status();
  FrameTimes times;
  for (const Frame& frame : clip.frames) {
    const double begin = CpuMs();
    const auto degraded = (*degrader)->Degrade(frame);
    if (!degraded.ok()) return degraded.status();
    const double between = CpuMs();
    const double network_before = *network_ms;
    const auto measured = (*profiler)->Measure(frame, *degraded);
    if (!measured.ok()) return measured.status();
    times.degrade.push_back(between - begin);
    times.profiler.push_back(CpuMs() - between);
    times.network.push_back(*network_ms - network_before);
    times.ratio.push_back(times.profiler.back() / times.network.back());
  }
  return times;
}

absl::Status BenchClip(const std::string& path, size_t frames) {
  const double begin = CpuMs();
  const auto clip = bench::LoadRecording(path, frames);
  if (!clip.ok()) return clip.status();
  const double decode_ms =
      (CpuMs() - begin) / static_cast<double>(clip->frames.size());
  const std::string data = bench::ChooseRecordings({}, {""}).front();
  for (const NamedModel& named : kModels) {
    double network_ms = 0;
    const auto model = OpenTimed(named, data, &network_ms);
    if (!model.ok()) return model.status();
    const auto times = TimeFrames(*clip, model->get(), &network_ms);
    if (!times.ok()) return times.status();
    std::printf(
        "{\"clip\":\"%s\",\"size\":\"%dx%d\",\"frames\":%zu,\"model\":\"%s\","
        "\"passes_ms\":%.1f,\"profiler_ms\":%.1f,\"ratio\":%.3f,"
        "\"decode_ms\":%.1f,\"coarse_encode_ms\":%.1f}\n",
        path.substr(path.rfind('/') + 1).c_str(), clip->camera.width,
        clip->camera.height, clip->frames.size(), named.card,
        Median(times->network), Median(times->profiler), Median(times->ratio),
        decode_ms, Median(times->degrade));
    std::fflush(stdout);
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  const auto arguments =
      bench::ParseBenchArguments("profiler_bench", 20, argc, argv);
  if (!arguments) return 2;
  for (const std::string& clip : bench::ChooseRecordings(
           arguments->clips, {"video/towncentre_street_41f.mp4",
                              "video/dashcam_solidWhiteRight.mp4",
                              "video/mot17-04_plaza_8f.mp4"})) {
    if (absl::Status status = BenchClip(clip, arguments->frames);
        !status.ok()) {
      std::fprintf(stderr, "profiler_bench: %s\n", status.ToString().c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) { return fovea::Main(argc, argv); }
