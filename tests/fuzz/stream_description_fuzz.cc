// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a stream's description, the note on its overlap and the
// encoder's settings included. What reads is written and reads the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "api/overlap_encode.h"
#include "api/stream_description.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string json(reinterpret_cast<const char*>(data), size);
  const auto description = fovea::DecodeStreamDescription(json);
  if (!description.ok()) return 0;
  fovea::ReduceOptions options;
  fovea::ReadEncoderText(description->encoder, &options);
  const std::string text = fovea::EncodeStreamDescription(*description);
  const auto again = fovea::DecodeStreamDescription(text);
  if (!again.ok() || again->overlap != description->overlap) std::abort();
  if (fovea::EncodeStreamDescription(*again) != text) std::abort();
  return 0;
}
