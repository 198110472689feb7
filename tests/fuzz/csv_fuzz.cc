// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as a table: rows given and rejected, never a crash.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "codec/formats/csv_source.h"
#include "tests/fuzz/series_drain.h"

namespace {

std::string Path() {
  return (std::filesystem::temp_directory_path() /
          ("fovea-csv-fuzz-" + std::to_string(getpid())))
      .string();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path = Path();
  {
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(data),
              static_cast<std::streamsize>(size));
  }
  for (const char* columns : {"", "t,gx,gy,gz,ax,ay,az"}) {
    fovea::SourceOptions options;
    options.csv_columns = columns;
    auto source = fovea::OpenCsvSource(path, options);
    if (source.ok()) fovea::DrainSeries(source->get());
  }
  std::filesystem::remove(path);
  return 0;
}
