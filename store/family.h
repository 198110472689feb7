// SPDX-License-Identifier: GPL-2.0-or-later
//
// The catalogue's families; store/FORMAT.md lists their keys and values.

#ifndef FOVEA_STORE_FAMILY_H_
#define FOVEA_STORE_FAMILY_H_

#include <cstdint>

namespace fovea {

// Values are stored; never renumber.
enum class Family : uint8_t {
  kMeta = 0,
  kGop = 1,
  kTime = 2,
  kFtab = 3,
  kLoc = 4,
  kRef = 5,
  kGcq = 6,
  kBlock = 7,
  kPrior = 8,
  kSem = 9,
  kSemx = 10,
  kRes = 11,
  kDec = 12,
};
inline constexpr int kFamilyCount = 13;
const char* FamilyName(Family family);

}  // namespace fovea

#endif  // FOVEA_STORE_FAMILY_H_
