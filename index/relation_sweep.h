// SPDX-License-Identifier: GPL-2.0-or-later
//
// When observations lie so or so to others of the same stream.

#ifndef FOVEA_INDEX_RELATION_SWEEP_H_
#define FOVEA_INDEX_RELATION_SWEEP_H_

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "index/object_match.h"

namespace fovea {

// For each of `subjects`, the instants at which one of `others` that is not
// itself lies to it as `kind` says. Looks without a place lie nowhere. Sweeps
// over time: costs at most n log n of all looks and the pairs of looks that
// coexist; a subject that has its other is not compared again until its look
// or the other's ends. kCancelled as QueryReader.
absl::StatusOr<std::vector<Timeline>> WhereRelated(
    Relation::Kind kind, std::span<const ObjectMatch> subjects,
    std::span<const ObjectMatch> others, const QueryReader& reader);

}  // namespace fovea

#endif  // FOVEA_INDEX_RELATION_SWEEP_H_
