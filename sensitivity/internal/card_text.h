// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the reader of cards shares with their canonical text, which is made
// beside it (ModelCard::Canonical()).

#ifndef FOVEA_SENSITIVITY_INTERNAL_CARD_TEXT_H_
#define FOVEA_SENSITIVITY_INTERNAL_CARD_TEXT_H_

#include <string>

#include "sensitivity/model_card.h"

namespace fovea::internal {

// The shortest text that reads as the same number.
std::string NumberText(double value);

// Networks whose outputs are scores of classes.
bool HasClassScores(DecoderKind kind);

}  // namespace fovea::internal

#endif  // FOVEA_SENSITIVITY_INTERNAL_CARD_TEXT_H_
