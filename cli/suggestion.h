// SPDX-License-Identifier: GPL-2.0-or-later
//
// "did you mean": the nearest of the words there are.

#ifndef FOVEA_CLI_SUGGESTION_H_
#define FOVEA_CLI_SUGGESTION_H_

#include <string>
#include <vector>

namespace fovea::cli {

// The candidate with the fewest single-letter edits from `word`, swaps of
// neighbours counting as one; "" when none is within a third of its length.
std::string NearestWord(const std::string& word,
                        const std::vector<std::string>& candidates);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_SUGGESTION_H_
