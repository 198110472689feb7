// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the filter is to know of an answer.

#ifndef FOVEA_API_ANSWER_TRAITS_H_
#define FOVEA_API_ANSWER_TRAITS_H_

#include "filter/answer_history.h"
#include "sensitivity/answer_loss.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_card.h"

namespace fovea {

// Its vote under `loss`, and the boxes whose scores lie near the card's
// threshold, in whole pixels outward, within 10^6.
AnswerTraits TraitsOf(const Answer& answer, const ModelCard& card,
                      AnswerLoss loss);

}  // namespace fovea

#endif  // FOVEA_API_ANSWER_TRAITS_H_
