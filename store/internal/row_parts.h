// SPDX-License-Identifier: GPL-2.0-or-later
//
// What encoders of rows share.

#ifndef FOVEA_STORE_INTERNAL_ROW_PARTS_H_
#define FOVEA_STORE_INTERNAL_ROW_PARTS_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "store/row_codec.h"

namespace fovea {

// A meta key about a stream: a letter and its id.
inline std::string TaggedKey(char tag, uint64_t stream) {
  RowWriter out;
  out.U8(static_cast<uint8_t>(tag));
  out.U64(stream);
  return out.Take();
}

// `value`, if all of the row was read and made sense.
template <typename T>
absl::StatusOr<T> Finished(RowReader& in, T value) {
  if (absl::Status status = in.Finish(); !status.ok()) return status;
  return value;
}

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_ROW_PARTS_H_
