// SPDX-License-Identifier: GPL-2.0-or-later
//
// Series files, as SeriesFileWriter writes them.

#ifndef FOVEA_CODEC_FORMATS_SERIES_FILE_SOURCE_H_
#define FOVEA_CODEC_FORMATS_SERIES_FILE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

// Tracks as they were written, their samples in the same order, with the gaps
// and rejections between them. Of options.from_ns and to_ns only blocks that
// reach into that time are read: they are found by the file's index.
//
// A block that is damaged is a rejection of its samples; Next() returns
// kDataLoss at the end then. So it does where the end of the file, with the
// index, was cut off: what is whole before it is given. kInvalidArgument: no
// series file, or of another version; kDataLoss: its tracks are damaged.
absl::StatusOr<std::unique_ptr<Source>> OpenSeriesFile(
    const std::string& path, const SourceOptions& options);

// The same over memory; `bytes` outlives the source. For tests.
absl::StatusOr<std::unique_ptr<Source>> OpenSeriesFileMemory(
    const std::string& name, std::span<const uint8_t> bytes,
    const SourceOptions& options);

// Whether a file's first bytes are a series file's.
bool IsSeriesFileHead(std::span<const uint8_t> head);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_SERIES_FILE_SOURCE_H_
