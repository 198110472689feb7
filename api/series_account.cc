// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/series_account.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/block_reader.h"
#include "api/series_blocks.h"
#include "api/stop_flag.h"
#include "api/stream_clock.h"
#include "codec/print_rule.h"
#include "codec/series_block.h"

namespace fovea {
namespace {

void Count(const BlockRow& row, const std::vector<uint8_t>& block,
           SeriesBlocks* blocks, SeriesAccount* account) {
  const SeriesBlockNames names = NamesOfSeriesBlock(block);
  ++account->blocks;
  account->rows += row.samples;
  account->bytes += block.size();
  account->first_version += names.version == 1 ? 1 : 0;
  account->bounded += names.bounded ? 1 : 0;
  if (names.profile != 0) ++account->by_profile[names.profile];
  if (!names.text) return;
  const auto metadata = blocks->Metadata(names);
  const bool known = metadata.ok() && *metadata != nullptr;
  const std::string rules =
      known ? PrintRulesText((*metadata)->rules) : std::string();
  ++account->by_text[rules.empty() ? "unknown" : rules];
}

}  // namespace

double SeriesAccount::bytes_per_row() const {
  return rows == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(rows);
}

double SeriesAccount::bits_per_value() const {
  return channels == 0 ? 0
                       : 8 * bytes_per_row() / static_cast<double>(channels);
}

absl::StatusOr<SeriesAccount> AccountForSeries(Store* store,
                                               const std::string& stream,
                                               TimeRange range,
                                               const std::atomic<bool>* stop) {
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  const StreamKind kind = summary->description.kind;
  if (kind != StreamKind::kImu && kind != StreamKind::kSeries) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream '", stream, "' is of kind ", StreamKindName(kind),
                     ", not imu or series"));
  }
  SeriesAccount account;
  account.channels = summary->description.series.channels.size();
  const TimeOrder order = summary->counts.times_backward == 0
                              ? TimeOrder::kRising
                              : TimeOrder::kUnknown;
  SeriesBlocks blocks(store->chunks(), summary->id);
  const absl::Status read =
      ForEachBlock(store->chunks(), summary->id, range.from_ns, range.to_ns,
                   order, [&](const BlockRow& row) -> absl::StatusOr<bool> {
                     const auto block = BlockBytes(store->chunks(), row);
                     if (!block.ok()) return block.status();
                     Count(row, *block, &blocks, &account);
                     account.stopped = Stopped(stop);
                     return !account.stopped;
                   });
  if (!read.ok()) return read;
  auto coded = CodedWindowsOf(store->chunks(), *summary);
  if (!coded.ok()) return coded.status();
  account.coded = *coded;
  auto clock = StreamClock(store, stream);
  if (!clock.ok()) return clock.status();
  account.clock = *std::move(clock);
  return account;
}

}  // namespace fovea
