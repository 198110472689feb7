// SPDX-License-Identifier: GPL-2.0-or-later
//
// Commits of one retention class lie together, apart from those of others, so
// that what is kept equally long goes together. Where bytes lie is all that
// a class decides.

#ifndef FOVEA_STORE_RETENTION_CLASS_H_
#define FOVEA_STORE_RETENTION_CLASS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace fovea {

using RetentionClass = uint16_t;

// A meta row: the class of a stream ("r" stream). Streams without one are in
// class 0.
std::string StreamClassKey(uint64_t stream);
std::string EncodeStreamClass(RetentionClass retention_class);
absl::StatusOr<RetentionClass> DecodeStreamClass(std::string_view value);

}  // namespace fovea

#endif  // FOVEA_STORE_RETENTION_CLASS_H_
