// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers that are classes.

#ifndef FOVEA_SENSITIVITY_CLASS_ANSWER_H_
#define FOVEA_SENSITIVITY_CLASS_ANSWER_H_

#include <cstddef>
#include <optional>

#include "sensitivity/decoder.h"

namespace fovea {

// That it is `label`, and nothing else can be: scores of 0 for all classes
// before it.
Answer AnswerOfClass(size_t label, float score = 1);

// Of the likeliest class its number, of equals the first; none where no
// scores are.
std::optional<size_t> ClassOf(const Answer& answer);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_CLASS_ANSWER_H_
