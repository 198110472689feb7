// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as the data.csv of a camera whose folder holds no image.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "codec/formats/euroc_source.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() /
                        ("fovea-euroc-fuzz-" + std::to_string(getpid()));
  fs::create_directories(root / "cam0" / "data");
  {
    std::ofstream out(root / "cam0" / "data.csv", std::ios::binary);
    out.write(reinterpret_cast<const char*>(data),
              static_cast<std::streamsize>(size));
  }
  auto source = fovea::OpenEurocSource(root.string(), {});
  while (source.ok()) {
    const auto item = (*source)->Next();
    if (!item.ok() || !item->has_value()) break;
  }
  fs::remove_all(root);
  return 0;
}
