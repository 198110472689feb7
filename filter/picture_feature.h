// SPDX-License-Identifier: GPL-2.0-or-later
//
// What difference detectors of the literature take of a picture's luma, and
// how far two pictures are apart by it: Reducto's low-level features (Li et
// al., SIGCOMM'20), NoScope's squared errors (Kang et al., VLDB'17). Written
// from the papers and from their published settings.

#ifndef FOVEA_FILTER_PICTURE_FEATURE_H_
#define FOVEA_FILTER_PICTURE_FEATURE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codec/sample.h"

namespace fovea {

enum class DifferenceKind : uint8_t {
  // Reducto. Differences are shares of the picture's pixels, 0 to 1:
  kPixel,   // luma; that changed by more than 21 grey levels
  kArea,    // blurred luma; the largest changed contour, once dilated
  kEdge,    // edges (Canny, 1986); that are edges of one picture alone
  kCorner,  // corners (Harris and Stephens, 1988); the same. Published is a
            // comparison of responses as numbers, which noise decides
  // NoScope. Differences are mean squared errors of 50 x 50 means of areas,
  // in squared grey levels, 0 to 65,025:
  kMse,     // of all
  kBlocks,  // of the worst of its 5 x 5 blocks
  // What is in front of a background (filter/background_model.h takes it, of
  // frames in order); the share of pixels that are so in one picture alone.
  kBackground,
};
inline constexpr size_t kDifferenceKinds = 7;

// Of pictures of more pixels than this means of 2 x 2 pixels are taken, or of
// 3 x 3 and so on, the least that do. An object of 20 x 20 pixels in 1280 x 720
// is 6 x 6 then; four times as many pixels take four times as long.
inline constexpr int kGatePixels = 120'000;

struct PictureFeature {
  int width = 0, height = 0;
  std::vector<uint8_t> levels;  // width * height; or
  std::vector<uint64_t> bits;   // one a pixel, row-major, the lowest first
};

// `most_pixels` is 1 or more; kMse and kBlocks look at all pixels whatever it
// says. A frame without pixels has an empty feature, and so has any frame
// alone of kBackground. At 640x360 0.1 to 1 ms.
PictureFeature FeatureOf(DifferenceKind kind, const Frame& frame,
                         int most_pixels = kGatePixels);

// In the unit above. Symmetric, 0 of equals. Infinite where the sizes differ
// or one is empty.
double DifferenceOf(DifferenceKind kind, const PictureFeature& a,
                    const PictureFeature& b);

}  // namespace fovea

#endif  // FOVEA_FILTER_PICTURE_FEATURE_H_
