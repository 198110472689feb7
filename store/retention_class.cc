// SPDX-License-Identifier: GPL-2.0-or-later
//
// The row that names a stream's retention class.

#include "store/retention_class.h"

#include "store/row_codec.h"
#include "store/row_version.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;

}  // namespace

std::string StreamClassKey(uint64_t stream) {
  RowWriter out;
  out.U8('r');
  out.U64(stream);
  return out.Take();
}

std::string EncodeStreamClass(RetentionClass retention_class) {
  RowWriter out;
  out.U8(kVersion);
  out.U16(retention_class);
  return out.Take();
}

absl::StatusOr<RetentionClass> DecodeStreamClass(std::string_view value) {
  RowReader in(value, "stream class row");
  if (absl::Status s = ReadVersion(in, kVersion, "stream class row"); !s.ok()) {
    return s;
  }
  const RetentionClass retention_class = in.U16();
  if (absl::Status s = in.Finish(); !s.ok()) return s;
  return retention_class;
}

}  // namespace fovea
