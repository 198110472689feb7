// SPDX-License-Identifier: GPL-2.0-or-later
//
// One class per picture or sensor window: [1, classes]; further sides of 1
// do no harm.

#include <algorithm>

#include "sensitivity/internal/class_scores.h"
#include "sensitivity/internal/decoders.h"
#include "sensitivity/internal/outputs.h"

namespace fovea::internal {
namespace {

class Classifier final : public Decoder {
 public:
  Classifier(const ModelCard& card, size_t label_count)
      : name_(card.name),
        kind_(card.decoder),
        probabilities_(card.probabilities),
        label_count_(label_count) {}

  absl::Status Check(std::span<const Tensor> outputs) const override {
    const bool fits = outputs.size() == 1 && IsLine(outputs[0]) &&
                      outputs[0].values.size() >= 2;
    if (!fits) {
      return WrongShapes(name_, DecoderName(kind_),
                         "one output [1, classes] of two classes or more",
                         outputs);
    }
    const std::vector<float>& values = outputs[0].values;
    absl::Status status = CheckLabelCount(name_, values.size(), label_count_);
    if (!status.ok()) return status;
    return CheckScores(name_, LayoutOf(outputs), values, probabilities_);
  }

  absl::StatusOr<Answer> Read(std::span<const Tensor> outputs,
                              const Placement&) const override {
    absl::Status status = CheckAll(outputs);
    if (!status.ok()) return status;
    ClassScores scores(LayoutOf(outputs), probabilities_);
    scores.Load(outputs[0].values, 0);
    Answer answer;
    for (const double p : scores.probabilities()) {
      answer.scores.push_back(static_cast<float>(p));
    }
    return answer;
  }

  bool uses_reference() const override { return !by_margin(); }

  absl::StatusOr<ScalarGradient> Differentiate(
      std::span<const Tensor> outputs, std::span<const Tensor> reference,
      Probe probe, uint64_t seed) const override {
    absl::Status status = CheckAll(outputs);
    if (!status.ok()) return status;
    const ScoreLayout layout = LayoutOf(outputs);
    const std::vector<float>& values = outputs[0].values;
    ScalarGradient scalar{0, ZerosLike(outputs)};
    std::vector<float>& gradient = scalar.by_output[0].values;
    if (by_margin()) {
      ClassScores scores(layout, probabilities_);
      scores.Load(values, 0);
      scalar.value =
          scores.AddMargin(ProbeWeights(probe, seed).Next(), gradient.data());
      return scalar;
    }
    status = CheckAlike(name_, outputs, reference);
    if (status.ok()) status = CheckFinite(name_, reference);
    if (!status.ok()) return status;
    scalar.value = AddClassProbe(layout, probabilities_, values,
                                 reference[0].values, probe, seed, &gradient);
    return scalar;
  }

 private:
  bool by_margin() const { return kind_ == DecoderKind::kImuClassifier; }

  absl::Status CheckAll(std::span<const Tensor> outputs) const {
    // NaN sums to nothing: say so before the sums are looked at.
    const absl::Status status = CheckFinite(name_, outputs);
    return status.ok() ? Check(outputs) : status;
  }

  static ScoreLayout LayoutOf(std::span<const Tensor> outputs) {
    return {.classes = outputs[0].values.size()};
  }

  const std::string name_;
  const DecoderKind kind_;
  const bool probabilities_;
  const size_t label_count_;
};

}  // namespace

std::unique_ptr<Decoder> NewClassifier(const ModelCard& card,
                                       size_t label_count) {
  return std::make_unique<Classifier>(card, label_count);
}

}  // namespace fovea::internal
