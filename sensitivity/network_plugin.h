// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the plug-in with the network runtime exports and the program looks
// up. Both sides are built from these sources and link the same shared
// Abseil, so that C++ types may pass; the version says whether they are.

#ifndef FOVEA_SENSITIVITY_NETWORK_PLUGIN_H_
#define FOVEA_SENSITIVITY_NETWORK_PLUGIN_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sensitivity/network.h"

namespace fovea {

// To be changed with anything in network.h, tensor.h or this file.
inline constexpr char kNetworkPluginVersion[] = "fovea-network-1";

inline constexpr char kNetworkPluginFile[] = "libfovea_torch.so";

// extern "C" const char* fovea_network_plugin_version();
inline constexpr char kNetworkPluginVersionSymbol[] =
    "fovea_network_plugin_version";
using NetworkPluginVersion = const char*();

// extern "C" void fovea_open_network(...): OpenNetwork() without the search.
inline constexpr char kNetworkPluginOpenSymbol[] = "fovea_open_network";
using NetworkPluginOpen =
    void(const std::string& path, const NetworkOptions& options,
         absl::StatusOr<std::unique_ptr<Network>>* network);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_NETWORK_PLUGIN_H_
