// SPDX-License-Identifier: GPL-2.0-or-later
//
// The row that names a stream's retention class.

#include "store/retention_class.h"

#include "store/internal/row_parts.h"
#include "store/row_codec.h"
#include "store/row_version.h"

namespace fovea {
namespace {

constexpr uint8_t kVersion = 1;

}  // namespace

std::string StreamClassKey(uint64_t stream) { return TaggedKey('r', stream); }

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
  return Finished(in, RetentionClass{in.U16()});
}

}  // namespace fovea
