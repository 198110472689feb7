// SPDX-License-Identifier: GPL-2.0-or-later
//
// A camera as an MCAP file: its video, its boxes and what was recorded
// beside it. docs/MCAP.md says what is in it.

#ifndef FOVEA_API_EXPORT_MCAP_H_
#define FOVEA_API_EXPORT_MCAP_H_

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "api/store_reports.h"
#include "api/stream_summary.h"
#include "api/time_range.h"

namespace fovea {

class Store;

// Of whole GOPs that touch `range`. As Store::Export().
absl::StatusOr<ExportReport> ExportMcap(Store* store,
                                        const StreamSummary& stream,
                                        TimeRange range,
                                        const std::string& path,
                                        const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_EXPORT_MCAP_H_
