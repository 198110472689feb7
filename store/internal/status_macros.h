// SPDX-License-Identifier: GPL-2.0-or-later
//
// Early return of a failed status. Private to the store.

#ifndef FOVEA_STORE_INTERNAL_STATUS_MACROS_H_
#define FOVEA_STORE_INTERNAL_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"

#define FOVEA_RETURN_IF_ERROR(expression)                                 \
  do {                                                                    \
    if (absl::Status fovea_status_ = (expression); !fovea_status_.ok()) { \
      return fovea_status_;                                               \
    }                                                                     \
  } while (false)

#define FOVEA_CONCAT_INNER_(a, b) a##b
#define FOVEA_CONCAT_(a, b) FOVEA_CONCAT_INNER_(a, b)

// Declares or assigns `target` from a StatusOr, or returns its status.
#define FOVEA_ASSIGN_OR_RETURN(target, expression)                    \
  FOVEA_ASSIGN_OR_RETURN_(FOVEA_CONCAT_(fovea_or_, __LINE__), target, \
                          expression)
#define FOVEA_ASSIGN_OR_RETURN_(result, target, expression) \
  auto result = (expression);                               \
  if (!result.ok()) return result.status();                 \
  target = *std::move(result)

#endif  // FOVEA_STORE_INTERNAL_STATUS_MACROS_H_
