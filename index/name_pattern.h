// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of streams, many at once.

#ifndef FOVEA_INDEX_NAME_PATTERN_H_
#define FOVEA_INDEX_NAME_PATTERN_H_

#include <string_view>

namespace fovea {

// "*" any bytes, "?" one. At most the product of both lengths in steps.
bool MatchesPattern(std::string_view pattern, std::string_view text);

}  // namespace fovea

#endif  // FOVEA_INDEX_NAME_PATTERN_H_
