// SPDX-License-Identifier: GPL-2.0-or-later
//
// The messages of a ULog file (https://docs.px4.io/main/en/dev_log/
// ulog_file_format.html), one after another, whatever is in them:
//
//   magic 55 4C 6F 67 01 12 35, version u8, start time u64 (us)
//   message   size u16, type u8, `size` bytes; little-endian throughout
//   "B"       first of all: flags, and where data was appended later
//   "S"       eight fixed bytes now and then, to find into step by

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_ULOG_RECORDS_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_ULOG_RECORDS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/internal/byte_window.h"
#include "codec/formats/internal/file_damage.h"

namespace fovea::codec_internal {

struct UlogRecord {
  uint64_t offset = 0;  // in the file
  char type = 0;
  std::span<const uint8_t> payload;  // good until the next record
};

class UlogRecords {
 public:
  // kInvalidArgument: no ULog file, or one that needs what is not known.
  static absl::StatusOr<std::unique_ptr<UlogRecords>> Open(
      std::unique_ptr<ByteWindow> bytes);

  // nullopt at the end. Damaged stretches are passed over up to the next
  // sync message. Types that are not known come too.
  absl::StatusOr<std::optional<UlogRecord>> Next();

  // Of what was read since the start.
  const FileDamage& damage() const { return damage_; }
  uint64_t start_us() const { return start_us_; }
  const ByteWindow& file() const { return *bytes_; }

  void Rewind();

 private:
  explicit UlogRecords(std::unique_ptr<ByteWindow> bytes)
      : bytes_(std::move(bytes)) {}
  absl::Status ReadHead();
  absl::Status ReadFlags();
  absl::Status FindNextSync();
  uint64_t SectionEnd() const;

  const std::unique_ptr<ByteWindow> bytes_;
  uint64_t start_us_ = 0;
  std::vector<uint64_t> appended_;  // where sections begin after the first
  size_t last_size_ = 0;            // of the record handed out, not yet left
  FileDamage damage_;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_ULOG_RECORDS_H_
