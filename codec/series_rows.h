// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rows of a batch moved into another with what is known of their text: the one
// way to cut and join batches without losing it.

#ifndef FOVEA_CODEC_SERIES_ROWS_H_
#define FOVEA_CODEC_SERIES_ROWS_H_

#include <cstddef>

#include "codec/sample.h"

namespace fovea {

// Fields of a batch that rules do not give; with more, its text is unknown: so
// memory stays near that of its values.
inline constexpr size_t kMaxTextFields = 65'536;

// Appends a row of `from`, of as many channels. The text of a channel that was
// written by another rule in the rows before is unknown from then on.
void AppendRow(const SeriesBatch& from, size_t row, size_t channels,
               SeriesBatch* to);

// Rows `begin` up to `end` of `batch`.
SeriesBatch RowsOf(const SeriesBatch& batch, size_t channels, size_t begin,
                   size_t end);

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_ROWS_H_
