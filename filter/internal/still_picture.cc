// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/internal/still_picture.h"

#include <cmath>
#include <cstdlib>

namespace fovea::internal {
namespace {

// Texture, in half grey levels, differs by this much and a quarter of what
// it was: shadows and exposure scale it by less.
constexpr int kLeastTexture = 6;
constexpr int kTextureShare = 4;

uint16_t Moved(uint16_t known, int seen, int rate) {
  const int64_t change = (int64_t{seen} * kFine - known) * rate / kRate;
  return static_cast<uint16_t>(known + change);
}

}  // namespace

StillPicture::StillPicture(size_t macroblocks, const MotionBlobOptions& options)
    : learn_s_(options.background_s),
      least_mean_(static_cast<int>(std::lround(options.changed_mean * kFine))),
      mean_(macroblocks),
      texture_(macroblocks) {}

void StillPicture::Adopt(const Grid& grid) {
  for (size_t b = 0; b < mean_.size(); ++b) {
    mean_[b] = static_cast<uint16_t>(grid.mean[b] * kFine);
    texture_[b] = static_cast<uint16_t>(grid.texture[b] * kFine);
  }
}

void StillPicture::Learn(const Grid& grid, size_t block) {
  mean_[block] = Moved(mean_[block], grid.mean[block], rate_);
  texture_[block] = Moved(texture_[block], grid.texture[block], rate_);
}

bool StillPicture::Differs(size_t block, uint8_t mean, uint8_t texture) const {
  const int known = texture_[block];
  return std::abs(mean * kFine - mean_[block]) > least_mean_ ||
         std::abs(texture * kFine - known) >
             kLeastTexture * kFine + known / kTextureShare;
}

}  // namespace fovea::internal
