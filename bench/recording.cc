// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/recording.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "codec/formats/source.h"

namespace fovea::bench {

absl::StatusOr<Recording> LoadRecording(const std::string& path, size_t limit) {
  auto source = OpenSource(path, SourceOptions());
  if (!source.ok()) return source.status();
  const std::vector<Track>& tracks = (*source)->info().tracks;
  const auto camera =
      std::find_if(tracks.begin(), tracks.end(), [](const Track& track) {
        return track.kind == StreamKind::kCamera && track.rejected.empty();
      });
  if (camera == tracks.end()) {
    return absl::InvalidArgumentError(path + " has no camera track");
  }
  Recording recording;
  recording.camera = camera->camera;
  while (recording.frames.size() < limit) {
    auto item = (*source)->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) break;
    Frame* frame = std::get_if<Frame>(&(*item)->value);
    if (frame == nullptr || (*item)->track != camera - tracks.begin()) continue;
    recording.frames.push_back(std::move(*frame));
  }
  if (recording.frames.empty()) {
    return absl::InvalidArgumentError(path + " has no frames");
  }
  return recording;
}

std::vector<std::string> ChooseRecordings(
    const std::vector<std::string>& paths,
    const std::vector<std::string>& defaults) {
  if (!paths.empty()) return paths;
  const char* root = std::getenv("FOVEA_TEST_DATA");
  std::vector<std::string> chosen;
  for (const std::string& name : defaults) {
    chosen.push_back(
        std::string(root != nullptr ? root : FOVEA_DEFAULT_TEST_DATA) + "/" +
        name);
  }
  return chosen;
}

std::optional<BenchArguments> ParseBenchArguments(const char* program,
                                                  size_t default_frames,
                                                  int argc, char** argv) {
  BenchArguments arguments{default_frames, {}};
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--frames") != 0) {
      arguments.clips.push_back(argv[i]);
      continue;
    }
    const char* text = ++i < argc ? argv[i] : "";
    const char* end = text + std::strlen(text);
    if (std::from_chars(text, end, arguments.frames).ptr != end ||
        arguments.frames == 0) {
      std::fprintf(stderr, "usage: %s [--frames N] [CLIP...]\n", program);
      return std::nullopt;
    }
  }
  return arguments;
}

}  // namespace fovea::bench
