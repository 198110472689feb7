// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all detectors share: cells with a score each, boxes from the good
// ones, and a scalar over all. A detector adds how it reads a cell.

#ifndef FOVEA_SENSITIVITY_INTERNAL_DETECTOR_H_
#define FOVEA_SENSITIVITY_INTERNAL_DETECTOR_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sensitivity/decoder.h"

namespace fovea::internal {

// The best class of one cell or anchor.
struct Cell {
  int label = 0;
  double score = 0;
  // The values of output `output` that the score is made of.
  struct Part {
    size_t at = 0;
    double slope = 0;  // of the score by this value
  };
  size_t output = 0;
  std::array<Part, 2> parts;
};

// In pixels of the network's input.
struct InputBox {
  double left = 0, top = 0, right = 0, bottom = 0;
};

InputBox CentredBox(double x, double y, double width, double height);

// exp() that stays finite: a box of e^30 is as wrong as a wider one.
double BoundedExp(double x);

double Sigmoid(double x);

class Detector : public Decoder {
 public:
  Detector(const ModelCard& card, size_t label_count)
      : name_(card.name),
        threshold_(card.threshold),
        label_count_(label_count) {}

  absl::StatusOr<Answer> Read(std::span<const Tensor> outputs,
                              const Placement& placement) const final;
  bool uses_reference() const final { return false; }
  absl::StatusOr<ScalarGradient> Differentiate(
      std::span<const Tensor> outputs, std::span<const Tensor> reference,
      Probe probe, uint64_t seed) const final;

 protected:
  const std::string& name() const { return name_; }
  size_t label_count() const { return label_count_; }

  // For outputs that passed Check(), but may not belong to `placement`:
  // kInvalidArgument then.
  virtual absl::Status CheckPlacement(std::span<const Tensor>,
                                      const Placement&) const {
    return absl::OkStatus();
  }
  virtual size_t CellCount(std::span<const Tensor> outputs) const = 0;
  virtual Cell CellAt(std::span<const Tensor> outputs, size_t cell) const = 0;
  virtual InputBox BoxAt(std::span<const Tensor> outputs, size_t cell,
                         const Placement& placement) const = 0;

 private:
  const std::string name_;
  const double threshold_;
  const size_t label_count_;
};

}  // namespace fovea::internal

#endif  // FOVEA_SENSITIVITY_INTERNAL_DETECTOR_H_
