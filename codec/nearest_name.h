// SPDX-License-Identifier: GPL-2.0-or-later
//
// "Did you mean": the known name most like a mistyped one.

#ifndef FOVEA_CODEC_NEAREST_NAME_H_
#define FOVEA_CODEC_NEAREST_NAME_H_

#include <string>
#include <vector>

namespace fovea {

// The entry of `known` with the smallest edit distance to `typed`, or ""
// when none is within a third of its length and one.
std::string NearestName(const std::string& typed,
                        const std::vector<std::string>& known);

}  // namespace fovea

#endif  // FOVEA_CODEC_NEAREST_NAME_H_
