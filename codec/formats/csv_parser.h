// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lines, fields and numbers of text tables. Nothing here grows beyond one
// line; numbers are rounded correctly and times are never doubles.

#ifndef FOVEA_CODEC_FORMATS_CSV_PARSER_H_
#define FOVEA_CODEC_FORMATS_CSV_PARSER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fovea {

// Lines of a file in bounded memory: LF or CRLF, byte order mark dropped.
class LineReader {
 public:
  // kNotFound, kPermissionDenied, kInvalidArgument (a folder). Once `stop`
  // (may be null) is true, Next() returns false and status() is kCancelled.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(
      const std::string& path, size_t max_line_bytes,
      const std::atomic<bool>* stop = nullptr);
  ~LineReader();

  // The next line without its end; false at the end of the file or on an
  // error, which status() then tells. A line longer than allowed comes as
  // an empty one, read over in bounded memory.
  bool Next(std::string* line);
  const absl::Status& status() const { return status_; }

  int64_t line_number() const { return line_number_; }  // of the last line

  // Not empty when the last line was too long: says so.
  std::string overlong() const;

 private:
  struct Impl;
  LineReader(std::string path, size_t max_line_bytes,
             const std::atomic<bool>* stop);
  bool Refill();
  void Take(const char* begin, size_t size, std::string* line);
  void FinishLine(std::string* line);

  std::string path_;
  size_t max_line_bytes_;
  const std::atomic<bool>* const stop_;
  std::unique_ptr<Impl> impl_;
  int64_t line_number_ = 0;
  uint64_t overlong_bytes_ = 0;
  absl::Status status_;
};

// Fields of `line`, blanks and one pair of double quotes around each taken
// off; a delimiter of ' ' means runs of blanks. A delimiter inside quotes
// does not split. The views point into `line`.
std::vector<std::string_view> SplitFields(std::string_view line,
                                          char delimiter);

// The nearest double of a whole decimal field; nullopt for text and for
// what is not finite.
std::optional<double> ParseNumber(std::string_view field);

// A decimal field times 10^`exponent` as an integer, exactly, rounded half
// to even below one; nullopt for text and beyond int64. Seconds to
// nanoseconds: exponent 9.
std::optional<int64_t> ParseScaled(std::string_view field, int exponent);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_CSV_PARSER_H_
