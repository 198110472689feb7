// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/coded_windows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "api/block_reader.h"
#include "api/coding_tables.h"
#include "api/series_blocks.h"

namespace fovea {

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
  double square = 0;
  const absl::Status read = ForEachBlock(
      store, stream.id, INT64_MIN, INT64_MAX, TimeOrder::kUnknown,
      [&](const BlockRow& row) -> absl::StatusOr<bool> {
        const auto block = blocks.Read(row);
        if (!block.ok()) return block.status();
        const WindowVerdict& verdict = block->verdict;
        ++coded.blocks;
        coded.blocks_by_windows += verdict.windows > 0 ? 1 : 0;
        coded.windows += verdict.windows;
        coded.judged += verdict.judged ? verdict.windows : 0;
        coded.agreeing += verdict.judged ? verdict.agreeing : 0;
        square += verdict.windows * std::pow(verdict.margin_change, 2);
        return true;
      });
  if (!read.ok()) return read;
  if (coded.windows > 0) {
    coded.margin_change =
        std::sqrt(square / static_cast<double>(coded.windows));
  }
  return coded;
}

}  // namespace fovea
