// SPDX-License-Identifier: GPL-2.0-or-later
//
// One quality map for a whole stream, from what models found sensitive in
// the pictures of its camera before.

#ifndef FOVEA_API_PRIOR_SOURCE_H_
#define FOVEA_API_PRIOR_SOURCE_H_

#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "api/map_source.h"
#include "codec/allocation.h"
#include "codec/camera_prior.h"

namespace fovea {

// Of several models' priors the one that needs most decides per macroblock.
// kInvalidArgument: none, or of different sizes.
absl::StatusOr<std::unique_ptr<MapSource>> OpenPriorSource(
    std::span<const CameraPrior> priors, const AllocationOptions& allocation);

}  // namespace fovea

#endif  // FOVEA_API_PRIOR_SOURCE_H_
