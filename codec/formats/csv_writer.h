// SPDX-License-Identifier: GPL-2.0-or-later
//
// Series as text: a line of names and units, then a line per sample. What is
// written here reads back to the same numbers.

#ifndef FOVEA_CODEC_FORMATS_CSV_WRITER_H_
#define FOVEA_CODEC_FORMATS_CSV_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/output_file.h"
#include "codec/sample.h"

namespace fovea {

//   timestamp [ns],gyro_x [rad/s],...
//   1403636579758555392,-0.0990,...
//
// Numbers are written as they were where a batch says how, else in the shortest
// text that reads back as the same double. The file is seen once it is whole.
// Not thread-safe.
class CsvWriter {
 public:
  // Errors of OutputFile.
  static absl::StatusOr<std::unique_ptr<CsvWriter>> Create(
      const std::string& path, const SeriesInfo& series);

  // As many values a sample as the series has channels.
  absl::Status Add(const SeriesBatch& batch);

  absl::Status Finish() { return file_->Finish(); }
  uint64_t bytes() const { return file_->bytes(); }

 private:
  CsvWriter(std::unique_ptr<OutputFile> file, size_t channels)
      : file_(std::move(file)), channels_(channels) {}

  void AppendField(const SeriesBatch& batch, size_t place, size_t channel);

  const std::unique_ptr<OutputFile> file_;
  const size_t channels_;
  std::string text_;
  size_t next_field_ = 0;  // of the batch's text
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_CSV_WRITER_H_
