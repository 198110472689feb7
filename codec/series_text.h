// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a series block keeps of how its values were written: which channels'
// text is known, and the fields that their rules do not give. The rules belong
// to what the series is (codec/series_metadata.h). codec/FORMAT.md draws the
// bytes.

#ifndef FOVEA_CODEC_SERIES_TEXT_H_
#define FOVEA_CODEC_SERIES_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/print_rule.h"
#include "codec/sample.h"

namespace fovea {

class ByteReader;  // codec/byte_stream.h

// Longest field that is kept beside its rule, in bytes.
inline constexpr size_t kMaxFieldTextBytes = 63;

struct BlockText {
  uint64_t channels = 0;      // bit c: all fields of channel c are known:
  TextExceptions exceptions;  // these, values numbered row by row, and all
                              // others are its rule's
};

// Of a batch that is kept with these bounds (as SeriesCoding has them), what
// pays: channels without a bound of which at least nine in ten fields, or all
// but 8, are their rule's, and each other reads back to its value.
BlockText TextToKeep(const SeriesBatch& batch, size_t channels,
                     std::span<const double> bounds);

// Some channels' text, of a block of so many channels; and back, of a block of
// so many samples. kDataLoss for what is never written.
void PutBlockText(const BlockText& text, size_t channels,
                  std::vector<uint8_t>* out);
absl::StatusOr<BlockText> ReadBlockText(ByteReader* in, size_t channels,
                                        size_t samples);

// kDataLoss: a field that does not read back to its value.
absl::Status CheckBlockText(const BlockText& text,
                            std::span<const double> values);

// The text of a block, by the rules of its series.
SeriesText WithRules(const BlockText& text, size_t channels,
                     const PrintRules& rules);

}  // namespace fovea

#endif  // FOVEA_CODEC_SERIES_TEXT_H_
