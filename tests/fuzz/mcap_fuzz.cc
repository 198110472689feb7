// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as an MCAP file, told of and read.

#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/formats/mcap_source.h"
#include "tests/fuzz/series_drain.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto source = fovea::OpenMcapMemory("fuzz.mcap", std::span(data, size), {});
  if (source.ok()) fovea::DrainSeries(source->get());
  return 0;
}
