// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/plugin_places.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace fovea {
namespace {

namespace fs = std::filesystem;

// Of the shared library that holds this code. Empty in a program: the loader
// does not know its path.
fs::path LibraryFolder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&PluginPlaces), &info) == 0) return {};
  const fs::path library = info.dli_fname;
  return library.is_absolute() ? library.parent_path() : fs::path();
}

}  // namespace

std::vector<std::string> PluginPlaces(const std::string& file) {
  if (const char* folder = std::getenv("FOVEA_PLUGINS"); folder != nullptr) {
    return {(fs::path(folder) / file).string()};
  }
  std::vector<std::string> places;
  const auto add = [&](const fs::path& folder) {
    std::string place = (folder / file).lexically_normal().string();
    if (std::ranges::find(places, place) == places.end()) {
      places.push_back(std::move(place));
    }
  };
  if (const fs::path folder = LibraryFolder(); !folder.empty()) add(folder);
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return places;
  for (const char* folder : {"", "../cli", "../../cli", "../lib"}) {
    add(self.parent_path() / folder);
  }
  return places;
}

}  // namespace fovea
