// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/coded_windows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "api/block_reader.h"
#include "api/coding_tables.h"
#include "api/series_blocks.h"

namespace fovea {

void CodedWindows::Add(const WindowVerdict& verdict) {
  ++blocks;
  blocks_by_windows += verdict.windows > 0 ? 1 : 0;
  windows += verdict.windows;
  judged += verdict.judged ? verdict.windows : 0;
  agreeing += verdict.judged ? verdict.agreeing : 0;
  square_change += verdict.windows * std::pow(verdict.margin_change, 2);
}

double CodedWindows::margin_change() const {
  return windows > 0 ? std::sqrt(square_change / static_cast<double>(windows))
                     : 0;
}

absl::StatusOr<CodedWindows> CodedWindowsOf(StoreReader* store,
                                            const StreamSummary& stream) {
  CodedWindows coded;
  const StreamKind kind = stream.description.kind;
  if (kind != StreamKind::kImu && kind != StreamKind::kSeries) return coded;
  // Without a plan there is none such.
  const auto tables = ListTables(store, stream.id);
  if (!tables.ok()) return tables.status();
  if (std::ranges::find(*tables, CodingTableKind::kWindowPlan,
                        &NamedTable::kind) == tables->end()) {
    return coded;
  }
  SeriesBlocks blocks(store, stream.id);
  const absl::Status read =
      ForEachBlock(store, stream.id, INT64_MIN, INT64_MAX, TimeOrder::kUnknown,
                   [&](const BlockRow& row) -> absl::StatusOr<bool> {
                     const auto block = blocks.Read(row);
                     if (!block.ok()) return block.status();
                     coded.Add(block->verdict);
                     return true;
                   });
  if (!read.ok()) return read;
  return coded;
}

}  // namespace fovea
