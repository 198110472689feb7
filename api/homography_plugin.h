// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the plug-in with the feature detector exports and the program looks
// up. Both sides are built from these sources; the version says whether they
// are.

#ifndef FOVEA_API_HOMOGRAPHY_PLUGIN_H_
#define FOVEA_API_HOMOGRAPHY_PLUGIN_H_

#include <optional>

#include "absl/status/statusor.h"
#include "api/homography.h"

namespace fovea {

// To be changed with anything in homography.h or this file.
inline constexpr char kHomographyPluginVersion[] = "fovea-homography-1";
inline constexpr char kHomographyPluginFile[] = "libfovea_homography.so";

// extern "C" const char* fovea_homography_plugin_version();
inline constexpr char kHomographyPluginVersionSymbol[] =
    "fovea_homography_plugin_version";
using HomographyPluginVersion = const char*();

// extern "C" void fovea_fit_homography(...): FitHomography() itself.
inline constexpr char kHomographyPluginFitSymbol[] = "fovea_fit_homography";
using HomographyPluginFit = void(
    const Frame& first, const Frame& second, const HomographyOptions& options,
    absl::StatusOr<std::optional<HomographyFit>>* fit);

}  // namespace fovea

#endif  // FOVEA_API_HOMOGRAPHY_PLUGIN_H_
