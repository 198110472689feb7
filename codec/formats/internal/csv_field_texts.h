// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the numbers of a table are written: a rule for each column from its
// first rows, then the fields that it does not give.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_CSV_FIELD_TEXTS_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_CSV_FIELD_TEXTS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sample.h"

namespace fovea::codec_internal {

class CsvFieldTexts {
 public:
  // Of rows that were read, before Fit(): what stands in the fields and their
  // values, of the same width each time. The texts outlive Fit().
  void Learn(std::span<const std::string_view> fields,
             std::span<const double> values);

  // Columns of which less than nine in ten fields are by one rule have none.
  void Fit();
  const PrintRules& rules() const { return rules_; }

  // Of a row that is `batch`'s last.
  void Take(std::span<const std::string_view> fields, SeriesBatch* batch);

  // Gives `batch` its rules, unless there were too many fields beside them.
  void Finish(SeriesBatch* batch) const;

 private:
  std::vector<std::vector<std::string_view>> fields_;  // by column
  std::vector<std::vector<double>> values_;
  PrintRules rules_;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_CSV_FIELD_TEXTS_H_
