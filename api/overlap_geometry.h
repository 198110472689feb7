// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where one camera's picture lies in another's: homographies, and the
// macroblocks of the second picture that the first one sees. Pure.

#ifndef FOVEA_API_OVERLAP_GEOMETRY_H_
#define FOVEA_API_OVERLAP_GEOMETRY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/box.h"

namespace fovea {

struct PicturePoint {
  double x = 0, y = 0;  // pixel centres on whole numbers
};

// Maps a plane seen in one picture to the same plane in another. Row-major;
// m[8] is 1.
struct Homography {
  std::array<double, 9> m = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  friend bool operator==(const Homography&, const Homography&) = default;
};

// nullopt where the point lies on or behind the horizon.
std::optional<PicturePoint> MapPoint(const Homography& h, PicturePoint p);

// nullopt where `h` cannot be turned round, or not scaled to m[8] = 1.
std::optional<Homography> InverseOf(const Homography& h);

// The upright box around where `box` goes; nullopt where a corner goes
// nowhere.
std::optional<Box> MapBox(const Homography& h, const Box& box);

struct PictureSize {
  int width = 0, height = 0;
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

// Macroblocks of a picture, row-major.
struct MacroblockMask {
  int columns = 0, rows = 0;
  std::vector<bool> set;  // columns * rows

  double share() const;  // set ones of all; 0 of none
  friend bool operator==(const MacroblockMask&,
                         const MacroblockMask&) = default;
};

// Macroblocks of the second picture all of which the first one sees, with
// `margin` pixels around in the first.
MacroblockMask SeenByFirst(const Homography& first_to_second, PictureSize first,
                           PictureSize second, int margin);

// `mask` less what `boxes`, grown by `grow` macroblocks, touch.
MacroblockMask Without(MacroblockMask mask, std::span<const Box> boxes,
                       int grow);

// Share of `box` that lies in set macroblocks; 0 of an empty one.
double ShareIn(const MacroblockMask& mask, const Box& box);

// Four macroblocks a hexadecimal digit, and back. kDataLoss where the text
// has another length or other characters.
std::string MaskText(const MacroblockMask& mask);
absl::StatusOr<MacroblockMask> ParseMask(int columns, int rows,
                                         std::string_view text);

// Largest distance between where two homographies put the points of a grid
// over a picture of `size`, in pixels; infinite where one of them puts a
// point nowhere. Only points that `first` puts inside `target` count.
double Drift(const Homography& first, const Homography& second,
             PictureSize size, PictureSize target);

}  // namespace fovea

#endif  // FOVEA_API_OVERLAP_GEOMETRY_H_
