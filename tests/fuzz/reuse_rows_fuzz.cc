// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a res or dec row, of originals too. What decodes must come back
// the same when it is encoded again; NaN is not equal to itself, so bytes are
// compared.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "store/decision_rows.h"
#include "store/original_rows.h"
#include "store/result_rows.h"

namespace {

void CheckResult(std::string_view value) {
  const auto row = fovea::DecodeResultRow(value);
  if (!row.ok()) return;
  if (!fovea::CheckResultRow(*row).ok()) std::abort();
  const auto again = fovea::DecodeResultRow(fovea::EncodeResultRow(*row));
  if (!again.ok() || !(*again == *row)) std::abort();
}

void CheckOriginal(std::string_view value) {
  const auto row = fovea::DecodeOriginalRow(value);
  if (!row.ok()) return;
  if (!fovea::CheckOriginalRow(*row).ok()) std::abort();
  const auto again = fovea::DecodeOriginalRow(fovea::EncodeOriginalRow(*row));
  if (!again.ok() || !(*again == *row)) std::abort();
}

void CheckDecisions(std::string_view value) {
  // Rows of the corpus begin at 1000.
  for (const uint64_t index : {uint64_t{0}, uint64_t{1000}}) {
    const fovea::DecisionKeyParts key = {7, {}, 0, index, 0};
    const auto row = fovea::DecodeDecisionRow(key, value);
    if (!row.ok()) continue;
    const std::string bytes = fovea::EncodeDecisionRow(*row);
    const auto again = fovea::DecodeDecisionRow(key, bytes);
    if (!again.ok() || fovea::EncodeDecisionRow(*again) != bytes) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CheckResult(bytes);
  CheckOriginal(bytes);
  CheckDecisions(bytes);
  if (const auto key = fovea::ParseResultKey(bytes); key.ok()) {
    if (fovea::ResultKey(*key) != bytes) std::abort();
  }
  if (const auto key = fovea::ParseDecisionKey(bytes); key.ok()) {
    if (fovea::DecisionKey(*key) != bytes) std::abort();
  }
  return 0;
}
