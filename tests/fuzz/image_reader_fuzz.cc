// SPDX-License-Identifier: GPL-2.0-or-later

#include <cstddef>
#include <cstdint>

#include "codec/formats/image_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fovea::FormatLimits limits;
  limits.max_pixels = 1 << 20;  // keeps one input fast
  const auto image = fovea::DecodeImage({data, size}, limits);
  if (image.ok()) {
    // The whole picture must be readable.
    const fovea::Frame& frame = image->frame;
    volatile uint8_t last =
        frame.y.data[(frame.height - 1) * frame.y.stride + frame.width - 1];
    last = frame.v.data[(frame.chroma_height() - 1) * frame.v.stride +
                        frame.chroma_width() - 1];
    static_cast<void>(last);
  }
  return 0;
}
