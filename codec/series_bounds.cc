// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/series_bounds.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "codec/series_channel.h"

namespace fovea {

absl::Status CheckBounds(const std::vector<double>& bounds, size_t channels) {
  if (bounds.empty()) return absl::OkStatus();
  const bool sound = std::all_of(
      bounds.begin(), bounds.end(),
      [](double bound) { return bound >= 0 && std::isfinite(bound); });
  if (sound && bounds.size() == channels) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("series block: ", bounds.size(), " bounds for ", channels,
                   " channels, expected one each, finite and not negative"));
}

void PutBounds(const std::vector<double>& bounds, std::vector<uint8_t>* out) {
  for (size_t c = 0; c < bounds.size();) {
    size_t end = c + 1;
    while (end < bounds.size() && bounds[end] == bounds[c]) ++end;
    PutNumber(bounds[c], out);
    PutVarint(end - c - 1, out);
    c = end;
  }
}

absl::StatusOr<std::vector<double>> ReadBounds(size_t channels,
                                               ByteReader* in) {
  std::vector<double> bounds;
  while (bounds.size() < channels) {
    const double bound = ReadNumber(in);
    const uint64_t more = in->Varint();
    if (!(bound >= 0 && std::isfinite(bound))) {
      return absl::DataLossError(absl::StrCat(
          "series block: the bound of channel ", bounds.size(), " is ", bound));
    }
    if (!in->ok() || more >= channels - bounds.size()) {
      return absl::DataLossError("series block: bounds end early");
    }
    bounds.resize(bounds.size() + 1 + more, bound);
  }
  return bounds;
}

}  // namespace fovea
