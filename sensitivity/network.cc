// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/network.h"

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sensitivity/internal/plugin.h"

namespace fovea {

absl::StatusOr<std::unique_ptr<Network>> OpenNetwork(
    const std::string& path, const NetworkOptions& options) {
  const auto open = internal::LoadPlugin(internal::NetworkPluginPlaces());
  if (!open.ok()) return open.status();
  absl::StatusOr<std::unique_ptr<Network>> network;
  (*open)(path, options, &network);
  return network;
}

}  // namespace fovea
