// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/upkeep_row.h"

#include "store/internal/row_parts.h"
#include "store/row_codec.h"
#include "store/row_version.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;

}  // namespace

std::string EncodeUpkeepRow(const UpkeepRow& row) {
  RowWriter out;
  out.U8(kVersion);
  out.SignedVarint(row.seen_ns);
  out.SignedVarint(row.scrubbed_ns);
  out.SignedVarint(row.problems);
  return out.Take();
}

absl::StatusOr<UpkeepRow> DecodeUpkeepRow(std::string_view value) {
  RowReader in(value, "upkeep row");
  if (auto s = ReadVersion(in, kVersion, "upkeep row"); !s.ok()) return s;
  UpkeepRow row;
  row.seen_ns = in.SignedVarint();
  row.scrubbed_ns = in.SignedVarint();
  row.problems = in.SignedVarint();
  return Finished(in, row);
}

}  // namespace fovea
