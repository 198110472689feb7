// SPDX-License-Identifier: GPL-2.0-or-later
//
// Versions of the shared libraries this process has loaded, by their file
// names: what runs, not what was compiled against.

#ifndef FOVEA_CLI_LOADED_LIBRARIES_H_
#define FOVEA_CLI_LOADED_LIBRARIES_H_

#include <string>
#include <vector>

namespace fovea::cli {

struct LoadedLibrary {
  std::string name;     // "libavformat"
  std::string version;  // "59.27.100"
};

// Of the libraries that decide what bytes come out: FFmpeg, x264, JPEG,
// PNG, RocksDB, OpenSSL, LZ4, zstd.
std::vector<LoadedLibrary> LoadedLibraries();

}  // namespace fovea::cli

#endif  // FOVEA_CLI_LOADED_LIBRARIES_H_
