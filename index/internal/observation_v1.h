// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bodies of sem rows of version 1, which stores of format 1 and 2 hold: one
// observation each, whose boxes have no times.

#ifndef FOVEA_INDEX_INTERNAL_OBSERVATION_V1_H_
#define FOVEA_INDEX_INTERNAL_OBSERVATION_V1_H_

#include "index/observation.h"
#include "store/row_codec.h"

namespace fovea {

// Reads what follows the version into `o`, whose start is known from the key,
// to the last byte. A box's time is where its index lies between first and
// last, which is exact on footage of even rate.
absl::Status ReadObservationV1(RowReader& in, Observation* o);

}  // namespace fovea

#endif  // FOVEA_INDEX_INTERNAL_OBSERVATION_V1_H_
