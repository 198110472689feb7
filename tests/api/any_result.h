// SPDX-License-Identifier: GPL-2.0-or-later
//
// Results and decisions as tests need them: of an input, told apart by it.

#ifndef FOVEA_TESTS_API_ANY_RESULT_H_
#define FOVEA_TESTS_API_ANY_RESULT_H_

#include <cstdint>
#include <string>

#include "api/answer_bytes.h"
#include "api/decision_book.h"
#include "filter/result_store.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_card.h"

namespace fovea::testing {

inline ModelDigest Model(int byte) {
  ModelDigest model;
  model.fill(static_cast<uint8_t>(byte));
  return model;
}

// Of one box, whose label tells about what.
inline std::string AnyAnswer(uint64_t index) {
  ModelCard card;
  card.decoder = DecoderKind::kProgram;
  Answer answer;
  answer.detections.push_back({static_cast<int>(index), 0.5F, 16, 16, 40, 40});
  return EncodeAnswer(answer, card).value();
}

inline Result AnyResult(int model, uint64_t stream, uint64_t index) {
  Result result;
  result.model = Model(model);
  result.stream = stream;
  result.index = index;
  result.fingerprint.coarse = stream * 1000 + index;
  result.fingerprint.fine = {index, 2, 3, 4};
  result.features.columns = 8;
  result.features.rows = 4;
  result.features.cells.assign(32, static_cast<int8_t>(index % 100));
  result.answer = AnyAnswer(index);
  result.vote = index % 3;
  result.time_ns = static_cast<int64_t>(index) * 40'000'000;
  result.cost_ns = 5'000'000;
  return result;
}

inline DecidedInput AnyDecision(int model, uint64_t index) {
  DecidedInput input;
  input.model = Model(model);
  input.index = index;
  input.decision.kind =
      index % 5 == 0 ? DecisionKind::kRun : DecisionKind::kHold;
  input.decision.cause = DecisionCause::kGate;
  input.decision.shadowed = index % 7 == 0;
  input.decision.reference_stream = 3;
  input.decision.reference_index = index - index % 5;
  input.decision.distance = static_cast<float>(index % 11) / 25;
  input.decision.check_probability = 0.05F;
  input.decision.threshold_version = 2;
  return input;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_API_ANY_RESULT_H_
