// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/result_file_format.h"

#include <algorithm>
#include <cassert>

#include "absl/strings/str_cat.h"
#include "api/answer_bytes.h"
#include "filter/result_store.h"
#include "store/crc32c.h"
#include "store/row_codec.h"

namespace fovea {
namespace {

constexpr std::string_view kMagic = "FOVEARES";
constexpr uint32_t kVersion = 1;
constexpr size_t kFixedHeadBytes = 20;  // before what is known
constexpr size_t kRecordHeadBytes = 12;
constexpr size_t kCrcBytes = 4;
constexpr uint64_t kLeastTextBytes = 1;

std::span<const uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

uint32_t CrcOf(std::string_view text) {
  return static_cast<uint32_t>(ComputeCrc32c(BytesOf(text)));
}

std::string WithCrc(std::string bytes) {
  RowWriter crc;
  crc.U32(CrcOf(bytes));
  return bytes + crc.Take();
}

// True when the last four bytes are the checksum of those before.
bool CrcHolds(std::string_view bytes) {
  RowReader in(bytes.substr(bytes.size() - kCrcBytes), "checksum");
  return in.U32() == CrcOf(bytes.substr(0, bytes.size() - kCrcBytes));
}

absl::Status CheckHead(const ResultFileHead& head) {
  const ResultFileLimits& limits = kResultFileLimits;
  const bool short_enough =
      head.origin.size() <= limits.max_text_bytes &&
      std::ranges::all_of(head.names, [&](const std::string& name) {
        return name.size() <= limits.max_text_bytes;
      });
  if (short_enough && head.names.size() <= limits.max_names &&
      head.records <= limits.max_records) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      head.records, " results of ", head.names.size(), " streams; at most ",
      limits.max_records, " of ", limits.max_names, ", with names of ",
      limits.max_text_bytes, " bytes, fit into a file"));
}

absl::StatusOr<ResultFileHead> DecodeKnown(std::string_view bytes) {
  RowReader in(bytes, "head");
  ResultFileHead head;
  head.records = in.U64();
  head.origin = in.Text(kResultFileLimits.max_text_bytes, "origin");
  const uint64_t names =
      in.Count(kResultFileLimits.max_names, kLeastTextBytes, "names");
  for (uint64_t i = 0; i < names && in.ok(); ++i) {
    head.names.emplace_back(
        in.Text(kResultFileLimits.max_text_bytes, "stream's name"));
  }
  if (head.records > kResultFileLimits.max_records) {
    in.Fail(absl::StrCat(head.records, " records"));
  }
  if (absl::Status s = in.Finish(); !s.ok()) return s;
  return head;
}

}  // namespace

absl::StatusOr<std::string> EncodeResultFileHead(const ResultFileHead& head) {
  if (absl::Status s = CheckHead(head); !s.ok()) return s;
  RowWriter known;
  known.U64(head.records);
  known.Text(head.origin);
  known.Varint(head.names.size());
  for (const std::string& name : head.names) known.Text(name);
  if (known.bytes().size() > kResultFileLimits.max_known_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "names of streams of ", known.bytes().size(), " bytes; the most is ",
        kResultFileLimits.max_known_bytes));
  }
  RowWriter fixed;
  fixed.Bytes(kMagic);
  fixed.U32(kVersion);
  fixed.U32(static_cast<uint32_t>(known.bytes().size()));
  return WithCrc(fixed.Take()) + WithCrc(known.Take());
}

std::string EncodeResultRecord(const ResultRecord& record) {
  assert(record.row.epoch == 0);
  RowWriter payload;
  payload.Bytes(record.key.model);
  payload.U8(record.key.kind);
  payload.Varint(record.name);
  payload.U64(record.key.index);
  payload.U32(record.key.region);
  payload.Bytes(std::string_view(EncodeResultRow(record.row)));
  RowWriter head;
  head.U32(static_cast<uint32_t>(payload.bytes().size()));
  head.U32(CrcOf(payload.bytes()));
  return WithCrc(head.Take()) + payload.Take();
}

absl::StatusOr<ResultFileReader> ResultFileReader::Open(std::string name,
                                                        Read read) {
  ResultFileReader reader(std::move(name), std::move(read));
  if (absl::Status s = reader.ReadHead(); !s.ok()) return s;
  reader.at_end_ = reader.head_.records == 0;
  return reader;
}

absl::Status ResultFileReader::Damaged(uint64_t offset,
                                       const std::string& what) const {
  return absl::DataLossError(
      absl::StrCat(name_, ": ", what, " at byte ", offset));
}

// Fewer at the end of the file alone.
absl::StatusOr<std::string> ResultFileReader::Take(size_t bytes) {
  std::string taken(bytes, '\0');
  const auto got =
      read_({reinterpret_cast<uint8_t*>(taken.data()), taken.size()});
  if (!got.ok()) return got.status();
  taken.resize(*got);
  offset_ += taken.size();
  return taken;
}

