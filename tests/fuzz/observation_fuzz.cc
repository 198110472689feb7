// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as key and value of a sem row. What decodes keeps to the limits,
// goes to a row and back to the same again, and can be cut anywhere.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "index/observation_cut.h"

namespace {

void CheckCut(const fovea::Observation& o) {
  const uint64_t middle = o.first_index + (o.last_index - o.first_index) / 2;
  const fovea::IndexSpan span = {middle, middle + 1, o.start_ns, o.end_ns};
  for (const auto& part : fovea::WithoutSpans(o, {&span, 1})) {
    if (!fovea::CheckObservation(part).ok()) std::abort();
  }
}

}  // namespace

// A key is taken up to its length, which the first byte tells.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty() || data[0] > size - 1) return 0;
  const auto o = fovea::DecodeObservation(bytes.substr(1, data[0]),
                                          bytes.substr(1 + data[0]));
  if (!o.ok()) return 0;
  if (!fovea::CheckObservation(*o).ok()) std::abort();
  const auto again = fovea::DecodeObservation(
      fovea::KeyOf(*o),
      fovea::EncodeObservationRow({1, fovea::EncodeObservation(*o)}));
  if (!again.ok() || !(*again == *o)) std::abort();
  if (o->last_index < UINT64_MAX) CheckCut(*o);
  return 0;
}
