// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as side data, its checksum put right, and as an access unit that
// may hold some; what reads is put into an access unit and found again.

#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "codec/internal/crc32.h"
#include "codec/quality_side_data.h"

namespace {

void CheckTravels(const fovea::QualitySideData& data,
                  const fovea::CodecLimits& limits) {
  const auto sei = fovea::SideDataSei(data);
  if (!sei.ok()) std::abort();
  std::vector<uint8_t> unit = {0, 0, 1, 0x65, 0x88};
  if (!fovea::InsertSei(*sei, &unit).ok()) std::abort();
  const auto found = fovea::FindSideData(unit, fovea::kAnnexB, limits);
  if (!found.ok() || !found->has_value()) std::abort();
  if ((*found)->models != data.models) std::abort();
  if ((*found)->map.has_value() != data.map.has_value()) std::abort();
  if (data.map && (*found)->map->qp_offset != data.map->qp_offset) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  fovea::CodecLimits limits;
  limits.max_side = 2048;  // keeps the fuzzer fast
  if (data[0] % 2 == 0) {
    fovea::DecodeSideData(bytes, limits).status().IgnoreError();
    std::vector<uint8_t> sealed(bytes.begin(), bytes.end());
    fovea::internal::PutCrc(0, &sealed);
    const auto side_data = fovea::DecodeSideData(sealed, limits);
    if (side_data.ok()) CheckTravels(*side_data, limits);
  } else {
    const int framing = data[0] % 4 == 1 ? fovea::kAnnexB : 4;
    fovea::FindSideData(bytes, framing, limits).status().IgnoreError();
  }
  return 0;
}
