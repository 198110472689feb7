// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/trace.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/model_folder.h"
#include "bench/recording.h"
#include "nlohmann/json.hpp"
#include "store/chunk_id.h"

namespace fovea::bench::reuse {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostFrames = 1U << 20;
constexpr size_t kTold = 100;  // frames between two words of progress

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Json JsonOf(const Boxes& boxes) {
  Json all = Json::array();
  for (const Detection& d : boxes) {
    all.push_back({d.label, d.score, d.left, d.top, d.right, d.bottom});
  }
  return all;
}

Boxes BoxesOf(const Json& all) {
  Boxes boxes;
  for (const Json& d : all) {
    boxes.push_back({d.at(0), d.at(1), d.at(2), d.at(3), d.at(4), d.at(5)});
  }
  return boxes;
}

absl::StatusOr<Trace> MakeTrace(
    const ClipName& clip, const std::string& path, Model* model,
    const std::function<void(const std::string&)>& say) {
  const auto recording = LoadRecording(path, kMostFrames);
  if (!recording.ok()) return recording.status();
  Trace trace{clip.name,
              model->card().name,
              static_cast<float>(model->card().threshold),
              model->labels(),
              {}};
  for (const Frame& frame : recording->frames) {
    const int64_t begin = NowNs();
    auto answer = model->Infer(frame, recording->camera.color);
    if (!answer.ok()) return answer.status();
    trace.frames.push_back(
        {frame.time_ns, NowNs() - begin,
         std::make_shared<Boxes>(std::move(answer->detections))});
    if (trace.size() % kTold == 0) {
      say(absl::StrCat(clip.name, " by ", trace.model, ": ", trace.size(),
                       " of ", recording->frames.size()));
    }
  }
  return trace;
}

absl::StatusOr<Trace> ReadTrace(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(path);
  auto trace =
      ParseTrace(std::string(std::istreambuf_iterator<char>(file), {}));
  if (trace.ok()) return trace;
  return absl::Status(trace.status().code(),
                      absl::StrCat(path, ": ", trace.status().message(),
                                   "; remove it to have it made anew"));
}

// Under another name first: a run that breaks off leaves no half trace.
absl::Status WriteTrace(const Trace& trace, const std::string& path) {
  const std::string unfinished = path + ".part";
  std::ofstream file(unfinished);
  file << TraceText(trace);
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(unfinished, path, error);
  if (!file || error) {
    return absl::UnavailableError("cannot write " + path);
  }
  return absl::OkStatus();
}

}  // namespace

double Trace::median_infer_us() const {
  std::vector<int64_t> times;
  for (const TracedFrame& frame : frames) times.push_back(frame.infer_ns);
  if (times.empty()) return 0;
  const auto middle = times.begin() + static_cast<int64_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return static_cast<double>(*middle) / 1e3;
}

absl::StatusOr<std::unique_ptr<Model>> OpenTracedModel(
    const std::string& name, const std::string& data,
    const std::string& folder) {
  const std::string models = folder + "/models";
  std::error_code error;
  std::filesystem::create_directories(models, error);
  if (!std::filesystem::exists(models + "/" + name)) {
    const std::string network =
        name == "yolox" ? "yolox_nano.onnx" : "FastestDet.onnx";
    const auto added = AddModel({absl::StrCat(FOVEA_CARDS, "/", name, ".yaml"),
                                 absl::StrCat(data, "/models/", network),
                                 data + "/models/coco.names", name},
                                models);
    if (!added.ok()) return added.status();
  }
  NetworkOptions options;
  options.gradients = false;
  return OpenModel(name, models, options);
}

absl::StatusOr<Trace> KeptTrace(
    const std::string& path,
    const std::function<absl::StatusOr<Trace>()>& make) {
  auto trace = ReadTrace(path);
  if (!absl::IsNotFound(trace.status())) return trace;
  trace = make();
  if (!trace.ok()) return trace.status();
  const absl::Status written = WriteTrace(*trace, path);
  if (!written.ok()) return written;
  return trace;
}

absl::StatusOr<std::string> TraceStem(const ClipName& clip, const Model& model,
                                      const std::string& data,
                                      const std::string& folder) {
  const std::string path = data + "/" + clip.path;
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  if (error) return absl::NotFoundError("cannot read " + path);
  const std::string digest = ChunkId{model.id().digest}.ToHex();
  return absl::StrCat(folder, "/", std::filesystem::path(path).stem().string(),
                      "-", bytes, "-", digest.substr(0, 16));
}

absl::StatusOr<Trace> LoadTrace(
    const ClipName& clip, const std::string& model, const std::string& data,
    const std::string& folder,
    const std::function<void(const std::string&)>& say) {
  const auto opened = OpenTracedModel(model, data, folder);
  if (!opened.ok()) return opened.status();
  const auto stem = TraceStem(clip, **opened, data, folder);
  if (!stem.ok()) return stem.status();
  return KeptTrace(*stem + ".json", [&] {
    return MakeTrace(clip, data + "/" + clip.path, opened->get(), say);
  });
}

std::string TraceText(const Trace& trace) {
  Json frames = Json::array();
  for (const TracedFrame& frame : trace.frames) {
    frames.push_back({frame.time_ns, frame.infer_ns, JsonOf(*frame.answer)});
  }
  return Json{{"clip", trace.clip},
              {"model", trace.model},
              {"threshold", trace.threshold},
              {"labels", trace.labels},
              {"frames", std::move(frames)}}
      .dump();
}

absl::StatusOr<Trace> ParseTrace(const std::string& text) {
  // nlohmann's accessors throw; a damaged file is an error like any other.
  try {
    const Json json = Json::parse(text);
    Trace trace{json.at("clip"),
                json.at("model"),
                json.at("threshold"),
                json.at("labels"),
                {}};
    for (const Json& frame : json.at("frames")) {
      trace.frames.push_back({frame.at(0), frame.at(1),
                              std::make_shared<Boxes>(BoxesOf(frame.at(2)))});
    }
    return trace;
  } catch (const Json::exception& e) {
    return absl::DataLossError(absl::StrCat("not a trace: ", e.what()));
  }
}

}  // namespace fovea::bench::reuse
