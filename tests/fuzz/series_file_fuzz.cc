// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as a series file, as they are and behind its first bytes
// under checksums that fit: what looks like a record is sealed first.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/formats/internal/series_file_records.h"
#include "codec/formats/series_file_source.h"
#include "tests/fuzz/series_drain.h"

namespace {

using fovea::codec_internal::kSeriesFileHead;

void Read(std::span<const uint8_t> bytes) {
  auto source = fovea::OpenSeriesFileMemory("fuzz.fser", bytes, {});
  if (source.ok()) fovea::DrainSeries(source->get());
}

// Each of kind, size in a byte, payload.
std::vector<uint8_t> Sealed(std::span<const uint8_t> bytes) {
  std::vector<uint8_t> file(kSeriesFileHead.begin(), kSeriesFileHead.end());
  while (bytes.size() >= 2) {
    const auto kind =
        static_cast<fovea::codec_internal::SeriesRecord>(bytes[0]);
    const size_t size = std::min<size_t>(bytes[1], bytes.size() - 2);
    fovea::codec_internal::PutRecord(kind, bytes.subspan(2, size), &file);
    bytes = bytes.subspan(2 + size);
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Read(std::span(data, size));
  Read(Sealed(std::span(data, size)));
  return 0;
}
