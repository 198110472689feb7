// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of a store was read to answer a query.

#ifndef FOVEA_API_STORE_WORK_H_
#define FOVEA_API_STORE_WORK_H_

#include <cstdint>

namespace fovea {

struct StoreWork {
  int64_t index_entries = 0;  // of observations: when, and no more
  int64_t gop_rows = 0;
  int64_t block_rows = 0;
  int64_t observations = 0;
  int64_t samples = 0;  // of sensors, decoded
};

}  // namespace fovea

#endif  // FOVEA_API_STORE_WORK_H_
