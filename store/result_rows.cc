// SPDX-License-Identifier: GPL-2.0-or-later
//
// res key    model 32 | stream u64 | index u64 | kind u8 | region u32
// res body   fingerprint version u8 | coarse u64 | fine, 4 x u64
//            vote u64 | time signed | cost signed | uses varint
//            columns varint | rows varint
//            method u8 (0 plain, 1 zstd) | cells text | answer text
//            version 2 only: carried over from model 32 | most_differ f64 |
//            confidence f64

#include "store/result_rows.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/row_parts.h"
#include "store/internal/zstd.h"
#include "store/row_codec.h"

namespace fovea {
namespace {

constexpr uint8_t kPlain = 0;
constexpr uint8_t kZstd = 1;
constexpr size_t kLeastPacked = 64;  // less gains nothing by zstd
// Behind model: stream, index, kind and region.
constexpr size_t kKeyTail = 8 + 8 + 1 + 4;

// Of values that were carried over, which older releases do not know.
constexpr uint8_t kCarriedVersion = 2;

bool IsShare(double v) { return v >= 0 && v <= 1; }

void PutCarried(const CarriedOver& carried, RowWriter* out) {
  out->Bytes(carried.from);
  out->U64(std::bit_cast<uint64_t>(carried.most_differ));
  out->U64(std::bit_cast<uint64_t>(carried.confidence));
}

CarriedOver TakeCarried(RowReader& in) {
  CarriedOver carried;
  const std::string_view from = in.Bytes(carried.from.size());
  std::copy(from.begin(), from.end(), carried.from.begin());
  carried.most_differ = std::bit_cast<double>(in.U64());
  carried.confidence = std::bit_cast<double>(in.U64());
  if (!IsShare(carried.most_differ) || !IsShare(carried.confidence)) {
    in.Fail("carried over with shares that are none");
  }
  return carried;
}

std::string_view BytesOf(const std::vector<int8_t>& cells) {
  return {reinterpret_cast<const char*>(cells.data()), cells.size()};
}

void PutCells(const std::vector<int8_t>& cells, RowWriter* out) {
  const std::string_view plain = BytesOf(cells);
  const std::string packed =
      plain.size() < kLeastPacked ? "" : ZstdCompress(plain);
  const bool pays = !packed.empty() && packed.size() < plain.size();
  out->U8(pays ? kZstd : kPlain);
  out->Text(pays ? std::string_view(packed) : plain);
}

std::vector<int8_t> TakeCells(RowReader& in, size_t count) {
  const uint8_t method = in.U8();
  const std::string_view bytes =
      in.Text(kRowLimits.max_feature_cells, "bytes of cells");
  if (!in.ok()) return {};
  if (method == kPlain && bytes.size() == count) {
    return {bytes.begin(), bytes.end()};
  }
  if (method != kZstd) {
    in.Fail(absl::StrCat(count, " cells by method ", static_cast<int>(method),
                         " in ", bytes.size(), " bytes"));
    return {};
  }
  const auto plain = ZstdDecompress(bytes, count);
  if (!plain.ok()) {
    in.Fail(std::string(plain.status().message()));
    return {};
  }
  return {plain->begin(), plain->end()};
}

}  // namespace

std::string ResultKey(const ResultKeyParts& parts) {
  RowWriter out;
  out.Bytes(parts.model);
  out.U64(parts.stream);
  out.U64(parts.index);
  out.U8(parts.kind);
  out.U32(parts.region);
  return out.Take();
}

absl::StatusOr<ResultKeyParts> ParseResultKey(std::string_view key) {
  RowReader in(key, "result key");
  ResultKeyParts parts;
  const std::string_view model = in.Bytes(parts.model.size());
  std::copy(model.begin(), model.end(), parts.model.begin());
  parts.stream = in.U64();
  parts.index = in.U64();
  parts.kind = in.U8();
  parts.region = in.U32();
  return Finished(in, parts);
}

std::string ResultPrefix(const ModelKey& model) {
  return {model.begin(), model.end()};
}

std::string ResultPrefix(const ModelKey& model, StreamId stream) {
  return ResultPrefix(model) + StreamPrefix(stream);
}

std::string ResultPrefix(const ModelKey& model, StreamId stream,
                         uint64_t index) {
  return ResultPrefix(model, stream) + StreamPrefix(index);
}

std::string ResultPrefixEnd(const ModelKey& model) {
  return ResultPrefix(model) + std::string(kKeyTail + 1, '\xff');
}

absl::Status CheckResultRow(const ResultRow& row) {
  const size_t cells = size_t{row.columns} * row.rows;
  if (row.cells.size() != cells || cells > kRowLimits.max_feature_cells) {
    return absl::InvalidArgumentError(absl::StrCat(
        "result: ", row.cells.size(), " cells for ", row.columns, " x ",
        row.rows, "; the most is ", kRowLimits.max_feature_cells));
  }
  if (row.answer.size() > kRowLimits.max_answer_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("result: an answer of ", row.answer.size(),
                     " bytes; the most is ", kRowLimits.max_answer_bytes));
  }
  if (row.carried && !(IsShare(row.carried->most_differ) &&
                       IsShare(row.carried->confidence))) {
    return absl::InvalidArgumentError(
        "result: carried over with shares that are none");
  }
  return absl::OkStatus();
}

std::string EncodeResultRow(const ResultRow& row) {
  assert(CheckResultRow(row).ok());
  RowWriter out;
  out.U8(row.fingerprint_version);
  out.U64(row.coarse);
  for (const uint64_t word : row.fine) out.U64(word);
  out.U64(row.vote);
  out.SignedVarint(row.time_ns);
  out.SignedVarint(row.cost_ns);
  out.Varint(row.uses);
  out.Varint(row.columns);
  out.Varint(row.rows);
  PutCells(row.cells, &out);
  out.Text(row.answer);
  if (row.carried) PutCarried(*row.carried, &out);
  return EncodeDerivedRow(
      Family::kRes,
      {row.epoch, out.Take(),
       row.carried ? kCarriedVersion : DerivedRow::kFirstVersion});
}

absl::StatusOr<ResultRow> DecodeResultRow(std::string_view value) {
  const auto derived = DecodeDerivedRow(Family::kRes, value);
  if (!derived.ok()) return derived.status();
  RowReader in(derived->body, "result row");
  ResultRow row;
  row.epoch = derived->epoch;
  row.fingerprint_version = in.U8();
  row.coarse = in.U64();
  for (uint64_t& word : row.fine) word = in.U64();
  row.vote = in.U64();
  row.time_ns = in.SignedVarint();
  row.cost_ns = in.SignedVarint();
  row.uses = static_cast<uint32_t>(in.VarintUpTo(UINT32_MAX, "uses"));
  row.columns = static_cast<uint16_t>(in.VarintUpTo(UINT16_MAX, "columns"));
  row.rows = static_cast<uint16_t>(in.VarintUpTo(UINT16_MAX, "rows"));
  const size_t cells = size_t{row.columns} * row.rows;
  if (cells > kRowLimits.max_feature_cells) {
    in.Fail(absl::StrCat(cells, " cells; the most is ",
                         kRowLimits.max_feature_cells));
  }
  row.cells = TakeCells(in, cells);
  row.answer = in.Text(kRowLimits.max_answer_bytes, "answer length");
  if (derived->version == kCarriedVersion) row.carried = TakeCarried(in);
  return Finished(in, std::move(row));
}

}  // namespace fovea
