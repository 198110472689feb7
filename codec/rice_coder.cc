// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes of one sequence:
//
//   u8       order (bits 0-1) | partition size index (bits 2-4)
//   varint   zigzag residual, for each of the first `order` values
//   bits     partitions of 16 << index residuals, the last one shorter:
//              0 : Rice; parameter = the last one + zigzag step in unary
//              1 : fixed width of 7 bits, then each value in that width
//            zero bits up to the next byte
//
// A Rice code is the quotient as zeros, a one, then `parameter` low bits;
// 20 zeros escape to a width of 6 bits (minus one) and the whole value.

#include "codec/rice_coder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "codec/bit_stream.h"

namespace fovea {
namespace {

constexpr int kMaxQuotient = 20;
constexpr int kMaxParameter = 60;
constexpr int kPartitionSizes = 6;
constexpr size_t kSmallestPartition = 16;
constexpr int kWidthBits = 7;
constexpr int kStepLimit = 31;
constexpr int kFirstParameter = 4;

// How one partition is written: Rice when `rice`, else fixed width.
struct PartitionCode {
  bool rice = false;
  int bits = 0;  // Rice parameter or width
  uint64_t cost = 0;
};

// std::bit_width returns what it is given in older libraries.
int BitWidth(uint64_t value) { return static_cast<int>(std::bit_width(value)); }

// The polynomial through the last `order` values, wrapping.
uint64_t Predict(const int64_t* end, int order) {
  const auto back = [end](int i) { return static_cast<uint64_t>(end[-i]); };
  switch (order) {
    case 0:
      return 0;
    case 1:
      return back(1);
    case 2:
      return 2 * back(1) - back(2);
    default:
      return 3 * (back(1) - back(2)) + back(3);
  }
}

// Folded residuals; the first `order` values use what history they have.
std::vector<uint64_t> Residuals(std::span<const int64_t> values, int order) {
  std::vector<uint64_t> folded(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const int history =
        static_cast<int>(std::min<size_t>(i, static_cast<size_t>(order)));
    const uint64_t predicted = Predict(values.data() + i, history);
    folded[i] = ZigZag(
        static_cast<int64_t>(static_cast<uint64_t>(values[i]) - predicted));
  }
  return folded;
}

uint64_t RiceCost(std::span<const uint64_t> folded, int parameter) {
  uint64_t cost = 0;
  for (const uint64_t value : folded) {
    const uint64_t quotient = value >> parameter;
    cost += quotient < kMaxQuotient
                ? quotient + 1 + static_cast<uint64_t>(parameter)
                : kMaxQuotient + 6 + static_cast<uint64_t>(BitWidth(value));
  }
  return cost;
}

// The cheapest code, with a guess for the step of the parameter.
PartitionCode ChoosePartition(std::span<const uint64_t> folded) {
  uint64_t all = 0;
  double sum = 0;
  for (const uint64_t value : folded) {
    all |= value;
    sum += static_cast<double>(value);
  }
  PartitionCode best;
  best.bits = BitWidth(all);
  best.cost = kWidthBits + static_cast<uint64_t>(best.bits) * folded.size();
  const double mean = sum / static_cast<double>(folded.size());
  const int guess = mean < 1 ? 0 : std::min(std::ilogb(mean), kMaxParameter);
  for (int k = std::max(0, guess - 2); k <= std::min(guess + 1, kMaxParameter);
       ++k) {
    const uint64_t cost = RiceCost(folded, k) + 2;
    if (cost < best.cost) best = {true, k, cost};
  }
  return best;
}

int StepBits(int parameter, int last) {
  return static_cast<int>(ZigZag(parameter - last));
}

uint64_t PartitionedCost(std::span<const uint64_t> folded, size_t size,
                         std::vector<PartitionCode>* codes) {
  uint64_t cost = 0;
  for (size_t at = 0; at < folded.size(); at += size) {
    codes->push_back(ChoosePartition(
        folded.subspan(at, std::min(size, folded.size() - at))));
    cost += codes->back().cost;
  }
  return cost;
}

void WriteRice(uint64_t value, int parameter, BitWriter* bits) {
  const uint64_t quotient = value >> parameter;
  if (quotient < kMaxQuotient) {
    bits->Put(1, static_cast<int>(quotient) + 1);
    bits->Put(value, parameter);
    return;
  }
  const int width = BitWidth(value);
  bits->Put(0, kMaxQuotient);
  bits->Put(static_cast<uint64_t>(width - 1), 6);
  bits->Put(value, width);
}

// Steps of more than the unary limit do not fit the Rice head.
bool StepFits(int parameter, int last) {
  return StepBits(parameter, last) < kStepLimit;
}

void WritePartition(std::span<const uint64_t> folded, PartitionCode code,
                    int* last, BitWriter* bits) {
  if (code.rice && StepFits(code.bits, *last)) {
    bits->Put(0, 1);
    bits->Put(1, StepBits(code.bits, *last) + 1);
    *last = code.bits;
    for (const uint64_t value : folded) WriteRice(value, code.bits, bits);
    return;
  }
  uint64_t all = 0;
  for (const uint64_t value : folded) all |= value;
  const int width = BitWidth(all);
  bits->Put(1, 1);
  bits->Put(static_cast<uint64_t>(width), kWidthBits);
  for (const uint64_t value : folded) bits->Put(value, width);
}

// Order by the cost at one middling partition size: sizes change all the
// orders alike, so trying every pair would buy nothing.
int ChooseOrder(std::span<const int64_t> values, int max_order,
                std::vector<uint64_t>* folded) {
  int best_order = 0;
  uint64_t best_cost = std::numeric_limits<uint64_t>::max();
  for (int order = 0; order <= max_order; ++order) {
    if (static_cast<size_t>(order) > values.size()) break;
    std::vector<uint64_t> trial = Residuals(values, order);
    std::vector<PartitionCode> codes;
    uint64_t cost = PartitionedCost(
        std::span(trial).subspan(static_cast<size_t>(order)), 64, &codes);
    for (int i = 0; i < order; ++i) {
      cost +=
          8 + static_cast<uint64_t>(BitWidth(trial[static_cast<size_t>(i)]));
    }
    if (cost < best_cost) {
      best_cost = cost;
      best_order = order;
      *folded = std::move(trial);
    }
  }
  return best_order;
}

int ChoosePartitionSize(std::span<const uint64_t> folded,
                        std::vector<PartitionCode>* best_codes) {
  int best = 0;
  uint64_t best_cost = std::numeric_limits<uint64_t>::max();
  for (int index = 0; index < kPartitionSizes; ++index) {
    const size_t size = kSmallestPartition << index;
    std::vector<PartitionCode> codes;
    const uint64_t cost = PartitionedCost(folded, size, &codes);
    if (cost < best_cost) {
      best_cost = cost;
      best = index;
      *best_codes = std::move(codes);
    }
    if (size >= folded.size()) break;
  }
  return best;
}

absl::Status Damaged(const char* what) { return absl::DataLossError(what); }

absl::Status ReadPartition(std::span<uint64_t> folded, int* last,
                           BitReader* bits) {
  if (bits->Get(1) == 1) {
    const int width = static_cast<int>(bits->Get(kWidthBits));
    if (width > 64) return Damaged("integers: width above 64 bits");
    for (uint64_t& value : folded) value = bits->Get(width);
    return absl::OkStatus();
  }
  const int step = bits->Unary(kStepLimit);
  if (step >= kStepLimit) return Damaged("integers: Rice step out of range");
  *last += static_cast<int>(UnZigZag(static_cast<uint64_t>(step)));
  if (*last < 0 || *last > kMaxParameter) {
    return Damaged("integers: Rice parameter out of range");
  }
  for (uint64_t& value : folded) {
    const int quotient = bits->Unary(kMaxQuotient);
    if (quotient < kMaxQuotient) {
      value = (static_cast<uint64_t>(quotient) << *last) | bits->Get(*last);
    } else {
      value = bits->Get(static_cast<int>(bits->Get(6)) + 1);
    }
  }
  return absl::OkStatus();
}

absl::Status ReadPartitions(std::span<uint64_t> folded, size_t size,
                            ByteReader* in) {
  BitReader bits(in->rest());
  int last = kFirstParameter;
  for (size_t at = 0; at < folded.size(); at += size) {
    const auto part = folded.subspan(at, std::min(size, folded.size() - at));
    const absl::Status status = ReadPartition(part, &last, &bits);
    if (!status.ok()) return status;
    if (bits.overrun()) return Damaged("integers: bits end early");
  }
  in->Take(bits.bytes_used());
  return absl::OkStatus();
}

}  // namespace

void EncodeIntegers(std::span<const int64_t> values, int max_order,
                    std::vector<uint8_t>* out) {
  std::vector<uint64_t> folded;
  const int order = ChooseOrder(values, max_order, &folded);
  const auto coded =
      std::span<const uint64_t>(folded).subspan(static_cast<size_t>(order));
  std::vector<PartitionCode> codes;
  const int index = ChoosePartitionSize(coded, &codes);
  out->push_back(static_cast<uint8_t>(order | (index << 2)));
  for (int i = 0; i < order; ++i) {
    PutVarint(folded[static_cast<size_t>(i)], out);
  }
  BitWriter bits(out);
  int last = kFirstParameter;
  const size_t size = kSmallestPartition << index;
  for (size_t p = 0; p < codes.size(); ++p) {
    const size_t at = p * size;
    WritePartition(coded.subspan(at, std::min(size, coded.size() - at)),
                   codes[p], &last, &bits);
  }
  bits.Align();
}

absl::StatusOr<std::vector<int64_t>> DecodeIntegers(ByteReader* in,
                                                    size_t count) {
  const uint8_t head = in->U8();
  const int order = head & 3;
  const int index = head >> 2;
  if (!in->ok() || index >= kPartitionSizes ||
      static_cast<size_t>(order) > count) {
    return Damaged("integers: bad head");
  }
  std::vector<uint64_t> folded(count);
  for (int i = 0; i < order; ++i) {
    folded[static_cast<size_t>(i)] = in->Varint();
  }
  if (!in->ok()) return Damaged("integers: first values end early");
  const absl::Status status =
      ReadPartitions(std::span(folded).subspan(static_cast<size_t>(order)),
                     kSmallestPartition << index, in);
  if (!status.ok()) return status;
  std::vector<int64_t> values(count);
  for (size_t i = 0; i < count; ++i) {
    const int history =
        static_cast<int>(std::min<size_t>(i, static_cast<size_t>(order)));
    values[i] =
        static_cast<int64_t>(static_cast<uint64_t>(UnZigZag(folded[i])) +
                             Predict(values.data() + i, history));
  }
  return values;
}

}  // namespace fovea
