// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finds and opens the plug-in.

#ifndef FOVEA_SENSITIVITY_INTERNAL_PLUGIN_H_
#define FOVEA_SENSITIVITY_INTERNAL_PLUGIN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sensitivity/network_plugin.h"

namespace fovea::internal {

// Where the plug-in may be, best first: the folder $FOVEA_PLUGINS and no
// other when that is set, else places relative to the running program and
// wherever the loader looks.
std::vector<std::string> NetworkPluginPlaces();

// Opens the first of `places` that is there, never to close it. kUnavailable:
// none is there, it cannot be loaded, or it is of another version.
absl::StatusOr<NetworkPluginOpen*> LoadPlugin(
    const std::vector<std::string>& places);

}  // namespace fovea::internal

#endif  // FOVEA_SENSITIVITY_INTERNAL_PLUGIN_H_
