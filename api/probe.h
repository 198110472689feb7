// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a file, folder or live feed holds, told without storing it.

#ifndef FOVEA_API_PROBE_H_
#define FOVEA_API_PROBE_H_

#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

// Opens `location` as Ingest() would, and closes it again. Errors are those
// of OpenSource(). Reads headers and what detection needs, no more.
absl::StatusOr<SourceInfo> ProbeSource(const std::string& location,
                                       const SourceOptions& options);

}  // namespace fovea

#endif  // FOVEA_API_PROBE_H_
