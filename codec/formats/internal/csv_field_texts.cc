// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/csv_field_texts.h"

#include <optional>

#include "codec/print_rule.h"
#include "codec/series_rows.h"

namespace fovea::codec_internal {

void CsvFieldTexts::Learn(std::span<const std::string_view> fields,
                          std::span<const double> values) {
  fields_.resize(fields.size());
  values_.resize(fields.size());
  for (size_t c = 0; c < fields.size(); ++c) {
    fields_[c].push_back(fields[c]);
    values_[c].push_back(values[c]);
  }
}

void CsvFieldTexts::Fit() {
  rules_.assign(fields_.size(), std::nullopt);
  for (size_t c = 0; c < fields_.size(); ++c) {
    const PrintRule rule = FitPrintRule(fields_[c], values_[c]);
    const auto others = FindTextExceptions(rule, fields_[c], values_[c]);
    if (others.fields.size() * 10 <= fields_[c].size()) rules_[c] = rule;
  }
  fields_.clear();
  values_.clear();
}

void CsvFieldTexts::Take(std::span<const std::string_view> fields,
                         SeriesBatch* batch) {
  const size_t begin = batch->values.size() - fields.size();
  for (size_t c = 0; c < fields.size(); ++c) {
    if (!rules_[c]) continue;
    const double value = batch->values[begin + c];
    if (IsWrittenBy(*rules_[c], fields[c], value)) continue;
    if (batch->text.fields.size() > kMaxTextFields) return;
    batch->text.fields.emplace_back(begin + c, std::string(fields[c]));
  }
}

void CsvFieldTexts::Finish(SeriesBatch* batch) const {
  if (batch->text.fields.size() > kMaxTextFields) {
    batch->text = {};
  } else {
    batch->text.rules = rules_;
  }
}

}  // namespace fovea::codec_internal
