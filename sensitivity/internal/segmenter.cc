// SPDX-License-Identifier: GPL-2.0-or-later
//
// One class per pixel: [1, classes, rows, columns], or [1, rows, columns,
// classes] where the card's layout puts channels last.

#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sensitivity/internal/class_scores.h"
#include "sensitivity/internal/decoders.h"
#include "sensitivity/internal/outputs.h"

namespace fovea::internal {
namespace {

constexpr int64_t kMostClasses = std::numeric_limits<uint16_t>::max() + 1;

class Segmenter final : public Decoder {
 public:
  Segmenter(const ModelCard& card, size_t label_count)
      : name_(card.name),
        probabilities_(card.probabilities),
        channels_last_(card.channels_last),
        label_count_(label_count) {}

  absl::Status Check(std::span<const Tensor> outputs) const override {
    const bool fits = outputs.size() == 1 && outputs[0].shape.size() == 4 &&
                      outputs[0].shape[0] == 1 && IsWhole(outputs[0]) &&
                      Classes(outputs[0]) >= 2 &&
                      Classes(outputs[0]) <= kMostClasses;
    if (!fits) {
      return WrongShapes(
          name_, "segmentation",
          absl::StrCat("one output ",
                       channels_last_ ? "[1, rows, columns, classes]"
                                      : "[1, classes, rows, columns]",
                       " of 2 to ", kMostClasses, " classes"),
          outputs);
    }
    const ScoreLayout layout = LayoutOf(outputs[0]);
    absl::Status status = CheckLabelCount(name_, layout.classes, label_count_);
    if (!status.ok()) return status;
    return CheckScores(name_, layout, outputs[0].values, probabilities_);
  }

  absl::StatusOr<Answer> Read(std::span<const Tensor> outputs,
                              const Placement&) const override {
    absl::Status status = CheckAll(outputs);
    if (!status.ok()) return status;
    const ScoreLayout layout = LayoutOf(outputs[0]);
    Answer answer;
    const size_t rows_at = channels_last_ ? 1 : 2;
    answer.rows = static_cast<int>(outputs[0].shape[rows_at]);
    answer.columns = static_cast<int>(outputs[0].shape[rows_at + 1]);
    answer.classes.reserve(layout.places);
    for (size_t place = 0; place < layout.places; ++place) {
      answer.classes.push_back(
          static_cast<uint16_t>(BestClass(layout, outputs[0].values, place)));
    }
    return answer;
  }

  bool uses_reference() const override { return true; }

  absl::StatusOr<ScalarGradient> Differentiate(
      std::span<const Tensor> outputs, std::span<const Tensor> reference,
      Probe probe, uint64_t seed) const override {
    absl::Status status = CheckAll(outputs);
    if (status.ok()) status = CheckAlike(name_, outputs, reference);
    if (status.ok()) status = CheckFinite(name_, reference);
    if (!status.ok()) return status;
    ScalarGradient scalar{0, ZerosLike(outputs)};
    scalar.value = AddClassProbe(LayoutOf(outputs[0]), probabilities_,
                                 outputs[0].values, reference[0].values, probe,
                                 seed, &scalar.by_output[0].values);
    return scalar;
  }

 private:
  absl::Status CheckAll(std::span<const Tensor> outputs) const {
    // NaN sums to nothing: say so before the sums are looked at.
    const absl::Status status = CheckFinite(name_, outputs);
    return status.ok() ? Check(outputs) : status;
  }

  int64_t Classes(const Tensor& output) const {
    return output.shape[channels_last_ ? 3 : 1];
  }

  ScoreLayout LayoutOf(const Tensor& output) const {
    ScoreLayout layout;
    layout.classes = static_cast<size_t>(Classes(output));
    layout.places = output.values.size() / layout.classes;
    layout.class_step = channels_last_ ? 1 : layout.places;
    layout.place_step = channels_last_ ? layout.classes : 1;
    return layout;
  }

  const std::string name_;
  const bool probabilities_;
  const bool channels_last_;
  const size_t label_count_;
};

}  // namespace

std::unique_ptr<Decoder> NewSegmenter(const ModelCard& card,
                                      size_t label_count) {
  return std::make_unique<Segmenter>(card, label_count);
}

}  // namespace fovea::internal
