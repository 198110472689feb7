// SPDX-License-Identifier: GPL-2.0-or-later
//
// How Engine::Open() opens a store.

#ifndef FOVEA_API_ENGINE_OPTIONS_H_
#define FOVEA_API_ENGINE_OPTIONS_H_

#include <optional>

#include "api/upkeep.h"
#include "store/store.h"

namespace fovea {

struct EngineOptions {
  bool create = false;  // make the store when the folder has none
  // Reads through the process that writes the store, where one does, else
  // its files. Opened for writing, an engine lets others read through it.
  bool read_only = false;
  // With read_only: the files as they are at the opening, even beside a
  // process that writes. What looks at all of a store holds nobody up so.
  bool direct = false;
  // Retention and scrub beside an engine opened for writing. None: neither
  // happens by itself.
  std::optional<UpkeepOptions> upkeep;
  StoreOptions store;  // create and read_only above win
};

}  // namespace fovea

#endif  // FOVEA_API_ENGINE_OPTIONS_H_
