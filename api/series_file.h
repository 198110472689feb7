// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recordings of sensors to series files and back to text or MCAP, without a
// store. EncodeFile() and DecodeFile() do the same for cameras.

#ifndef FOVEA_API_SERIES_FILE_H_
#define FOVEA_API_SERIES_FILE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/coded_windows.h"
#include "api/imu_coding.h"
#include "codec/formats/source.h"

namespace fovea {

struct SeriesTrackReport {
  Track track;
  int64_t samples = 0;
  int64_t rejected = 0;  // that the source could not read
  std::string rejected_why;
  int64_t gaps = 0;
  // Of an encoded file.
  size_t blocks = 0;
  uint64_t bytes = 0;  // of the blocks
  CodedWindows coded;  // of an imu track that was coded for a model
};

struct SeriesFileReport {
  std::vector<SeriesTrackReport> tracks;  // that were written
  uint64_t file_bytes = 0;
  bool stopped = false;
  std::vector<std::string> notes;
  absl::Status source_error;  // not OK: the source ended badly after this

  bool lossy() const {
    bool rejected = !source_error.ok();
    for (const auto& track : tracks) rejected = rejected || track.rejected > 0;
    return rejected;
  }
};

using SeriesProgress = std::function<void(int64_t done, int64_t total)>;

struct EncodeSeriesOptions {
  std::string input;   // what OpenSource() takes
  std::string output;  // .fser
  SourceOptions source;
  ImuCodingOptions imu;  // the level is of all series, the rest of imu
  int64_t block_ns = 1'000'000'000;  // of tracks that are for no model
};

// All imu and series tracks of a recording, each block decodable alone.
// Tracks of another kind are left out and named in a note. kInvalidArgument:
// no such track, bounds of no channel, a model and input that cannot be read
// twice (its first samples are looked at beforehand); kFailedPrecondition: no
// profile of those given is of an imu track; errors of OpenSource(),
// WindowCoding and SeriesFileWriter. When `stop` becomes true, what was read is
// written.
absl::StatusOr<SeriesFileReport> EncodeSeriesFile(
    const EncodeSeriesOptions& options, const SeriesProgress& progress,
    const std::atomic<bool>* stop);

struct DecodeSeriesOptions {
  std::string input;     // what OpenSource() takes, series files among it
  std::string output;    // .csv of one track, .mcap of all
  std::string track;     // its suffix; empty: the only one, or all
  SourceOptions source;  // from_ns and to_ns choose samples
};

// kInvalidArgument: no imu or series track; a .csv of several, which are
// named; kNotFound: no track of that suffix, no sample in the time. Otherwise
// as EncodeSeriesFile().
absl::StatusOr<SeriesFileReport> DecodeSeriesFile(
    const DecodeSeriesOptions& options, const SeriesProgress& progress,
    const std::atomic<bool>* stop);

// Whether a name is one that these write.
bool IsSeriesFileName(const std::string& path);
bool IsSeriesTextName(const std::string& path);

}  // namespace fovea

#endif  // FOVEA_API_SERIES_FILE_H_
