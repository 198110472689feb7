// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/series_rows.h"

#include <algorithm>

namespace fovea {
namespace {

// Leaves the rules that both have.
void MeetRules(const PrintRules& rules, SeriesText* text) {
  PrintRules& known = text->rules;
  if (rules == known) return;
  if (rules.size() != known.size()) *text = {};
  for (size_t c = 0; c < known.size(); ++c) {
    if (rules[c] != known[c]) known[c].reset();
  }
}

// Of `count` values from the `begin`th on, which are the next of `to`.
void AppendFields(const SeriesText& from, size_t begin, size_t count,
                  SeriesBatch* to) {
  if (to->text.rules.empty()) return;
  auto field = std::lower_bound(
      from.fields.begin(), from.fields.end(), begin,
      [](const auto& one, size_t place) { return one.first < place; });
  const size_t at = to->values.size();
  for (; field != from.fields.end() && field->first < begin + count; ++field) {
    to->text.fields.emplace_back(field->first - begin + at, field->second);
  }
  if (to->text.fields.size() > kMaxTextFields) to->text = {};
}

}  // namespace

void AppendRow(const SeriesBatch& from, size_t row, size_t channels,
               SeriesBatch* to) {
  if (to->time_ns.empty()) {
    to->text.rules = from.text.rules;
  } else {
    MeetRules(from.text.rules, &to->text);
  }
  AppendFields(from.text, row * channels, channels, to);
  to->time_ns.push_back(from.time_ns[row]);
  const double* const values = from.values.data() + row * channels;
  to->values.insert(to->values.end(), values, values + channels);
}

SeriesBatch RowsOf(const SeriesBatch& batch, size_t channels, size_t begin,
                   size_t end) {
  SeriesBatch rows;
  for (size_t i = begin; i < end; ++i) AppendRow(batch, i, channels, &rows);
  return rows;
}

}  // namespace fovea
