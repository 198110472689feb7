// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON of queries: any ends in an error, or in a query that reads back from
// its own JSON and from its text.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/query_json.h"
#include "api/query_text.h"
#include "index/query_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto query = fovea::ParseQueryJson(json);
  if (!query.ok()) return 0;
  if (!fovea::CheckQuery(*query).ok()) std::abort();
  const std::string canonical = fovea::QueryToJson(*query);
  if (canonical.size() <= fovea::kQueryLimits.json_bytes) {
    const auto again = fovea::ParseQueryJson(canonical);
    if (!again.ok() || *again != *query) std::abort();
    if (fovea::QueryToJson(*again) != canonical) std::abort();
  }
  const std::string text = fovea::PrintQueryText(*query);
  if (text.size() > fovea::kQueryLimits.text_bytes) return 0;
  const auto from_text = fovea::ParseQueryText(text);
  if (!from_text.ok() || *from_text != *query) std::abort();
  return 0;
}
