// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as sensitivities of a series; what was read is written and read
// again.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/series_sensitivity.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read =
      fovea::ParseSeriesSensitivity("fuzz", text, fovea::CodecLimits());
  if (!read.ok()) return 0;
  const auto written = fovea::SeriesSensitivityText(*read);
  if (!written.ok()) std::abort();
  const auto again =
      fovea::ParseSeriesSensitivity("fuzz", *written, fovea::CodecLimits());
  if (!again.ok() || again->energy != read->energy ||
      again->channels != read->channels || again->models != read->models ||
      fovea::SeriesSensitivityText(*again).value() != *written) {
    std::abort();
  }
  return 0;
}
