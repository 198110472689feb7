// SPDX-License-Identifier: GPL-2.0-or-later
//
// How Store::Open() opens a store.

#ifndef FOVEA_API_STORE_OPTIONS_H_
#define FOVEA_API_STORE_OPTIONS_H_

#include <optional>
#include <string>

#include "api/upkeep.h"
#include "store/chunk_store.h"

namespace fovea {

struct StoreOptions {
  std::string path;     // the store's folder
  bool create = false;  // make the store when the folder has none
  // Reads through the process that writes the store, where one does, else
  // its files. Opened for writing, it lets others read through it.
  bool read_only = false;
  // With read_only: the files as they are at the opening, even beside a
  // process that writes. What looks at all of a store holds nobody up so.
  bool direct = false;
  // Retention and scrub beside a store opened for writing. None: neither
  // happens by itself.
  std::optional<UpkeepOptions> upkeep = {};
  ChunkStoreOptions chunks = {};  // create and read_only above win
};

}  // namespace fovea

#endif  // FOVEA_API_STORE_OPTIONS_H_
