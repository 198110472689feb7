// SPDX-License-Identifier: GPL-2.0-or-later
//
// Parameter sets by name: how GOPs get their SPS and PPS back.

#ifndef FOVEA_API_PARAMETER_SETS_H_
#define FOVEA_API_PARAMETER_SETS_H_

#include "codec/canonical_gop.h"
#include "store/store_reader.h"

namespace fovea {

// The front of the NAL unit's SHA-256.
ParameterSetName NameParameterSet(std::span<const uint8_t> nal);

// Looks names up in `store`, which must outlive the result.
ParameterSetLookup ParameterSetsOf(StoreReader* store);

}  // namespace fovea

#endif  // FOVEA_API_PARAMETER_SETS_H_
