// SPDX-License-Identifier: GPL-2.0-or-later
//
//   mark    8 bytes, "FVSTREE\n"
//   tree    SensorTree::Encode()

#include "api/sensor_tree_file.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "api/whole_file.h"

namespace fovea {
namespace {

constexpr std::string_view kMark = "FVSTREE\n";
// Of 1,024 trees of depth 6, the most there can be.
constexpr uint64_t kMostBytes = uint64_t{2} << 20;

absl::Status Named(const std::string& name, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(name, ": ", std::string(status.message()),
                                   "; 'fovea learn filter' of an imu or series "
                                   "stream writes such files"));
}

}  // namespace

std::vector<uint8_t> SensorTreeBytes(const SensorTree& tree) {
  std::vector<uint8_t> bytes(kMark.begin(), kMark.end());
  const std::vector<uint8_t> encoded = tree.Encode();
  bytes.insert(bytes.end(), encoded.begin(), encoded.end());
  return bytes;
}

absl::StatusOr<SensorTree> ParseSensorTree(const std::string& name,
                                           std::span<const uint8_t> bytes) {
  const bool marked = bytes.size() >= kMark.size() &&
                      std::equal(kMark.begin(), kMark.end(), bytes.begin());
  if (!marked) {
    return Named(name, absl::DataLossError("is no filter of sensor windows"));
  }
  auto tree = SensorTree::Decode(bytes.subspan(kMark.size()), FilterLimits());
  if (!tree.ok()) return Named(name, tree.status());
  return tree;
}

absl::Status WriteSensorTree(const std::string& path, const SensorTree& tree) {
  return WriteWholeFile(path, SensorTreeBytes(tree));
}

absl::StatusOr<SensorTree> ReadSensorTree(const std::string& path) {
  const auto bytes = ReadWholeFile(path, kMostBytes);
  if (!bytes.ok()) return bytes.status();
  return ParseSensorTree(path, *bytes);
}

}  // namespace fovea
