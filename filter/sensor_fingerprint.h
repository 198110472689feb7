// SPDX-License-Identifier: GPL-2.0-or-later
//
// Hashes of sensor windows, by which a cache finds the near ones.

#ifndef FOVEA_FILTER_SENSOR_FINGERPRINT_H_
#define FOVEA_FILTER_SENSOR_FINGERPRINT_H_

#include "filter/features.h"
#include "filter/fingerprint.h"

namespace fovea {

// Each cell as a thermometer: so many bits are set as thresholds lie below it,
// the thresholds spread evenly from -127 to 127. Hence differing bits grow as
// the sum of |difference| does. Each cell has an equal number of bits, of 256
// in the fine hash and of 64 in the coarse, and at most 254; where cells are
// more than bits, the first ones have one each. Zero of no cells.
Fingerprint SensorFingerprintOf(const Features& features);

}  // namespace fovea

#endif  // FOVEA_FILTER_SENSOR_FINGERPRINT_H_
