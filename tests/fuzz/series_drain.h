// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads a source of series to its end; batches must fit their tracks, and their
// text them.

#ifndef FOVEA_TESTS_FUZZ_SERIES_DRAIN_H_
#define FOVEA_TESTS_FUZZ_SERIES_DRAIN_H_

#include <cstddef>
#include <cstdlib>
#include <variant>

#include "codec/formats/source.h"

namespace fovea {

inline bool TextFits(const SeriesBatch& batch, size_t width) {
  const SeriesText& text = batch.text;
  size_t least = 0;
  for (const auto& [place, field] : text.fields) {
    if (place < least || place >= batch.values.size()) return false;
    least = place + 1;
  }
  return text.rules.empty() ? text.fields.empty() : text.rules.size() == width;
}

inline void DrainSeries(Source* source) {
  while (true) {
    const auto item = source->Next();
    if (!item.ok() || !item->has_value()) return;
    const Track& track =
        source->info().tracks.at(static_cast<size_t>((*item)->track));
    if (!track.rejected.empty()) std::abort();
    const auto* batch = std::get_if<SeriesBatch>(&(*item)->value);
    if (batch == nullptr) continue;
    const size_t width = track.series.channels.size();
    if (width == 0 || width > 64 || batch->time_ns.empty() ||
        batch->values.size() != batch->time_ns.size() * width ||
        !TextFits(*batch, width)) {
      std::abort();
    }
  }
}

}  // namespace fovea

#endif  // FOVEA_TESTS_FUZZ_SERIES_DRAIN_H_
