// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/probe.h"

#include <cstdint>
#include <fstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/source.h"
#include "store/format_file.h"

namespace fovea {

absl::StatusOr<SourceInfo> ProbeSource(const std::string& location,
                                       const SourceOptions& options) {
  auto source = OpenSource(location, options);
  if (!source.ok()) return source.status();
  return (*source)->info();
}

absl::StatusOr<uint32_t> ReadStoreFormat(const std::string& path) {
  std::ifstream file(path + "/" + kFormatFileName);
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat(path, ": holds no file ", kFormatFileName));
  }
  std::string first, word;
  uint32_t format = 0;
  std::getline(file, first);
  if (file >> word >> format && word == "format") return format;
  return absl::DataLossError(
      absl::StrCat(path, "/", kFormatFileName, ": tells no format"));
}

}  // namespace fovea
