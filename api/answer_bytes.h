// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model's answer as bytes, to be kept and given again exactly.

#ifndef FOVEA_API_ANSWER_BYTES_H_
#define FOVEA_API_ANSWER_BYTES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_card.h"

namespace fovea {

// Most class probabilities of an answer; of boxes kMaxCandidates.
inline constexpr size_t kMostClasses = 65'536;

// Detections and class probabilities; of a detector no scores of cells.
// kUnimplemented of other answers (segmentation, embeddings): they are never
// held or reused. kInvalidArgument: what DecodeAnswer() would not take.
absl::StatusOr<std::string> EncodeAnswer(const Answer& answer,
                                         const ModelCard& card);

// kDataLoss: not such bytes, more than kMaxCandidates boxes or kMostClasses
// classes, numbers that are NaN or infinite. Labels may be any.
absl::StatusOr<Answer> DecodeAnswer(std::string_view bytes);

}  // namespace fovea

#endif  // FOVEA_API_ANSWER_BYTES_H_
