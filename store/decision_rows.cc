// SPDX-License-Identifier: GPL-2.0-or-later
//
// dec key    stream u64 | model 32 | kind of input u8 | index u64 | region u32
// dec body   decisions - 1 varint | length of columns varint
//            method u8 (0 plain, 1 zstd) | columns
//
// Columns (store/internal/table_columns.h says how):
//
//   integers   index | region
//   bytes      kind << 4 | cause | 1 shadowed, 2 wrong
//   integers   reference stream | reference index
//   distance   u8 n: 1 to kMostParts: integers, n x distance, which is whole;
//              0: four columns of bytes, the high ones of each first
//   integers   check probability, its bits | threshold version
//
// A gate's distance is a mean of few differences, so mostly a whole number of
// parts of one: half the bytes of a row, where its bits would be three
// quarters of twice as many.

#include "store/decision_rows.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/row_parts.h"
#include "store/internal/table_columns.h"
#include "store/internal/zstd.h"
#include "store/row_codec.h"

namespace fovea {
namespace {

constexpr uint8_t kPlain = 0;
constexpr uint8_t kZstd = 1;
constexpr size_t kLeastPacked = 64;  // less gains nothing by zstd
constexpr uint8_t kShadowed = 1;
constexpr uint8_t kWrong = 2;
constexpr int kCauseBits = 4;
constexpr int kMostParts = 32;
constexpr float kMostWhole = 16'777'216;  // 2^24: floats are exact up to there
constexpr size_t kFloatBytes = 4;
// Behind stream, model and kind of input: index and region.
constexpr size_t kKeyTail = 8 + 4;

using Entries = std::vector<DecisionEntry>;

// --- columns out --------------------------------------------------------

template <typename Get>
void PutIntegers(const Entries& entries, RowWriter* out, Get get) {
  std::vector<int64_t> values;
  values.reserve(entries.size());
  for (const DecisionEntry& e : entries) {
    values.push_back(static_cast<int64_t>(get(e)));
  }
  WriteIntegers(values, *out);
}

template <typename Get>
void PutBytes(const Entries& entries, RowWriter* out, Get get) {
  std::vector<uint8_t> values;
  values.reserve(entries.size());
  for (const DecisionEntry& e : entries) {
    values.push_back(static_cast<uint8_t>(get(e)));
  }
  WriteBytes(values, *out);
}

float PartsToFloat(int64_t count, int parts) {
  return static_cast<float>(count) / static_cast<float>(parts);
}

// What PartsToFloat() makes `value` of, or -1.
int64_t CountParts(float value, int parts) {
  const float product = value * static_cast<float>(parts);
  if (!(product >= 0 && product < kMostWhole)) return -1;
  const int64_t count = std::llround(product);
  const bool same = std::bit_cast<uint32_t>(PartsToFloat(count, parts)) ==
                    std::bit_cast<uint32_t>(value);
  return same ? count : -1;
}

// The least number of parts of one that all distances are whole numbers of;
// 0: none.
int PartsOf(const Entries& entries) {
  for (int parts = 1; parts <= kMostParts; ++parts) {
    if (std::ranges::all_of(entries, [&](const DecisionEntry& e) {
          return CountParts(e.distance, parts) >= 0;
        })) {
      return parts;
    }
  }
  return 0;
}

void PutDistances(const Entries& entries, RowWriter* out) {
  const int parts = PartsOf(entries);
  out->U8(static_cast<uint8_t>(parts));
  if (parts > 0) {
    return PutIntegers(entries, out, [&](const DecisionEntry& e) {
      return CountParts(e.distance, parts);
    });
  }
  for (size_t byte = kFloatBytes; byte-- > 0;) {
    PutBytes(entries, out, [&](const DecisionEntry& e) {
      return std::bit_cast<uint32_t>(e.distance) >> (8 * byte) & 0xff;
    });
  }
}

std::string EncodeColumns(const Entries& entries) {
  RowWriter out;
  PutIntegers(entries, &out, [](const auto& e) { return e.index; });
  PutIntegers(entries, &out, [](const auto& e) { return e.region; });
  PutBytes(entries, &out,
           [](const auto& e) { return e.kind << kCauseBits | e.cause; });
  PutBytes(entries, &out, [](const auto& e) {
    return (e.shadowed ? kShadowed : 0) | (e.wrong ? kWrong : 0);
  });
  PutIntegers(entries, &out, [](const auto& e) { return e.reference_stream; });
  PutIntegers(entries, &out, [](const auto& e) { return e.reference_index; });
  PutDistances(entries, &out);
  PutIntegers(entries, &out, [](const auto& e) {
    return std::bit_cast<uint32_t>(e.check_probability);
  });
  PutIntegers(entries, &out, [](const auto& e) { return e.threshold_version; });
  return out.Take();
}

// --- columns in ---------------------------------------------------------

template <typename Set>
void TakeIntegers(RowReader& in, Entries* entries, Set set) {
  const std::vector<int64_t> values = ReadIntegers(in, entries->size());
  for (size_t i = 0; i < values.size(); ++i) set((*entries)[i], values[i]);
}

template <typename Set>
void TakeBytes(RowReader& in, Entries* entries, Set set) {
  const std::vector<uint8_t> values = ReadBytes(in, entries->size());
  for (size_t i = 0; i < values.size(); ++i) set((*entries)[i], values[i]);
}

uint32_t Narrow(RowReader& in, int64_t value, const char* field) {
  if (value >= 0 && value <= int64_t{UINT32_MAX}) {
    return static_cast<uint32_t>(value);
  }
  in.Fail(absl::StrCat(field, " of ", value, " beyond 32 bits"));
  return 0;
}

void TakeDistances(RowReader& in, Entries* entries) {
  const int parts = in.U8();
  if (parts > kMostParts) {
    return in.Fail(absl::StrCat("distances in ", parts, " parts of one"));
  }
  if (parts > 0) {
    return TakeIntegers(in, entries, [&](DecisionEntry& e, int64_t count) {
      if (count < 0 || count > static_cast<int64_t>(kMostWhole)) {
        in.Fail(absl::StrCat("distance of ", count, " parts"));
      }
      e.distance = PartsToFloat(count, parts);
    });
  }
  std::vector<uint32_t> bits(entries->size());
  for (size_t byte = kFloatBytes; byte-- > 0;) {
    const std::vector<uint8_t> values = ReadBytes(in, bits.size());
    for (size_t i = 0; i < bits.size(); ++i) bits[i] = bits[i] << 8 | values[i];
  }
  for (size_t i = 0; i < bits.size(); ++i) {
    (*entries)[i].distance = std::bit_cast<float>(bits[i]);
  }
}

void DecodeColumns(RowReader& in, Entries* entries) {
  TakeIntegers(in, entries, [](DecisionEntry& e, int64_t v) {
    e.index = static_cast<uint64_t>(v);
  });
  TakeIntegers(in, entries, [&](DecisionEntry& e, int64_t v) {
    e.region = Narrow(in, v, "region");
  });
  TakeBytes(in, entries, [](DecisionEntry& e, uint8_t v) {
    e.kind = v >> kCauseBits;
    e.cause = v & ((1 << kCauseBits) - 1);
  });
  TakeBytes(in, entries, [&](DecisionEntry& e, uint8_t v) {
    if (v > (kShadowed | kWrong)) in.Fail("unknown decision flags");
    e.shadowed = (v & kShadowed) != 0;
    e.wrong = (v & kWrong) != 0;
  });
  TakeIntegers(in, entries, [](DecisionEntry& e, int64_t v) {
    e.reference_stream = static_cast<uint64_t>(v);
  });
  TakeIntegers(in, entries, [](DecisionEntry& e, int64_t v) {
    e.reference_index = static_cast<uint64_t>(v);
  });
  TakeDistances(in, entries);
  TakeIntegers(in, entries, [&](DecisionEntry& e, int64_t v) {
    e.check_probability =
        std::bit_cast<float>(Narrow(in, v, "check probability"));
  });
  TakeIntegers(in, entries, [&](DecisionEntry& e, int64_t v) {
    e.threshold_version = Narrow(in, v, "threshold version");
  });
}

bool ComesBefore(const DecisionEntry& a, const DecisionEntry& b) {
  return std::pair(a.index, a.region) < std::pair(b.index, b.region);
}

bool Rises(const Entries& entries) {
  return std::ranges::adjacent_find(
             entries, [](const DecisionEntry& a, const DecisionEntry& b) {
               return !ComesBefore(a, b);
             }) == entries.end();
}

absl::StatusOr<std::string> Unpack(uint8_t method, std::string_view bytes,
                                   size_t plain_size) {
  if (method == kZstd) return ZstdDecompress(bytes, plain_size);
  if (method == kPlain && bytes.size() == plain_size) {
    return std::string(bytes);
  }
  return absl::DataLossError(
      absl::StrCat("decision row: method ", static_cast<int>(method), " with ",
                   bytes.size(), " bytes for columns of ", plain_size));
}

}  // namespace

std::string DecisionKey(const DecisionKeyParts& parts) {
  RowWriter out;
  out.Bytes(DecisionPrefix(parts.stream, parts.model, parts.input_kind));
  out.U64(parts.index);
  out.U32(parts.region);
  return out.Take();
}

absl::StatusOr<DecisionKeyParts> ParseDecisionKey(std::string_view key) {
  RowReader in(key, "decision key");
  DecisionKeyParts parts;
  parts.stream = in.U64();
  const std::string_view model = in.Bytes(parts.model.size());
  std::copy(model.begin(), model.end(), parts.model.begin());
  parts.input_kind = in.U8();
  parts.index = in.U64();
  parts.region = in.U32();
  return Finished(in, parts);
}

std::string DecisionPrefix(StreamId stream, const ModelKey& model,
                           uint8_t input_kind) {
  RowWriter out;
  out.U64(stream);
  out.Bytes(model);
  out.U8(input_kind);
  return out.Take();
}

std::string DecisionPrefixEnd(StreamId stream, const ModelKey& model,
                              uint8_t input_kind) {
  return DecisionPrefix(stream, model, input_kind) +
         std::string(kKeyTail + 1, '\xff');
}

std::string EncodeDecisionRow(const DecisionRow& row) {
  assert(!row.entries.empty() && Rises(row.entries));
  assert(row.entries.size() <= kRowLimits.max_row_decisions);
  const std::string columns = EncodeColumns(row.entries);
  const std::string packed =
      columns.size() < kLeastPacked ? "" : ZstdCompress(columns);
  const bool pays = !packed.empty() && packed.size() < columns.size();
  RowWriter out;
  out.Varint(row.entries.size() - 1);
  out.Varint(columns.size());
  out.U8(pays ? kZstd : kPlain);
  out.Bytes(std::string_view(pays ? packed : columns));
  return EncodeDerivedRow(Family::kDec, {row.epoch, out.Take()});
}

absl::StatusOr<DecisionRow> DecodeDecisionRow(const DecisionKeyParts& key,
                                              std::string_view value) {
  const auto derived = DecodeDerivedRow(Family::kDec, value);
  if (!derived.ok()) return derived.status();
  RowReader head(derived->body, "decision row");
  const uint64_t count =
      head.VarintUpTo(kRowLimits.max_row_decisions - 1, "decisions") + 1;
  const uint64_t plain_size =
      head.VarintUpTo(kRowLimits.max_decision_bytes, "length of columns");
  const uint8_t method = head.U8();
  const std::string_view bytes = head.Bytes(head.remaining());
  if (absl::Status s = head.Finish(); !s.ok()) return s;
  const auto columns = Unpack(method, bytes, plain_size);
  if (!columns.ok()) return columns.status();
  RowReader in(*columns, "decision row");
  DecisionRow row;
  row.epoch = derived->epoch;
  row.entries.resize(count);
  DecodeColumns(in, &row.entries);
  if (!Rises(row.entries)) in.Fail("decisions out of order");
  if (row.entries[0].index != key.index ||
      row.entries[0].region != key.region) {
    in.Fail("first decision is not the key's");
  }
  return Finished(in, std::move(row));
}

}  // namespace fovea
