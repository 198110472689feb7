// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every decoder of catalogue keys and values but the frame table's. What
// decodes must survive being encoded and decoded again.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/coding_rows.h"
#include "store/derived_rows.h"
#include "store/look_rows.h"
#include "store/retention_class.h"
#include "store/rows.h"
#include "store/stream_rows.h"
#include "store/upkeep_row.h"

namespace {

template <typename Decode, typename Encode>
void Check(std::string_view bytes, Decode decode, Encode encode) {
  const auto value = decode(bytes);
  if (!value.ok()) return;
  const auto again = decode(encode(*value));
  if (!again.ok() || !(*again == *value)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Check(bytes, fovea::DecodeStreamRow, fovea::EncodeStreamRow);
  Check(bytes, fovea::DecodeStreamCounts, fovea::EncodeStreamCounts);
  Check(bytes, fovea::DecodeGopRow, fovea::EncodeGopRow);
  Check(bytes, fovea::DecodeBlockRow, fovea::EncodeBlockRow);
  Check(bytes, fovea::DecodeStreamId, fovea::EncodeStreamId);
  Check(bytes, fovea::DecodeParameterSet, fovea::EncodeParameterSet);
  Check(bytes, fovea::DecodeStreamGone, fovea::EncodeStreamGone);
  Check(bytes, fovea::DecodeIngestTimes, fovea::EncodeIngestTimes);
  Check(bytes, fovea::DecodeStreamClass, fovea::EncodeStreamClass);
  Check(bytes, fovea::DecodeRetentionPolicy, fovea::EncodeRetentionPolicy);
  Check(bytes, fovea::DecodeCodingTable, fovea::EncodeCodingTable);
  Check(bytes, fovea::DecodeTableName, fovea::EncodeTableName);
  Check(bytes, fovea::DecodeDeviceTables, fovea::EncodeDeviceTables);
  if (const auto key = fovea::ParseTableNameKey(bytes); key.ok()) {
    if (fovea::TableNameKey(key->stream, key->kind, key->id) != bytes) {
      std::abort();
    }
  }
  fovea::ParseCodingTableKey(bytes).IgnoreError();
  fovea::ParseDeviceTablesKind(bytes).IgnoreError();
  Check(bytes, fovea::DecodeModelLooks, fovea::EncodeModelLooks);
  Check(bytes, fovea::DecodeUpkeepRow, fovea::EncodeUpkeepRow);
  Check(bytes, fovea::DecodePriorRow, fovea::EncodePriorRow);
  Check(bytes, fovea::DecodeObservationRow, fovea::EncodeObservationRow);
  if (const auto key = fovea::ParseObservationKey(bytes); key.ok()) {
    if (fovea::ObservationKey(key->stream, key->label, key->start_ns,
                              key->track) != bytes) {
      std::abort();
    }
  }
  Check(bytes, fovea::DecodePresenceRow, fovea::EncodePresenceRow);
  if (const auto key = fovea::ParsePresenceKey(bytes); key.ok()) {
    if (fovea::PresenceKey(key->label, key->start_ns, key->stream,
                           key->track) != bytes) {
      std::abort();
    }
  }
  if (const auto key = fovea::ParsePriorKey(bytes); key.ok()) {
    if (fovea::PriorKey(key->camera, key->model) != bytes) std::abort();
  }
  fovea::ParseModelLooksKey(bytes).IgnoreError();
  fovea::CheckTimeRow(bytes).IgnoreError();
  fovea::ParseGopKey(bytes).IgnoreError();
  fovea::ParseTimeKey(bytes).IgnoreError();
  fovea::ParseBlockKey(bytes).IgnoreError();
  return 0;
}
