// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/clip.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/source.h"
#include "store/chunk_id.h"

namespace fovea::bench {
namespace {

// The four clips of the oracle study, cut as there. The first is scored on
// every second frame: its junction changes slowly and is full of boxes.
const ClipChoice kKnown[] = {
    {"ua", "video/uadetrac_intersection_a.mp4", 120, 2},
    {"tc", "video/towncentre_street_41f.mp4", 41, 1},
    {"dc", "video/dashcam_solidWhiteRight.mp4", 100, 1},
    {"gp", "camera_imu/gopro_max-heromode.mp4", 100, 1},
};
constexpr int kFrames = 100;  // of any other recording
constexpr double kUnknownRate = 25;

}  // namespace

ClipChoice ChooseClip(const std::string& name, const std::string& data,
                      int frames, int every) {
  ClipChoice choice{std::filesystem::path(name).stem().string(), name, kFrames,
                    1};
  for (const ClipChoice& known : kKnown) {
    if (known.name != name) continue;
    choice = known;
    choice.path = absl::StrCat(data, "/", known.path);
  }
  if (frames > 0) choice.frames = frames;
  if (every > 0) choice.every = every;
  return choice;
}

double Clip::frames_per_second() const {
  const Rational rate = camera.frame_rate;
  if (rate.num <= 0 || rate.den <= 0) return kUnknownRate;
  return static_cast<double>(rate.num) / rate.den;
}

absl::StatusOr<std::string> FileDigest(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError("cannot read " + path);
  const std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(file)), {});
  return ChunkId::Of(bytes).ToHex();
}

absl::StatusOr<Clip> LoadClip(const ClipChoice& choice) {
  auto digest = FileDigest(choice.path);
  if (!digest.ok()) return digest.status();
  auto source = OpenSource(choice.path, SourceOptions());
  if (!source.ok()) return source.status();
  const std::vector<Track>& tracks = (*source)->info().tracks;
  const auto camera =
      std::find_if(tracks.begin(), tracks.end(), [](const Track& track) {
        return track.kind == StreamKind::kCamera && track.rejected.empty();
      });
  if (camera == tracks.end()) {
    return absl::InvalidArgumentError(choice.path + " has no camera track");
  }
  Clip clip{choice, *std::move(digest), camera->camera, {}};
  while (clip.frames.size() < static_cast<size_t>(choice.frames)) {
    auto item = (*source)->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) break;
    Frame* frame = std::get_if<Frame>(&(*item)->value);
    if (frame == nullptr || (*item)->track != camera - tracks.begin()) continue;
    clip.frames.push_back(std::move(*frame));
  }
  if (clip.frames.empty()) {
    return absl::InvalidArgumentError(choice.path + " has no frames");
  }
  return clip;
}

}  // namespace fovea::bench
