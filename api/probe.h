// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a file, folder or live feed holds, told without storing it.

#ifndef FOVEA_API_PROBE_H_
#define FOVEA_API_PROBE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

// Opens `location` as Ingest() would, and closes it again. Errors are those
// of OpenSource(). Reads headers and what detection needs, no more.
absl::StatusOr<SourceInfo> ProbeSource(const std::string& location,
                                       const SourceOptions& options);

// The format number of the store in folder `path`, as its FOVEA file tells
// it, whether or not this program reads that format. kNotFound when there
// is no such file, kDataLoss when it tells no number.
absl::StatusOr<uint32_t> ReadStoreFormat(const std::string& path);

}  // namespace fovea

#endif  // FOVEA_API_PROBE_H_
