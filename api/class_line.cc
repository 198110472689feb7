// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/class_line.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "api/answer_bytes.h"
#include "api/line_program.h"

namespace fovea {

absl::StatusOr<ScoredClass> ParseClassLine(std::string_view line) {
  const size_t comma = line.find(',');
  ScoredClass told;
  bool good = comma != std::string_view::npos;
  if (good) {
    const std::string score(line.substr(0, comma));
    const std::string label(line.substr(comma + 1));
    good = absl::SimpleAtof(score, &told.score) && told.score >= 0 &&
           told.score <= 1 && absl::SimpleAtoi(label, &told.label) &&
           told.label < kMostClasses;
  }
  if (good) return told;
  return absl::DataLossError(absl::StrCat("wrote ", LineProgram::Quoted(line),
                                          "; expected 'score,label' or an "
                                          "empty line"));
}

}  // namespace fovea
