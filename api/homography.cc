// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/homography.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/homography_plugin.h"
#include "sensitivity/plugin_places.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr char kRemedy[] =
    "; install the packages libopencv-calib3d-dev and "
    "libopencv-features2d-dev, and build with -DFOVEA_OVERLAP=ON";

absl::StatusOr<HomographyPluginFit*> Load() {
  const std::vector<std::string> places = PluginPlaces(kHomographyPluginFile);
  std::error_code error;
  for (const std::string& place : places) {
    if (!fs::exists(place, error)) continue;
    void* library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char* reason = dlerror();
      return absl::UnavailableError(absl::StrCat(
          "the feature detector ", place, " cannot be loaded: ",
          reason != nullptr ? reason : "no reason given", kRemedy));
    }
    auto* version = reinterpret_cast<HomographyPluginVersion*>(
        dlsym(library, kHomographyPluginVersionSymbol));
    auto* fit = reinterpret_cast<HomographyPluginFit*>(
        dlsym(library, kHomographyPluginFitSymbol));
    const std::string found = version != nullptr ? version() : "none";
    if (fit != nullptr && found == kHomographyPluginVersion) return fit;
    return absl::UnavailableError(
        absl::StrCat("the feature detector ", place, " is of version ", found,
                     ", and this program needs ", kHomographyPluginVersion,
                     "; build both from the same sources"));
  }
  return absl::UnavailableError(absl::StrCat(
      "the feature detector ", kHomographyPluginFile,
      " is missing; looked for ", absl::StrJoin(places, ", "), kRemedy));
}

}  // namespace

absl::StatusOr<std::optional<HomographyFit>> FitHomography(
    const Frame& first, const Frame& second, const HomographyOptions& options) {
  if (first.y.data == nullptr || second.y.data == nullptr) {
    return absl::InvalidArgumentError("homography: a picture without luma");
  }
  const auto load = Load();  // the loader counts: it is opened once
  if (!load.ok()) return load.status();
  absl::StatusOr<std::optional<HomographyFit>> fit;
  (*load)(first, second, options, &fit);
  return fit;
}

}  // namespace fovea
