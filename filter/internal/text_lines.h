// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lines of a text that nobody vouches for, one after another.

#ifndef FOVEA_FILTER_INTERNAL_TEXT_LINES_H_
#define FOVEA_FILTER_INTERNAL_TEXT_LINES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fovea::internal {

// Errors are kDataLoss and name the line, what was expected, what was found.
class TextLines {
 public:
  explicit TextLines(std::string_view text) : left_(text) {}

  // The next line, without its end. A last line that does not end is none.
  absl::StatusOr<std::string_view> Next(const char* expected);

  // The next line as one number within `most` of 0.
  absl::StatusOr<double> Number(double most);

  // The next line as exactly `values.size()` whole numbers from `least` to
  // `most`, one space between each.
  absl::Status Integers(int64_t least, int64_t most, std::span<int32_t> values);

  // kDataLoss where anything is left.
  absl::Status End() const;

  // Of the line read last.
  absl::Status Damage(const std::string& expected,
                      std::string_view found) const;

 private:
  std::string_view left_;
  size_t line_ = 0;
};

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_TEXT_LINES_H_
