// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a model card, and as a label file.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "sensitivity/model_card.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto card = fovea::ParseModelCard("fuzz", text);
  if (card.ok() &&
      (card->name.empty() || card->network.empty() == card->command.empty() ||
       card->Canonical().find('\n') == std::string::npos)) {
    std::abort();
  }
  const auto labels = fovea::ParseLabels("fuzz", text);
  if (labels.ok() && (labels->empty() || labels->back().empty())) std::abort();
  return 0;
}
