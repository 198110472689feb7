// SPDX-License-Identifier: GPL-2.0-or-later

#include <cstddef>
#include <cstdint>

#include "codec/formats/file_source.h"

namespace {

constexpr int kMaxItems = 200;

void ReadAll(const uint8_t* data, size_t size, bool copy) {
  fovea::SourceOptions options;
  options.copy = copy;
  options.limits.max_pixels = 1 << 18;
  options.limits.max_probe_bytes = 1 << 20;
  auto source = fovea::OpenMemorySource("fuzz", {data, size}, options);
  if (!source.ok()) return;
  for (int i = 0; i < kMaxItems; ++i) {
    const auto item = (*source)->Next();
    if (!item.ok() || !item->has_value()) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ReadAll(data, size, false);
  ReadAll(data, size, true);
  return 0;
}
