// SPDX-License-Identifier: GPL-2.0-or-later
//
// Journals of any bytes, and the store's own rows and format file. What
// decodes is encoded to the same bytes again.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/format_file.h"
#include "store/internal/byte_coding.h"
#include "store/internal/store_rows.h"
#include "store/journal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  const std::string_view text = fovea::TextOf(bytes);
  const auto journal = fovea::DecodeJournal(bytes);
  if (journal.ok() && fovea::EncodeJournal(*journal) != text) std::abort();
  const auto place = fovea::DecodePlace(text);
  if (place.ok() && fovea::EncodePlace(*place) != text) std::abort();
  fovea::DecodeSegmentState(text).IgnoreError();
  fovea::DecodeLastCommit(text).IgnoreError();
  fovea::ParseWaitingKey(text).IgnoreError();
  fovea::ParseSegmentKey(text).IgnoreError();
  fovea::ChunkOfRefKey(text).IgnoreError();
  fovea::ParsePlaceKey(text).IgnoreError();
  if (fovea::ParseSegmentName(text).has_value() && text.size() < 16) {
    std::abort();  // shorter than the shortest name there is
  }
  const auto format = fovea::DecodeFormatFile(text);
  if (format.ok() && fovea::EncodeFormatFile(*format).empty()) std::abort();
  return 0;
}
