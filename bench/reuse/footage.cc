// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/footage.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/recording.h"

namespace fovea::bench::reuse {
namespace {

constexpr size_t kMostFrames = 1U << 20;

absl::StatusOr<std::vector<Grid>> GridsOf(const std::vector<Frame>& frames) {
  auto meter = GridMeter::Create(frames.front().width, frames.front().height);
  if (!meter.ok()) return meter.status();
  std::vector<Grid> grids;
  for (const Frame& frame : frames) {
    const auto grid = (*meter)->Measure(frame);
    if (!grid.ok()) return grid.status();
    grids.push_back(**grid);
  }
  return grids;
}

}  // namespace

const std::vector<ClipName>& AllClips() {
  static const auto* clips = new std::vector<ClipName>{
      {"vtest", "video/opencv_vtest.avi"},
      {"car", "video/intel_car-detection.mp4"},
      {"bottle", "video/intel_bottle-detection.mp4"},
      {"ua_a", "video/uadetrac_intersection_a.mp4"},
      {"ua_b", "video/uadetrac_intersection_b.mp4"},
      {"street", "video/towncentre_street_41f.mp4"},
      {"room1", "overlap/pose2sim_single/cam01.mp4"},
      {"room2", "overlap/pose2sim_single/cam02.mp4"},
      {"room3", "overlap/pose2sim_single/cam03.mp4"},
      {"room4", "overlap/pose2sim_single/cam04.mp4"},
      {"dashcam", "video/dashcam_solidWhiteRight.mp4", true},
      {"hero7", "camera_imu/gopro_hero7.mp4", true},
      {"max", "camera_imu/gopro_max-heromode.mp4", true},
  };
  return *clips;
}

Features FeaturesAt(const Footage& footage, size_t frame) {
  const Grid& grid = footage.grids[frame];
  return footage.light.empty() ? FeaturesOf(grid)
                               : FeaturesOf(grid, footage.light[frame]);
}

absl::StatusOr<Footage> LoadFootage(const ClipName& clip,
                                    const std::string& data) {
  const std::string path = data + "/" + clip.path;
  auto recording = LoadRecording(path, kMostFrames);
  if (!recording.ok()) return recording.status();
  auto packets = ReadPackets(path);
  if (!packets.ok()) return packets.status();
  if (packets->size() != recording->frames.size()) {
    return absl::DataLossError(
        absl::StrCat(path, " has ", packets->size(), " packets of ",
                     recording->frames.size(), " frames"));
  }
  auto grids = GridsOf(recording->frames);
  if (!grids.ok()) return grids.status();
  return Footage{
      clip.name,         recording->camera,   std::move(recording->frames),
      *std::move(grids), *std::move(packets), {}};
}

}  // namespace fovea::bench::reuse
