// SPDX-License-Identifier: GPL-2.0-or-later
//
// The powers of ten that doubles hold exactly.

#ifndef FOVEA_CODEC_INTERNAL_POWERS_OF_TEN_H_
#define FOVEA_CODEC_INTERNAL_POWERS_OF_TEN_H_

#include <array>

namespace fovea::internal {

inline constexpr std::array<double, 23> kPowersOfTen = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_POWERS_OF_TEN_H_
