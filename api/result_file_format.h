// SPDX-License-Identifier: GPL-2.0-or-later
//
// The file in which results of models go from one store to another, byte by
// byte; api/result_file.h writes and reads it against a store. Integers are
// big-endian, varint and text as in store/row_codec.h.
//
//   head     8 "FOVEARES" | 4 version, 1 | 4 length of what is known | 4 crc32c
//            of the 16 above | what is known | 4 crc32c of that
//   known    8 records | origin text | names varint, each: stream's name text
//   record   4 length | 4 crc32c of the payload | 4 crc32c of the 8 above
//            payload
//   payload  model's SHA-256, 32 | kind of input u8 | stream varint: which of
//            the names, from 1; 0: not known | index u64 | region u32
//            row: value of a res row of epoch 0 (store/FORMAT.md)
//
// A length has a checksum of its own, so that a record that cannot be read
// costs itself alone.

#ifndef FOVEA_API_RESULT_FILE_FORMAT_H_
#define FOVEA_API_RESULT_FILE_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/result_rows.h"
#include "store/row_limits.h"

namespace fovea {

struct ResultFileLimits {
  uint64_t max_records = uint64_t{1} << 32;
  size_t max_known_bytes = 16U << 20;  // origin and names
  size_t max_names = 1U << 16;
  size_t max_text_bytes = 1024;  // origin, or one name
  size_t max_record_bytes = kRowLimits.max_result_bytes + 1024;
};
inline constexpr ResultFileLimits kResultFileLimits;

struct ResultFileHead {
  uint64_t records = 0;
  std::string origin;              // the store, for people
  std::vector<std::string> names;  // of its streams
  friend bool operator==(const ResultFileHead&,
                         const ResultFileHead&) = default;
};
struct ResultRecord {
  uint64_t name = 0;   // which, from 1; 0: not known
  ResultKeyParts key;  // without the stream, which is the other store's
  ResultRow row;       // of epoch 0
  friend bool operator==(const ResultRecord&, const ResultRecord&) = default;
};

// kInvalidArgument: beyond the limits. The size does not depend on `records`,
// so that the head may be written again when they are counted.
absl::StatusOr<std::string> EncodeResultFileHead(const ResultFileHead& head);
// Requires a row that passes CheckResultRow().
std::string EncodeResultRecord(const ResultRecord& record);

// Reads a file from its beginning to its end. Not thread-safe.
class ResultFileReader {
 public:
  // Fills the span, or as much of it as there is.
  using Read = std::function<absl::StatusOr<size_t>(std::span<uint8_t>)>;

  // `name` is the file's in errors. kDataLoss: no such file, or its head is
  // damaged; kFailedPrecondition: of a newer version.
  static absl::StatusOr<ResultFileReader> Open(std::string name, Read read);

  const ResultFileHead& head() const { return head_; }

  // True at the end: behind the last record, or where no further one can be
  // found.
  bool at_end() const { return at_end_; }

  // The next record; requires that it is not the end. kDataLoss names file and
  // offset, and the result where its answer cannot be read
  // (api/answer_bytes.h); what follows can be read unless it is the end then.
  absl::StatusOr<ResultRecord> Next();

 private:
  ResultFileReader(std::string name, Read read)
      : name_(std::move(name)), read_(std::move(read)) {}

  absl::StatusOr<std::string> Take(size_t bytes);
  absl::Status ReadHead();
  absl::StatusOr<ResultRecord> Decode(std::string_view payload) const;
  static absl::Status CheckAnswer(const ResultRecord& record);
  std::string AboutText(const ResultRecord& record) const;
  absl::Status Damaged(uint64_t offset, const std::string& what) const;

  std::string name_;
  Read read_;
  ResultFileHead head_;
  uint64_t offset_ = 0;
  uint64_t records_ = 0;  // gone over
  bool at_end_ = false;
};

}  // namespace fovea

#endif  // FOVEA_API_RESULT_FILE_FORMAT_H_
