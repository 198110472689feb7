// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/probe.h"

#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

absl::StatusOr<SourceInfo> ProbeSource(const std::string& location,
                                       const SourceOptions& options) {
  auto source = OpenSource(location, options);
  if (!source.ok()) return source.status();
  return (*source)->info();
}

}  // namespace fovea
