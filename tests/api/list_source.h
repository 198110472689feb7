// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples made by hand.

#ifndef FOVEA_TESTS_API_LIST_SOURCE_H_
#define FOVEA_TESTS_API_LIST_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/timed_source.h"

namespace fovea::testing {

// One channel, whose value is the sample's number. What was handed out is
// spoilt by the next call, as the contract allows.
class ListSource : public TimedSource {
 public:
  explicit ListSource(std::vector<int64_t> times) : times_(std::move(times)) {}

  absl::StatusOr<std::optional<TimedSample>> Next() override {
    if (next_ == times_.size()) return std::optional<TimedSample>();
    const size_t i = next_++;
    value_ = static_cast<double>(i);
    return std::optional<TimedSample>({i, times_[i], {&value_, 1}});
  }

 private:
  const std::vector<int64_t> times_;
  size_t next_ = 0;
  double value_ = 0;
};

// Has a fault and nothing else.
class BrokenSource : public TimedSource {
 public:
  explicit BrokenSource(absl::Status fault) : fault_(std::move(fault)) {}

  absl::StatusOr<std::optional<TimedSample>> Next() override { return fault_; }

 private:
  const absl::Status fault_;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_API_LIST_SOURCE_H_
