// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/picture_features.h"

#include <cstdint>
#include <numeric>
#include <vector>

#include "filter/fingerprint.h"

namespace fovea {
namespace {

uint8_t Mean(const std::vector<uint8_t>& values) {
  if (values.empty()) return 0;
  const uint64_t sum =
      std::accumulate(values.begin(), values.end(), uint64_t{0});
  return static_cast<uint8_t>((sum + values.size() / 2) / values.size());
}

}  // namespace

void SetFeatures(const Grid& grid, FrameEntry* entry) {
  entry->mean_luma = Mean(grid.mean);
  entry->mean_texture = Mean(grid.texture);
  entry->mean_difference = Mean(grid.difference);
  entry->mean_residual = Mean(grid.residual);
  const Fingerprint fingerprint = FingerprintOf(grid);
  entry->fingerprint64 = fingerprint.coarse;
  entry->fingerprint256 = fingerprint.fine;
  entry->has_grid = true;
}

void SetPicture(const GopPicture& picture, FrameEntry* entry) {
  entry->pts = picture.pts;
  entry->dts = picture.dts;
  entry->time_ns = picture.time_ns;
  entry->duration_ns = picture.duration_ns;
  entry->offset = picture.offset;
  entry->size = picture.size;
  entry->type = static_cast<uint8_t>(picture.type);
  entry->qp = picture.qp;
  entry->leading = picture.leading;
}

}  // namespace fovea
