// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/internal/plugin.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sensitivity/plugin_places.h"

namespace fovea::internal {
namespace {

namespace fs = std::filesystem;

constexpr char kRemedy[] =
    "; install the packages libtorch-dev, libonnx-dev and libprotobuf-dev, "
    "and build with -DFOVEA_TORCH=ON";

// The last error of the loader, as text.
std::string LoaderError() {
  const char* error = dlerror();
  return error != nullptr ? error : "no reason given";
}

template <typename Function>
Function* Symbol(void* library, const char* name) {
  return reinterpret_cast<Function*>(dlsym(library, name));
}

absl::StatusOr<NetworkPluginOpen*> Opener(const std::string& place,
                                          void* library) {
  auto* version =
      Symbol<NetworkPluginVersion>(library, kNetworkPluginVersionSymbol);
  auto* open = Symbol<NetworkPluginOpen>(library, kNetworkPluginOpenSymbol);
  const std::string found = version != nullptr ? version() : "none";
  if (open == nullptr || found != kNetworkPluginVersion) {
    return absl::UnavailableError(
        absl::StrCat("the network runtime ", place, " is of version ", found,
                     ", and this program needs ", kNetworkPluginVersion,
                     "; build both from the same sources"));
  }
  return open;
}

bool IsPath(const std::string& place) {
  return place.find('/') != std::string::npos;
}

}  // namespace

std::vector<std::string> NetworkPluginPlaces() {
  std::vector<std::string> places = PluginPlaces(kNetworkPluginFile);
  if (std::getenv("FOVEA_PLUGINS") == nullptr) {
    places.emplace_back(kNetworkPluginFile);
  }
  return places;
}

absl::StatusOr<NetworkPluginOpen*> LoadPlugin(
    const std::vector<std::string>& places) {
  std::error_code error;
  for (const std::string& place : places) {
    if (IsPath(place) && !fs::exists(place, error)) continue;
    void* library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) return Opener(place, library);
    const std::string reason = LoaderError();
    // A bare name that is found nowhere, unlike one that lacks something.
    if (!IsPath(place) && absl::StartsWith(reason, place)) break;
    return absl::UnavailableError(absl::StrCat(
        "the network runtime ", place, " cannot be loaded: ", reason, kRemedy));
  }
  return absl::UnavailableError(absl::StrCat(
      "the network runtime ", kNetworkPluginFile, " is missing; looked for ",
      absl::StrJoin(places, ", "), kRemedy));
}

}  // namespace fovea::internal
