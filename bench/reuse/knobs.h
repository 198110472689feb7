// SPDX-License-Identifier: GPL-2.0-or-later
//
// Settings to sweep, and the policies that answer with what the model last
// said.

#ifndef FOVEA_BENCH_REUSE_KNOBS_H_
#define FOVEA_BENCH_REUSE_KNOBS_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "bench/reuse/policy.h"

namespace fovea::bench::reuse {

// `count` values from `first` to `last`, each the same factor above the one
// before. 0 < first < last, count >= 2.
std::vector<double> Geometric(double first, double last, size_t count);
// The same step between them.
std::vector<double> Linear(double first, double last, size_t count);

// "0.0123", at most four digits that count.
std::string NumberText(double value);

// A method whose settings are numbers.
class NumberMethod : public Method {
 public:
  explicit NumberMethod(std::vector<double> values)
      : values_(std::move(values)) {}
  size_t knobs() const override { return values_.size(); }
  std::string KnobText(size_t knob) const override {
    return NumberText(values_[knob]);
  }

 protected:
  double value(size_t knob) const { return values_[knob]; }

 private:
  std::vector<double> values_;
};

// Holds the last answer; who derives from it says for how long.
class HoldPolicy : public Policy {
 public:
  void Ran(size_t frame, const Answer& answer) override {
    reference_ = frame;
    answer_ = answer;
  }
  std::optional<Answer> Decide(size_t frame) override {
    if (answer_ == nullptr || !MayHold(frame)) return std::nullopt;
    return answer_;
  }

 protected:
  // Of a frame behind the last that was run.
  virtual bool MayHold(size_t frame) = 0;
  size_t reference() const { return reference_; }  // the last that was run
  const Answer& held() const { return answer_; }

 private:
  size_t reference_ = 0;
  Answer answer_;
};

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_KNOBS_H_
