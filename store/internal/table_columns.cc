// SPDX-License-Identifier: GPL-2.0-or-later
//
// Columns of a frame table to bytes and back.

#include "store/internal/table_columns.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr int kHighestOrder = 2;
constexpr int kBits = 320;

enum FingerprintMode : uint8_t { kNone = 0, kSame = 1, kPlanes = 2 };

int64_t Minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}

int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}

template <typename T>
size_t CountUpToLastNonZero(const std::vector<T>& values) {
  const auto last =
      std::find_if(values.rbegin(), values.rend(), [](T v) { return v != 0; });
  return static_cast<size_t>(values.rend() - last);
}

std::string IntegersOfOrder(int order, const std::vector<int64_t>& values) {
  RowWriter out;
  const size_t kept = CountUpToLastNonZero(values);
  out.U8(static_cast<uint8_t>(order));
  out.Varint(kept);
  for (size_t i = 0; i < kept; ++i) out.SignedVarint(values[i]);
  return out.Take();
}

void TakeDifferences(std::vector<int64_t>& values) {
  int64_t previous = 0;
  for (int64_t& v : values) previous = std::exchange(v, Minus(v, previous));
}

bool Bit(const FingerprintWords& words, int bit) {
  const auto b = static_cast<unsigned>(bit);
  return (words[b / 64] >> (63 - b % 64) & 1) != 0;
}

void WriteWords(const FingerprintWords& words, RowWriter& out) {
  for (const uint64_t word : words) out.U64(word);
}

FingerprintWords ReadWords(RowReader& in) {
  FingerprintWords words;
  for (uint64_t& word : words) word = in.U64();
  return words;
}

// Flips of one bit, picture after picture.
void WritePlane(const std::vector<FingerprintWords>& prints, int bit,
                RowWriter& out) {
  for (size_t i = 1; i < prints.size(); i += 8) {
    int byte = 0;
    for (size_t k = i; k < i + 8; ++k) {
      const bool flip =
          k < prints.size() && Bit(prints[k], bit) != Bit(prints[k - 1], bit);
      byte = byte << 1 | static_cast<int>(flip);
    }
    out.U8(static_cast<uint8_t>(byte));
  }
}

void ReadPlane(RowReader& in, int bit, std::vector<FingerprintWords>& prints) {
  const auto word = static_cast<size_t>(bit / 64);
  const int shift = 63 - bit % 64;
  uint64_t value = prints[0][word] >> shift & 1;
  for (size_t i = 1; i < prints.size(); i += 8) {
    const unsigned byte = in.U8();
    for (size_t k = 0; k < 8 && i + k < prints.size(); ++k) {
      value ^= byte >> (7 - k) & 1U;
      prints[i + k][word] |= value << shift;
    }
  }
}

}  // namespace

void WriteIntegers(const std::vector<int64_t>& values, RowWriter& out) {
  std::vector<int64_t> differences = values;
  std::string best = IntegersOfOrder(0, differences);
  for (int order = 1; order <= kHighestOrder; ++order) {
    TakeDifferences(differences);
    std::string bytes = IntegersOfOrder(order, differences);
    if (bytes.size() < best.size()) best = std::move(bytes);
  }
  out.Bytes(std::string_view(best));
}

std::vector<int64_t> ReadIntegers(RowReader& in, size_t count) {
  std::vector<int64_t> values(count);
  const int order = in.U8();
  if (order > kHighestOrder) {
    in.Fail(absl::StrCat("unknown difference order ", order));
  }
  const uint64_t kept = in.Count(count, 1, "values of a column");
  for (size_t i = 0; i < kept; ++i) values[i] = in.SignedVarint();
  for (int k = 0; in.ok() && k < order; ++k) {
    int64_t sum = 0;
    for (int64_t& v : values) v = sum = Plus(sum, v);
  }
  return values;
}

void WriteBytes(const std::vector<uint8_t>& values, RowWriter& out) {
  std::vector<uint8_t> differences = values;
  uint8_t previous = 0;
  for (uint8_t& v : differences) {
    previous = std::exchange(v, static_cast<uint8_t>(v - previous));
  }
  const size_t kept = CountUpToLastNonZero(differences);
  out.Varint(kept);
  out.Bytes(std::span<const uint8_t>(differences.data(), kept));
}

std::vector<uint8_t> ReadBytes(RowReader& in, size_t count) {
  std::vector<uint8_t> values(count);
  const std::string_view kept =
      in.Bytes(in.Count(count, 1, "bytes of a column"));
  std::copy(kept.begin(), kept.end(), values.begin());
  uint8_t sum = 0;
  for (uint8_t& v : values) v = sum = static_cast<uint8_t>(sum + v);
  return values;
}

void WriteFingerprints(const std::vector<FingerprintWords>& prints,
                       RowWriter& out) {
  const bool same = std::all_of(prints.begin(), prints.end(),
                                [&](const auto& p) { return p == prints[0]; });
  if (same && (prints.empty() || prints[0] == FingerprintWords{})) {
    out.U8(kNone);
    return;
  }
  out.U8(same ? kSame : kPlanes);
  WriteWords(prints[0], out);
  if (same) return;
  for (int bit = 0; bit < kBits; ++bit) WritePlane(prints, bit, out);
}

std::vector<FingerprintWords> ReadFingerprints(RowReader& in, size_t count) {
  std::vector<FingerprintWords> prints(count);
  const uint8_t mode = in.U8();
  if (mode == kNone) return prints;
  if (mode > kPlanes || count == 0) {
    in.Fail(absl::StrCat("unknown fingerprint mode ", static_cast<int>(mode)));
    return prints;
  }
  const FingerprintWords first = ReadWords(in);
  if (mode == kSame) {
    std::fill(prints.begin(), prints.end(), first);
    return prints;
  }
  prints[0] = first;
  for (int bit = 0; bit < kBits; ++bit) ReadPlane(in, bit, prints);
  return prints;
}

}  // namespace fovea
