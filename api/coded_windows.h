// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the blocks of a stream that was coded for a model promise of its
// answers, all together.

#ifndef FOVEA_API_CODED_WINDOWS_H_
#define FOVEA_API_CODED_WINDOWS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "api/stream_summary.h"
#include "codec/series_block.h"
#include "store/store_reader.h"

namespace fovea {

struct CodedWindows {
  int64_t blocks = 0, blocks_by_windows = 0;
  int64_t windows = 0;
  int64_t judged = 0;  // of them, by the model when they were coded
  int64_t agreeing = 0;
  double square_change = 0;  // sum of squares of the next, over windows

  void Add(const WindowVerdict& verdict);  // of a block
  // Root mean square, over windows, of the change of the margin that errors are
  // expected to make.
  double margin_change() const;
};

// Reads all blocks of a stream that has any such. Errors of SeriesBlocks; all
// 0 for other streams.
absl::StatusOr<CodedWindows> CodedWindowsOf(StoreReader* store,
                                            const StreamSummary& stream);

}  // namespace fovea

#endif  // FOVEA_API_CODED_WINDOWS_H_
