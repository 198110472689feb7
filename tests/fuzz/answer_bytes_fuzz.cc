// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a model's answer. What decodes goes back to the very bytes,
// and can be compared and told to a filter.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/answer_bytes.h"
#include "api/answer_traits.h"

namespace {

fovea::ModelCard CardOf(fovea::DecoderKind decoder) {
  fovea::ModelCard card;
  card.decoder = decoder;
  return card;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto answer = fovea::DecodeAnswer(bytes);
  if (!answer.ok()) return 0;
  // A classifier's keeps scores and boxes.
  const fovea::ModelCard card = CardOf(fovea::DecoderKind::kClassifier);
  const auto again = fovea::EncodeAnswer(*answer, card);
  if (!again.ok() || *again != bytes) std::abort();
  const fovea::ModelCard detector = CardOf(fovea::DecoderKind::kYolox);
  if (answer->detections.size() > 256) return 0;  // compared in pairs
  for (const auto loss :
       {fovea::AnswerLoss::kCounts, fovea::AnswerLoss::kBoxes}) {
    for (const fovea::DoubtfulBox& part :
         fovea::TraitsOf(*answer, detector, loss).doubtful) {
      if (!(part.doubt > 0 && part.doubt <= 1)) std::abort();
    }
    fovea::Differs(*answer, {}, detector, loss);
  }
  const double f1 = fovea::BoxF1(*answer, *answer, 0.5);
  if (!(f1 >= 0 && f1 <= 1)) std::abort();
  return 0;
}
