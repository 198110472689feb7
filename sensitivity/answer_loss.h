// SPDX-License-Identifier: GPL-2.0-or-later
//
// When two answers of a model count as the same: the loss that is declared
// where answers are held or reused, 0 or 1.

#ifndef FOVEA_SENSITIVITY_ANSWER_LOSS_H_
#define FOVEA_SENSITIVITY_ANSWER_LOSS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "sensitivity/decoder.h"
#include "sensitivity/model_card.h"

namespace fovea {

enum class AnswerLoss : uint8_t {
  kLabels,  // other labels are seen; of a classifier another class
  kCounts,  // another number of boxes of some label
  kBoxes,   // F1 below 0.9, boxes matched by label at an overlap of 0.5
};
inline constexpr double kLeastBoxF1 = 0.9;

// "labels", "counts", "boxes".
const char* AnswerLossName(AnswerLoss loss);
std::optional<AnswerLoss> ParseAnswerLoss(std::string_view name);

// F1 of boxes from `threshold` on, matched greedily by falling overlap; 1
// where neither has any. Edges are finite. Boxes are compared in pairs, and
// pairs that overlap by half are kept: detectors that suppress doubles leave
// one or two of each box.
double BoxF1(const Answer& said, const Answer& given, double threshold);

// Equal of answers that are the same; under kBoxes of those with equal
// counts. Detections count from the card's threshold on, of a classifier the
// likeliest class.
uint64_t VoteOf(const Answer& answer, const ModelCard& card, AnswerLoss loss);

// Whether `given` is not as good as `said`.
bool Differs(const Answer& said, const Answer& given, const ModelCard& card,
             AnswerLoss loss);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_ANSWER_LOSS_H_
