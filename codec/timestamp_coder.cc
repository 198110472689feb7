// SPDX-License-Identifier: GPL-2.0-or-later
//
//   u64              first time
//   only with more than one time:
//   zigzag varint    median step
//   varint           g, common divisor of (step - median); 0: all are zero
//   integers         (step - median) / g, when g > 0 (codec/rice_coder.h)

#include "codec/timestamp_coder.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "codec/rice_coder.h"

namespace fovea {
namespace {

constexpr int kTimeOrder = 1;

uint64_t Magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value)
                   : static_cast<uint64_t>(value);
}

// Steps between times, wrapping: any two int64 have one.
std::vector<int64_t> Steps(std::span<const int64_t> times) {
  std::vector<int64_t> steps(times.size() - 1);
  for (size_t i = 1; i < times.size(); ++i) {
    steps[i - 1] = static_cast<int64_t>(static_cast<uint64_t>(times[i]) -
                                        static_cast<uint64_t>(times[i - 1]));
  }
  return steps;
}

int64_t Median(std::vector<int64_t> values) {
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

void EncodeTimes(std::span<const int64_t> times, std::vector<uint8_t>* out) {
  PutU64(static_cast<uint64_t>(times[0]), out);
  if (times.size() == 1) return;
  std::vector<int64_t> steps = Steps(times);
  const int64_t median = Median(steps);
  uint64_t divisor = 0;
  for (int64_t& step : steps) {
    step = static_cast<int64_t>(static_cast<uint64_t>(step) -
                                static_cast<uint64_t>(median));
    divisor = std::gcd(divisor, Magnitude(step));
  }
  PutVarint(ZigZag(median), out);
  PutVarint(divisor, out);
  if (divisor == 0) return;
  for (int64_t& step : steps) {
    const uint64_t quotient = Magnitude(step) / divisor;
    step = static_cast<int64_t>(step < 0 ? 0 - quotient : quotient);
  }
  EncodeIntegers(steps, kTimeOrder, out);
}

absl::StatusOr<std::vector<int64_t>> DecodeTimes(ByteReader* in, size_t count) {
  uint64_t time = in->U64();
  std::vector<int64_t> times = {static_cast<int64_t>(time)};
  if (count == 1) return times;
  const auto median = static_cast<uint64_t>(UnZigZag(in->Varint()));
  const uint64_t divisor = in->Varint();
  if (!in->ok()) return absl::DataLossError("times: end early");
  std::vector<int64_t> quotients;
  if (divisor != 0) {
    auto decoded = DecodeIntegers(in, count - 1);
    if (!decoded.ok()) return decoded.status();
    quotients = *std::move(decoded);
  }
  times.reserve(count);
  for (size_t i = 0; i + 1 < count; ++i) {
    time += median;
    if (divisor != 0) time += static_cast<uint64_t>(quotients[i]) * divisor;
    times.push_back(static_cast<int64_t>(time));
  }
  return times;
}

}  // namespace fovea
