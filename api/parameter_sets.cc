// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/parameter_sets.h"

#include <algorithm>
#include <string>
#include <vector>

#include "store/rows.h"

namespace fovea {

ParameterSetName NameParameterSet(std::span<const uint8_t> nal) {
  const ChunkId digest = ChunkId::Of(nal);
  ParameterSetName name;
  std::copy_n(digest.bytes.begin(), name.size(), name.begin());
  return name;
}

ParameterSetLookup ParameterSetsOf(StoreReader* store) {
  return [store](const ParameterSetName& name)
             -> absl::StatusOr<std::vector<uint8_t>> {
    absl::StatusOr<std::string> nal =
        store->Get(Family::kMeta, ParameterSetKey(name));
    if (!nal.ok()) return nal.status();
    return DecodeParameterSet(*nal);
  };
}

}  // namespace fovea
