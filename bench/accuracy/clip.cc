// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/clip.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/recording.h"
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
    // Scenes nothing was tuned on.
    {"h7", "camera_imu/gopro_hero7.mp4", 100, 2},
    {"vt", "video/opencv_vtest.avi", 100, 2},
    {"mp", "video/mot17-04_plaza_8f.mp4", 8, 1},
    {"ub", "video/uadetrac_intersection_b.mp4", 69, 1},
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
  auto recording =
      LoadRecording(choice.path, static_cast<size_t>(choice.frames));
  if (!recording.ok()) return recording.status();
  return Clip{choice, *std::move(digest), std::move(recording->camera),
              std::move(recording->frames)};
}

}  // namespace fovea::bench
