// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who a model is and what its answers mean: all that those need to know of
// it who only take in its answers.

#ifndef FOVEA_SENSITIVITY_MODEL_DESCRIPTION_H_
#define FOVEA_SENSITIVITY_MODEL_DESCRIPTION_H_

#include <string>
#include <vector>

#include "codec/model_id.h"
#include "sensitivity/model_card.h"

namespace fovea {

struct ModelDescription {
  ModelId id;  // its digest covers all that changes an answer
  ModelCard card;
  std::vector<std::string> labels;  // by class number; may be empty
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_MODEL_DESCRIPTION_H_
