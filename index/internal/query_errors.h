// SPDX-License-Identifier: GPL-2.0-or-later
//
// How what is wrong with a query is said: one line, always of one form.

#ifndef FOVEA_INDEX_INTERNAL_QUERY_ERRORS_H_
#define FOVEA_INDEX_INTERNAL_QUERY_ERRORS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "index/query.h"

namespace fovea {

// kInvalidArgument, "WHAT: expected EXPECTED, found FOUND".
absl::Status Unexpected(const std::string& what, const std::string& expected,
                        const std::string& found);

// Whatever the bytes are, one short line in quotes.
std::string Shown(std::string_view text);
std::string Shown(double number);
std::string Shown(Length length);

}  // namespace fovea

#endif  // FOVEA_INDEX_INTERNAL_QUERY_ERRORS_H_
