// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as a window plan of a series, as they are and under
// checksums that fit; one that parses must code values and read them again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "codec/imu/core/crc32c.h"
#include "codec/series_block.h"
#include "codec/series_window_plan.h"

namespace {

constexpr size_t kRows = 24;

void PutCrc(std::vector<uint8_t>* bytes, size_t from, size_t to) {
  const uint32_t crc = fovea::imu::Crc32c(bytes->data() + from, to - from);
  for (int i = 0; i < 32; i += 8) {
    bytes->push_back(static_cast<uint8_t>(crc >> i));
  }
}

void Try(std::span<const uint8_t> bytes, int strength) {
  const auto plan = fovea::SeriesWindowPlan::Parse(bytes);
  if (!plan.ok()) return;
  fovea::SeriesBatch batch;
  for (size_t i = 0; i < kRows; ++i) {
    batch.time_ns.push_back(static_cast<int64_t>(i * i));
    for (const double unit : plan->units()) {
      batch.values.push_back((static_cast<double>(i * 77 % 13) - 6) * unit);
    }
  }
  fovea::SeriesCoding coding;
  coding.windows.plan = &*plan;
  coding.windows.strength = strength;
  const auto block = fovea::EncodeSeriesBlock(batch, plan->channels(), coding);
  if (!block.ok()) std::abort();
  const auto again = fovea::DecodeSeriesBlock(*block, nullptr, &*plan);
  if (!again.ok() || again->batch.time_ns != batch.time_ns) std::abort();
}

}  // namespace

// The first byte says where the window plan begins, and how coarse it is.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Try(std::span(data, size), 0);
  if (size < 2) return 0;
  std::vector<uint8_t> sealed(data + 1, data + size);
  const size_t begin = data[0] % sealed.size();
  PutCrc(&sealed, begin, sealed.size());
  PutCrc(&sealed, 0, sealed.size() - 4);
  Try(sealed, data[0]);
  return 0;
}
