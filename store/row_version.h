// SPDX-License-Identifier: GPL-2.0-or-later
//
// The version byte every catalogue value starts with.

#ifndef FOVEA_STORE_ROW_VERSION_H_
#define FOVEA_STORE_ROW_VERSION_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "store/row_codec.h"

namespace fovea {

// Reads it. kFailedPrecondition, not damage, when it is another than
// `known`: the value was written by another release.
inline absl::Status ReadVersion(RowReader& in, uint8_t known,
                                const char* object) {
  const uint8_t found = in.U8();
  if (!in.ok()) return in.status();
  if (found == known) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(object, " of version ", static_cast<int>(found),
                   "; this build reads version ", static_cast<int>(known)));
}

}  // namespace fovea

#endif  // FOVEA_STORE_ROW_VERSION_H_
