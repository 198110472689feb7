// SPDX-License-Identifier: GPL-2.0-or-later
//
// key    "a" | stream u64 | model's SHA-256, 32 | kind of input u8
// value  version u8 | max_error f64 | confidence f64 | seed u64 | loss u8 |
//        gate u64 | audits begun before u64 | state text
// Version 1 had no gate; it is read as gate 0, the only one there was. Up to
// version 2 audits were not counted; what they left is read as the first.

#include "store/audit_rows.h"

#include <bit>

#include "store/internal/row_parts.h"
#include "store/row_codec.h"
#include "store/row_limits.h"
#include "store/row_version.h"

namespace fovea {
namespace {

constexpr char kTag = 'a';
constexpr uint8_t kVersion = 3, kUncounted = 2, kWithoutGate = 1;

}  // namespace

std::string AuditPrefix(StreamId stream) { return TaggedKey(kTag, stream); }

std::string AuditKey(StreamId stream, const ModelKey& model, uint8_t kind) {
  RowWriter out;
  out.Bytes(AuditPrefix(stream));
  out.Bytes(model);
  out.U8(kind);
  return out.Take();
}

std::string EncodeAuditRow(const AuditRow& row) {
  RowWriter out;
  out.U8(kVersion);
  out.U64(std::bit_cast<uint64_t>(row.max_error));
  out.U64(std::bit_cast<uint64_t>(row.confidence));
  out.U64(row.seed);
  out.U8(row.loss);
  out.U64(row.gate);
  out.U64(row.before);
  out.Text({reinterpret_cast<const char*>(row.state.data()), row.state.size()});
  return out.Take();
}

absl::StatusOr<AuditRow> DecodeAuditRow(std::string_view value) {
  RowReader in(value, "audit row");
  const auto first = value.empty() ? kVersion : static_cast<uint8_t>(value[0]);
  const bool known = first == kWithoutGate || first == kUncounted;
  const uint8_t version = known ? first : kVersion;
  if (auto s = ReadVersion(in, version, "audit row"); !s.ok()) return s;
  AuditRow row;
  row.max_error = std::bit_cast<double>(in.U64());
  row.confidence = std::bit_cast<double>(in.U64());
  row.seed = in.U64();
  row.loss = in.U8();
  if (version > kWithoutGate) row.gate = in.U64();
  if (version > kUncounted) row.before = in.U64();
  const std::string_view state =
      in.Text(kRowLimits.max_audit_state_bytes, "state length");
  row.state.assign(state.begin(), state.end());
  return Finished(in, std::move(row));
}

}  // namespace fovea
