// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where plug-ins lie: libraries with what only some need, opened when it is.

#ifndef FOVEA_SENSITIVITY_PLUGIN_PLACES_H_
#define FOVEA_SENSITIVITY_PLUGIN_PLACES_H_

#include <string>
#include <vector>

namespace fovea {

// Paths at which `file` may be, to be tried in order: in the folder
// $FOVEA_PLUGINS alone, where that is set; else beside the library this code
// is in, beside the program, where a test or bench sees the program of its
// build, and where both are installed. Thread-safe.
std::vector<std::string> PluginPlaces(const std::string& file);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_PLUGIN_PLACES_H_
