// SPDX-License-Identifier: GPL-2.0-or-later
//
// A stream: what it is made of, its books, its extent.

#ifndef FOVEA_API_STREAM_SUMMARY_H_
#define FOVEA_API_STREAM_SUMMARY_H_

#include <cstdint>
#include <string>

#include "api/stream_description.h"
#include "store/rows.h"

namespace fovea {

// One stream as it stands.
struct StreamSummary {
  StreamId id = 0;
  std::string name;
  StreamDescription description;
  StreamCounts counts;
  int64_t start_ns = 0;    // smallest and largest time held
  int64_t end_ns = 0;      // end of the last frame or time of last sample
  int64_t chunks = 0;      // GOPs, stills or blocks
  uint64_t end_index = 0;  // one past the last index
};

}  // namespace fovea

#endif  // FOVEA_API_STREAM_SUMMARY_H_
