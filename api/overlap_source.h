// SPDX-License-Identifier: GPL-2.0-or-later
//
// Quality maps of a camera part of whose view another camera keeps: there
// the low end of the map.

#ifndef FOVEA_API_OVERLAP_SOURCE_H_
#define FOVEA_API_OVERLAP_SOURCE_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "api/map_source.h"
#include "api/overlap_geometry.h"
#include "codec/quality_map.h"

namespace fovea {

// QP offset, even, 0..kMaxQpOffset, of what another camera keeps. Beyond it
// little is left to be saved (docs/OVERLAP.md).
inline constexpr int kIngestOverlapQpOffset = 12;

// `map` (null: uniform) with at least `offset` where `mask` is set.
// kInvalidArgument: another size, `offset` odd or out of range.
absl::StatusOr<QualityMap> RaiseInOverlap(const QualityMap* map,
                                          const MacroblockMask& mask,
                                          int offset);

// The maps of `inner`, raised so for frames of [from_ns, to_ns), when the
// other camera runs. `mask` fits the pictures to come, else Next() says so.
std::unique_ptr<MapSource> OverlapSource(std::unique_ptr<MapSource> inner,
                                         MacroblockMask mask, int offset,
                                         int64_t from_ns, int64_t to_ns);

}  // namespace fovea

#endif  // FOVEA_API_OVERLAP_SOURCE_H_
