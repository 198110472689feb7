// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples at the times of frames, as CSV or JSON, and what is said of them.

#ifndef FOVEA_CLI_ALIGNED_TEXT_H_
#define FOVEA_CLI_ALIGNED_TEXT_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "api/store.h"

namespace fovea::cli {

// "index,time_ns,residual_ns,gyro_x [rad/s]\n"; of several streams, each
// column after the first two bears its stream's name: "imu:residual_ns".
std::string AlignedCsvHeader(std::span<const StreamSummary> streams);

// One line. Cells of a stream without a sample there are empty.
void AppendAlignedCsv(const AlignedRow& row,
                      std::span<const StreamSummary> streams,
                      std::string* text);

// The document, piece by piece: it may be longer than memory. Rows are
// [index, time, [residual, values...] or null for each stream].
std::string AlignedJsonHead(const std::string& reference, AlignMethod method,
                            std::span<const StreamSummary> streams);
void AppendAlignedJson(const AlignedRow& row, std::string* text);
std::string AlignedJsonTail(const AlignReport& report);

// "312 of 315 frames have a sample; residual median 1.2 ms, most 2.5 ms",
// one line per stream, each after its name where there are several; or that
// `reference` has nothing in the range asked for.
std::vector<std::string> AlignedSummary(const AlignReport& report,
                                        const StreamSummary& reference);

// "nearest", "previous", "linear".
const char* AlignMethodName(AlignMethod method);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_ALIGNED_TEXT_H_
