// SPDX-License-Identifier: GPL-2.0-or-later
//
//   record   opcode u8, length u64, content; little-endian throughout
//   string   length u32, bytes
//   map      bytes u32, then keys and values

#include "codec/formats/internal/mcap_file.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/little_endian.h"
#include "codec/formats/internal/zstd_pack.h"

namespace fovea::codec_internal {
namespace {

constexpr std::string_view kMagic("\x89MCAP0\r\n", 8);
constexpr std::string_view kLibrary = "fovea";
constexpr uint16_t kMostIds = std::numeric_limits<uint16_t>::max();

enum Opcode : uint8_t {
  kHeader = 0x01,
  kFooter = 0x02,
  kSchema = 0x03,
  kChannel = 0x04,
  kMessage = 0x05,
  kChunk = 0x06,
  kMessageIndex = 0x07,
  kChunkIndex = 0x08,
  kStatistics = 0x0B,
  kSummaryOffset = 0x0E,
  kDataEnd = 0x0F,
};

void PutString(std::string_view text, std::string* out) {
  PutLittle(static_cast<uint32_t>(text.size()), out);
  out->append(text);
}

void PutRecord(Opcode opcode, std::string_view content, std::string* out) {
  out->push_back(static_cast<char>(opcode));
  PutLittle(uint64_t{content.size()}, out);
  out->append(content);
}

}  // namespace

void McapFile::Span::Add(uint64_t time) {
  first = any ? std::min(first, time) : time;
  last = any ? std::max(last, time) : time;
  any = true;
}

absl::StatusOr<std::unique_ptr<McapFile>> McapFile::Create(
    const std::string& path, bool compress, size_t chunk_bytes) {
  auto pending = PendingFile::Create(path);
  if (!pending.ok()) return pending.status();
  std::unique_ptr<McapFile> file(
      new McapFile(*std::move(pending), compress, chunk_bytes));
  std::string content, start(kMagic);
  PutString("", &content);  // no profile: the encodings are mixed
  PutString(kLibrary, &content);
  PutRecord(kHeader, content, &start);
  if (absl::Status s = file->Write(start); !s.ok()) return s;
  return file;
}

absl::Status McapFile::Write(std::string_view bytes) {
  data_crc_.Add(bytes);
  return file_->Write(bytes);
}

absl::StatusOr<uint16_t> McapFile::AddSchema(std::string_view name,
                                             std::string_view encoding,
                                             std::string_view data) {
  if (schema_count_ == kMostIds) {
    return absl::ResourceExhaustedError("more than 65535 schemas");
  }
  std::string content, record;
  PutLittle(++schema_count_, &content);
  PutString(name, &content);
  PutString(encoding, &content);
  PutString(data, &content);
  PutRecord(kSchema, content, &record);
  schemas_ += record;
  chunk_ += record;
  return schema_count_;
}

absl::StatusOr<uint16_t> McapFile::AddChannel(uint16_t schema,
                                              std::string_view topic,
                                              std::string_view encoding,
                                              const McapMetadata& metadata) {
  if (message_counts_.size() == kMostIds) {
    return absl::ResourceExhaustedError("more than 65535 channels");
  }
  const auto id = static_cast<uint16_t>(message_counts_.size() + 1);
  std::string content, pairs, record;
  for (const auto& [key, value] : metadata) {
    PutString(key, &pairs);
    PutString(value, &pairs);
  }
  PutLittle(id, &content);
  PutLittle(schema, &content);
  PutString(topic, &content);
  PutString(encoding, &content);
  PutString(pairs, &content);
  PutRecord(kChannel, content, &record);
  channels_ += record;
  chunk_ += record;
  message_counts_[id] = 0;
  return id;
}

absl::Status McapFile::AddMessage(uint16_t channel, uint64_t time_ns,
                                  std::string_view data) {
  chunk_messages_[channel].emplace_back(time_ns, chunk_.size());
  std::string fields;
  PutLittle(channel, &fields);
  PutLittle(sequences_[channel]++, &fields);
  PutLittle(time_ns, &fields);  // log time
  PutLittle(time_ns, &fields);  // publish time
  chunk_.push_back(static_cast<char>(kMessage));
  PutLittle(uint64_t{fields.size() + data.size()}, &chunk_);
  chunk_ += fields;
  chunk_.append(data);
  ++message_counts_[channel];
  times_.Add(time_ns);
  chunk_times_.Add(time_ns);
  return chunk_.size() >= chunk_bytes_ ? FlushChunk() : absl::OkStatus();
}

absl::Status McapFile::FlushChunk() {
  if (chunk_.empty()) return absl::OkStatus();
  Crc32 crc;
  crc.Add(chunk_);
  std::string packed = compress_ ? ZstdPack(chunk_) : "";
  const bool gains = !packed.empty() && packed.size() < chunk_.size();
  const std::string_view compression = gains ? "zstd" : "";
  const std::string& records = gains ? packed : chunk_;
  std::string content, record;
  PutLittle(chunk_times_.first, &content);
  PutLittle(chunk_times_.last, &content);
  PutLittle(uint64_t{chunk_.size()}, &content);
  PutLittle(crc.value(), &content);
  PutString(compression, &content);
  PutLittle(uint64_t{records.size()}, &content);
  record.push_back(static_cast<char>(kChunk));
  PutLittle(uint64_t{content.size() + records.size()}, &record);
  const uint64_t start = file_->size();
  absl::Status s = Write(record + content);
  if (s.ok()) s = Write(records);
  if (s.ok()) s = WriteIndexes(compression, start, records.size());
  ++chunk_count_;
  chunk_.clear();
  chunk_times_ = {};
  chunk_messages_.clear();
  return s;
}

absl::Status McapFile::WriteIndexes(std::string_view compression,
                                    uint64_t start, uint64_t packed_size) {
  const uint64_t end = file_->size();
  std::string indexes, offsets;
  for (const auto& [channel, messages] : chunk_messages_) {
    PutLittle(channel, &offsets);
    PutLittle(end + indexes.size(), &offsets);
    std::string content, entries;
    for (const auto& [time, offset] : messages) {
      PutLittle(time, &entries);
      PutLittle(offset, &entries);
    }
    PutLittle(channel, &content);
    PutString(entries, &content);
    PutRecord(kMessageIndex, content, &indexes);
  }
  std::string content;
  PutLittle(chunk_times_.first, &content);
  PutLittle(chunk_times_.last, &content);
  PutLittle(start, &content);
  PutLittle(end - start, &content);
  PutString(offsets, &content);
  PutLittle(uint64_t{indexes.size()}, &content);
  PutString(compression, &content);
  PutLittle(packed_size, &content);
  PutLittle(uint64_t{chunk_.size()}, &content);
  PutRecord(kChunkIndex, content, &chunk_indexes_);
  return Write(indexes);
}

std::string McapFile::Statistics() const {
  uint64_t messages = 0;
  std::string counts;
  for (const auto& [channel, count] : message_counts_) {
    messages += count;
    PutLittle(channel, &counts);
    PutLittle(count, &counts);
  }
  std::string content, record;
  PutLittle(messages, &content);
  PutLittle(schema_count_, &content);
  PutLittle(static_cast<uint32_t>(message_counts_.size()), &content);
  PutLittle(uint32_t{0}, &content);  // attachments
  PutLittle(uint32_t{0}, &content);  // metadata
  PutLittle(chunk_count_, &content);
  PutLittle(times_.first, &content);
  PutLittle(times_.last, &content);
  PutString(counts, &content);
  PutRecord(kStatistics, content, &record);
  return record;
}

absl::Status McapFile::WriteSummary() {
  const uint64_t start = file_->size();
  std::string summary, offsets;
  const auto add = [&](Opcode opcode, std::string_view records) {
    if (records.empty()) return;
    std::string content;
    content.push_back(static_cast<char>(opcode));
    PutLittle(start + summary.size(), &content);
    PutLittle(uint64_t{records.size()}, &content);
    PutRecord(kSummaryOffset, content, &offsets);
    summary.append(records);
  };
  add(kSchema, schemas_);
  add(kChannel, channels_);
  add(kStatistics, Statistics());
  add(kChunkIndex, chunk_indexes_);
  const uint64_t offset_start = start + summary.size();
  summary += offsets;
  // The checksum covers the footer up to itself.
  summary.push_back(static_cast<char>(kFooter));
  PutLittle(uint64_t{8 + 8 + 4}, &summary);
  PutLittle(start, &summary);
  PutLittle(offset_start, &summary);
  Crc32 crc;
  crc.Add(summary);
  PutLittle(crc.value(), &summary);
  summary += kMagic;
  return file_->Write(summary);
}

absl::Status McapFile::Finish() {
  absl::Status s = FlushChunk();
  if (!s.ok()) return s;
  std::string content, end;
  PutLittle(data_crc_.value(), &content);
  PutRecord(kDataEnd, content, &end);
  s = file_->Write(end);
  if (s.ok()) s = WriteSummary();
  return s.ok() ? file_->Finish() : s;
}

}  // namespace fovea::codec_internal
