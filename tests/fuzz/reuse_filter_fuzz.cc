// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a reuse filter. What parses goes to text and back to the same
// again, and gives a probability of whatever it compares.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "filter/reuse_predictor.h"
#include "filter/skip_head.h"
#include "filter/thumbnail.h"

namespace {

// Runs at the edges of what an AnswerHistory tells, and what the skip head says
// of a picture.
fovea::ComparedRuns Edges(std::optional<fovea::UsualAnswer> usual) {
  fovea::ComparedRuns compared;
  compared.usual = usual;
  for (const float value : {0.F, 12.F, 8192.F}) {
    compared.present.values.fill(value);
    fovea::PairTraits run;
    run.values.fill(value);
    run.vote = value > 0 ? 1 : 2;
    compared.runs.push_back(run);
  }
  return compared;
}

fovea::Thumbnail Any() {
  fovea::Thumbnail thumbnail;
  for (size_t i = 0; i < fovea::Thumbnail::kPlanes * fovea::Thumbnail::kCells;
       ++i) {
    thumbnail.cells.push_back(static_cast<uint8_t>(i * i));
  }
  return thumbnail;
}

void Check(const fovea::Prediction& best) {
  if (!(best.risk >= 0 && best.risk <= 1) || best.run > 2) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto read = fovea::ReusePredictor::Parse(text);
  if (!read.ok()) return 0;
  const auto again = fovea::ReusePredictor::Parse(read->Text());
  if (!again.ok() || !(*again == *read)) std::abort();
  const fovea::Thumbnail picture = Any();
  const auto usual = read->UsualOf(picture);
  if (usual && !(std::abs(usual->evidence) <= fovea::SkipHead::kMostEvidence)) {
    std::abort();
  }
  const fovea::ComparedRuns compared = Edges(usual);
  Check(read->Predict(compared));
  for (uint64_t vote = 1; vote <= 3; ++vote) {
    read->Learn({compared, vote});
    read->LearnUsual({picture, usual && vote < 3 ? usual->vote : vote});
  }
  Check(read->Predict(compared));
  if (!fovea::ReusePredictor::Parse(read->Text()).ok()) std::abort();
  return 0;
}
