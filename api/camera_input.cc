// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/camera_input.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

std::string TrackName(const Track& track) {
  return absl::StrCat(track.suffix.empty() ? "video" : track.suffix, " (",
                      track.codec, ")");
}

}  // namespace

absl::StatusOr<CameraInput> OpenCamera(const std::string& location,
                                       const SourceOptions& options) {
  auto source = OpenSource(location, options);
  if (!source.ok()) return source.status();
  CameraInput input;
  input.track = -1;
  std::string why = "no video track";
  const auto& tracks = (*source)->info().tracks;
  for (size_t i = 0; i < tracks.size(); ++i) {
    const Track& track = tracks[i];
    if (track.kind == StreamKind::kCamera && input.track < 0) {
      if (track.rejected.empty() && !track.stills) {
        input.track = static_cast<int>(i);
        continue;
      }
      why = track.stills ? "still pictures without times; give --fps"
                         : track.rejected;
    }
    input.notes.push_back(absl::StrCat("left out: ", TrackName(track)));
  }
  if (input.track < 0) {
    return absl::InvalidArgumentError(absl::StrCat(location, ": ", why));
  }
  input.source = *std::move(source);
  return input;
}

}  // namespace fovea
