// SPDX-License-Identifier: GPL-2.0-or-later
//
// Texts of queries: any ends in an error that points into it, or in a query
// that reads back from its own text and from its JSON.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/query_json.h"
#include "api/query_text.h"
#include "index/query_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fovea::QueryFault fault;
  const auto query = fovea::ParseQueryText(text, &fault);
  if (!query.ok()) {
    if (fault.offset > size) std::abort();
    if (fovea::PointAt(text, fault).back() != '^') std::abort();
    return 0;
  }
  if (!fovea::CheckQuery(*query).ok()) std::abort();
  const std::string canonical = fovea::PrintQueryText(*query);
  // Escapes may make it longer than a text may be.
  if (canonical.size() <= fovea::kQueryLimits.text_bytes) {
    const auto again = fovea::ParseQueryText(canonical);
    if (!again.ok() || *again != *query) std::abort();
    if (fovea::PrintQueryText(*again) != canonical) std::abort();
  }
  const auto from_json = fovea::ParseQueryJson(fovea::QueryToJson(*query));
  if (!from_json.ok() || *from_json != *query) std::abort();
  return 0;
}
