// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/answer_traits.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

// Far beyond any picture, so that the conversion is defined.
constexpr float kMostPixels = 1e6F;

int Pixel(float value) {
  if (std::isnan(value)) return 0;
  return static_cast<int>(std::clamp(value, -kMostPixels, kMostPixels));
}

}  // namespace

AnswerTraits TraitsOf(const Answer& answer, const ModelCard& card,
                      AnswerLoss loss) {
  AnswerTraits traits;
  traits.vote = VoteOf(answer, card, loss);
  for (const Detection& seen : answer.detections) {
    const float doubt =
        DoubtOf(seen.score - static_cast<float>(card.threshold));
    if (doubt <= 0) continue;
    traits.doubtful.push_back(
        {{Pixel(std::floor(seen.left)), Pixel(std::floor(seen.top)),
          Pixel(std::ceil(seen.right)), Pixel(std::ceil(seen.bottom))},
         doubt});
  }
  return traits;
}

}  // namespace fovea
