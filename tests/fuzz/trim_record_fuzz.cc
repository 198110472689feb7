// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as trim record and payload. First two bytes: where the one ends
// and the other begins.

#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "codec/canonical_gop.h"
#include "codec/trim_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::span<const uint8_t> bytes(data + 2, size - 2);
  const size_t wanted = static_cast<size_t>(data[0]) << 8 | data[1];
  const size_t cut = wanted < bytes.size() ? wanted : bytes.size();
  const auto trim = bytes.first(cut);
  const auto payload = bytes.subspan(cut);
  // A parameter set of the size its name says, so that units may grow.
  const auto lookup = [](const fovea::ParameterSetName& name)
      -> absl::StatusOr<std::vector<uint8_t>> {
    return std::vector<uint8_t>(name[0], 0x67);
  };
  fovea::CodecLimits limits;
  limits.max_gop_bytes = 1U << 20;  // keeps the fuzzer fast
  const auto record = fovea::DecodeTrim(trim, limits);
  if (!record.ok()) return 0;
  // What was read is what would be written: reading that gives it again.
  const auto again = fovea::DecodeTrim(fovea::EncodeTrim(*record), limits);
  if (!again.ok() || !(*again == *record)) std::abort();
  std::vector<std::vector<uint8_t>> rows;
  for (const auto& row : record->rows) {
    rows.push_back(row.is_parameter_set ? *lookup(row.name) : row.literal);
  }
  fovea::TrimWalker walker(payload, *record, rows, limits);
  while (!walker.done() && walker.NextOriginal().ok()) {
  }
  fovea::ToAnnexB(payload, trim, lookup).IgnoreError();
  return 0;
}
