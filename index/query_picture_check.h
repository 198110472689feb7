// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether the places of a query make sense in a stream's picture: none
// reaches outside it, and areas and lines that mix pixels with percent have
// an extent. Only here can that be known.

#ifndef FOVEA_INDEX_QUERY_PICTURE_CHECK_H_
#define FOVEA_INDEX_QUERY_PICTURE_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "index/query.h"

namespace fovea {

// For a picture of `width` x `height` pixels; `name` is the stream's, for
// the error, a kInvalidArgument that says what is wrong, what was expected
// and what was found. `on` is passed by: it asks about other pictures.
// Requires CheckCondition(). Thread-safe.
absl::Status CheckConditionAgainstPicture(const Condition& condition,
                                          const std::string& name, int width,
                                          int height);

// The same for the query's condition.
absl::Status CheckQueryAgainstPicture(const Query& query,
                                      const std::string& name, int width,
                                      int height);

}  // namespace fovea

#endif  // FOVEA_INDEX_QUERY_PICTURE_CHECK_H_
