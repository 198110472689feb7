// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/loaded_libraries.h"

#include <link.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace fovea::cli {
namespace {

constexpr std::array<const char*, 10> kOfInterest = {
    "libavcodec", "libavformat", "libswscale", "libx264", "libjpeg",
    "libpng16",   "librocksdb",  "libcrypto",  "liblz4",  "libzstd"};

int CollectPath(dl_phdr_info* info, size_t, void* paths) {
  static_cast<std::vector<std::string>*>(paths)->emplace_back(info->dlpi_name);
  return 0;
}

// "libx264.so.164" -> {"libx264", "164"}.
LoadedLibrary Split(const std::string& file) {
  const size_t so = file.find(".so");
  if (so == std::string::npos) return {};
  const size_t version = so + 4;
  return {file.substr(0, so),
          version < file.size() ? file.substr(version) : "unknown"};
}

}  // namespace

std::vector<LoadedLibrary> LoadedLibraries() {
  std::vector<std::string> paths;
  dl_iterate_phdr(CollectPath, &paths);
  std::vector<LoadedLibrary> libraries;
  for (const std::string& path : paths) {
    std::error_code error;
    // The loaded name is a link to the file that carries the full version.
    const auto real = std::filesystem::canonical(path, error);
    if (error) continue;
    const LoadedLibrary library = Split(real.filename().string());
    if (std::find(kOfInterest.begin(), kOfInterest.end(), library.name) !=
        kOfInterest.end()) {
      libraries.push_back(library);
    }
  }
  std::sort(libraries.begin(), libraries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return libraries;
}

}  // namespace fovea::cli