absl::Status ResultFileReader::ReadHead() {
  const auto fixed = Take(kFixedHeadBytes);
  if (!fixed.ok()) return fixed.status();
  if (fixed->size() < kFixedHeadBytes || !fixed->starts_with(kMagic)) {
    return Damaged(0, "no file of results ('FOVEARES' is not there)");
  }
  if (!CrcHolds(*fixed)) return Damaged(0, "checksum of the head is wrong");
  RowReader in(std::string_view(*fixed).substr(kMagic.size()), "head");
  const uint32_t version = in.U32();
  const uint32_t length = in.U32();
  if (version != kVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(name_, ": results of version ", version,
                     "; this build reads version ", kVersion));
  }
  if (length > kResultFileLimits.max_known_bytes) {
    return Damaged(0, absl::StrCat("a head of ", length, " bytes"));
  }
  const auto known = Take(size_t{length} + kCrcBytes);
  if (!known.ok()) return known.status();
  if (known->size() < length + kCrcBytes || !CrcHolds(*known)) {
    return Damaged(kFixedHeadBytes, "checksum of origin and names is wrong");
  }
  auto head = DecodeKnown(std::string_view(*known).substr(0, length));
  if (!head.ok())
    return Damaged(kFixedHeadBytes, std::string(head.status().message()));
  head_ = *std::move(head);
  return absl::OkStatus();
}

absl::StatusOr<ResultRecord> ResultFileReader::Next() {
  assert(!at_end_);
  const uint64_t begin = offset_;
  // Until the record's length is known to be right.
  at_end_ = true;
  const auto head = Take(kRecordHeadBytes);
  if (!head.ok()) return head.status();
  if (head->size() < kRecordHeadBytes) {
    return Damaged(begin, absl::StrCat("ends after ", records_, " of ",
                                       head_.records, " results,"));
  }
  if (!CrcHolds(*head)) {
    return Damaged(
        begin, absl::StrCat("what follows ", records_, " of ", head_.records,
                            " results cannot be found: checksum of "
                            "a record's head is wrong"));
  }
  RowReader in(*head, "record's head");
  const uint32_t length = in.U32();
  const uint32_t crc = in.U32();
  if (length > kResultFileLimits.max_record_bytes) {
    return Damaged(begin, absl::StrCat("a record of ", length, " bytes"));
  }
  const auto payload = Take(length);
  if (!payload.ok()) return payload.status();
  if (payload->size() < length) {
    return Damaged(begin, absl::StrCat("ends within result ", records_ + 1,
                                       " of ", head_.records));
  }
  at_end_ = ++records_ == head_.records;
  if (CrcOf(*payload) != crc) {
    return Damaged(begin, "checksum of a result is wrong");
  }
  auto record = Decode(*payload);
  if (absl::IsFailedPrecondition(record.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat(name_, ": ", std::string(record.status().message())));
  }
  if (!record.ok()) {
    return Damaged(begin, std::string(record.status().message()));
  }
  if (absl::Status s = CheckAnswer(*record); !s.ok()) {
    return Damaged(
        begin, absl::StrCat("result ", records_, " of ", head_.records,
                            ", about ", AboutText(*record), ": ", s.message()));
  }
  return record;
}

// What could not be given again is refused here, not where it is met.
absl::Status ResultFileReader::CheckAnswer(const ResultRecord& record) {
  if (record.key.kind > static_cast<uint8_t>(InputKind::kWindow)) {
    return absl::DataLossError(
        absl::StrCat("kind of input ", int{record.key.kind}, " is none"));
  }
  return DecodeAnswer(record.row.answer).status();
}

std::string ResultFileReader::AboutText(const ResultRecord& record) const {
  return absl::StrCat(
      record.name == 0 ? "a stream" : head_.names[record.name - 1], "@",
      record.key.index);
}

absl::StatusOr<ResultRecord> ResultFileReader::Decode(
    std::string_view payload) const {
  RowReader in(payload, "result");
  ResultRecord record;
  const std::string_view model = in.Bytes(record.key.model.size());
  std::copy(model.begin(), model.end(), record.key.model.begin());
  record.key.kind = in.U8();
  record.name = in.VarintUpTo(head_.names.size(), "stream");
  record.key.index = in.U64();
  record.key.region = in.U32();
  const std::string_view value = in.Bytes(in.remaining());
  if (absl::Status s = in.Finish(); !s.ok()) return s;
  auto row = DecodeResultRow(value);
  if (!row.ok()) return row.status();
  if (row->epoch != 0) {
    return absl::DataLossError("a result with the epoch of another store");
  }
  record.row = *std::move(row);
  return record;
}

}  // namespace fovea
