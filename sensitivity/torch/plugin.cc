// SPDX-License-Identifier: GPL-2.0-or-later
//
// The two functions the plug-in exports.

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sensitivity/network_plugin.h"
#include "sensitivity/onnx/onnx_reader.h"
#include "sensitivity/torch/onnx_network.h"
#include "sensitivity/torch/script_network.h"

namespace fovea {
namespace {

absl::StatusOr<std::string> ReadWhole(const std::string& path, size_t most) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) {
    const std::string reason = std::strerror(errno);
    return absl::NotFoundError(absl::StrCat(path, ": ", reason));
  }
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return absl::NotFoundError(path + ": not a regular file");
  }
  const std::streamoff size = in.tellg();
  if (static_cast<uint64_t>(size) > most) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, ": ", size, " bytes; at most ", most, " are read"));
  }
  std::string bytes(static_cast<size_t>(size), '\0');
  in.seekg(0);
  if (!in.read(bytes.data(), size)) {
    return absl::DataLossError(path + ": cannot be read");
  }
  return bytes;
}

absl::StatusOr<std::unique_ptr<Network>> Open(const std::string& path,
                                              const NetworkOptions& options) {
  const OnnxLimits limits;
  auto bytes = ReadWhole(path, limits.max_file_bytes);
  if (!bytes.ok()) return bytes.status();
  if (!absl::EndsWith(path, ".onnx")) {
    return NewScriptNetwork(path, options, *std::move(bytes));
  }
  const std::span<const uint8_t> view(
      reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size());
  auto graph = ReadOnnx(path, view, limits);
  if (!graph.ok()) return graph.status();
  return NewOnnxNetwork(path, options, *std::move(graph));
}

}  // namespace
}  // namespace fovea

extern "C" {

__attribute__((visibility("default"))) const char*
fovea_network_plugin_version() {
  return fovea::kNetworkPluginVersion;
}

__attribute__((visibility("default"))) void fovea_open_network(
    const std::string& path, const fovea::NetworkOptions& options,
    absl::StatusOr<std::unique_ptr<fovea::Network>>* network) {
  *network = fovea::Open(path, options);
}

}  // extern "C"
