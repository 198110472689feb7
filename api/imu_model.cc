// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/imu_model.h"

#include <fstream>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/model_folder.h"
#include "api/whole_file.h"
#include "codec/limits.h"

namespace fovea {
namespace {

constexpr std::string_view kMark = "fovea-series-sensitivity ";

bool IsSensitivity(const std::string& path) {
  std::string begin(kMark.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  return file.read(begin.data(), static_cast<std::streamsize>(begin.size())) &&
         begin == kMark;
}

absl::StatusOr<SeriesSensitivity> ReadSensitivity(const std::string& path) {
  const CodecLimits limits;
  const auto bytes = ReadWholeFile(path, limits.max_series_sensitivity_bytes);
  if (!bytes.ok()) return bytes.status();
  return ParseSeriesSensitivity(path, std::string(bytes->begin(), bytes->end()),
                                limits);
}

absl::Status Second(const char* what, const std::string& path) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": is a second ", what,
                   "; samples are coded for one model at a time"));
}

}  // namespace

absl::StatusOr<ImuModel> OpenImuModel(const std::vector<std::string>& paths,
                                      const std::string& models) {
  ImuModel opened;
  for (const std::string& path : paths) {
    if (IsSensitivity(path)) {
      if (opened.sensitivity) return Second("sensitivity file", path);
      auto sensitivity = ReadSensitivity(path);
      if (!sensitivity.ok()) return sensitivity.status();
      opened.sensitivity = *std::move(sensitivity);
      continue;
    }
    if (opened.model != nullptr) return Second("model", path);
    auto model = OpenModel(path, models, NetworkOptions());
    if (!model.ok()) return model.status();
    opened.model = *std::move(model);
  }
  return opened;
}

}  // namespace fovea
