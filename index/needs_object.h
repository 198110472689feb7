// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a condition can hold where nothing was observed.

#ifndef FOVEA_INDEX_NEEDS_OBJECT_H_
#define FOVEA_INDEX_NEEDS_OBJECT_H_

#include "index/query.h"

namespace fovea {

// True where it cannot, in the stream that is asked: of what is negated,
// counted so that none would do, measured or seen elsewhere it can.
bool NeedsObject(const Condition& condition);

}  // namespace fovea

#endif  // FOVEA_INDEX_NEEDS_OBJECT_H_
