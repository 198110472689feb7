// SPDX-License-Identifier: GPL-2.0-or-later
//
// What each stream takes of the store, once equal chunks are stored once.

#ifndef FOVEA_API_STREAM_SPACE_H_
#define FOVEA_API_STREAM_SPACE_H_

#include <cstdint>
#include <map>

#include "absl/status/statusor.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

// Bytes of payload.
struct StreamSpace {
  uint64_t logical = 0;  // every GOP and block, as if it were alone
  uint64_t own = 0;      // what would go with the stream
  uint64_t shared = 0;   // its part of what others hold as well

  uint64_t stored() const { return own + shared; }
};

// Of every stream that holds something. Reads all references, and a row per
// chunk. What is leaked counts for nobody.
absl::StatusOr<std::map<StreamId, StreamSpace>> MeasureStreams(
    StoreReader* store);

}  // namespace fovea

#endif  // FOVEA_API_STREAM_SPACE_H_
