// SPDX-License-Identifier: GPL-2.0-or-later
//
// The container MCAP, version 0 (https://mcap.dev/spec), written front to
// back: what is in the messages is the callers' affair.
//
//   magic, Header
//   per chunk: Chunk (Schemas, Channels, Messages), its Message Indexes
//   Data End
//   summary: Schemas, Channels, Statistics, Chunk Indexes
//   Summary Offsets, Footer, magic
//
// Every checksum that the format has a place for is there.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_MCAP_FILE_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_MCAP_FILE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/internal/crc32.h"
#include "codec/formats/internal/pending_file.h"

namespace fovea::codec_internal {

using McapMetadata = std::vector<std::pair<std::string, std::string>>;

class McapFile {
 public:
  // A chunk is written once its records have `chunk_bytes` or more, packed
  // with zstd when `compress` and when that gains something.
  static absl::StatusOr<std::unique_ptr<McapFile>> Create(
      const std::string& path, bool compress, size_t chunk_bytes);

  // Ids count from 1. kResourceExhausted beyond 65,535.
  absl::StatusOr<uint16_t> AddSchema(std::string_view name,
                                     std::string_view encoding,
                                     std::string_view data);
  absl::StatusOr<uint16_t> AddChannel(uint16_t schema, std::string_view topic,
                                      std::string_view encoding,
                                      const McapMetadata& metadata);

  // Log and publish time are both `time_ns`.
  absl::Status AddMessage(uint16_t channel, uint64_t time_ns,
                          std::string_view data);
  absl::Status Finish();

 private:
  struct Span {  // of times; empty while no message came
    uint64_t first = 0;
    uint64_t last = 0;
    bool any = false;
    void Add(uint64_t time);
  };
  using MessageIndex = std::vector<std::pair<uint64_t, uint64_t>>;

  McapFile(std::unique_ptr<PendingFile> file, bool compress, size_t chunk_bytes)
      : file_(std::move(file)),
        compress_(compress),
        chunk_bytes_(chunk_bytes) {}

  absl::Status Write(std::string_view bytes);  // adds to the data's checksum
  absl::Status FlushChunk();
  absl::Status WriteIndexes(std::string_view compression, uint64_t start,
                            uint64_t packed_size);
  absl::Status WriteSummary();
  std::string Statistics() const;

  const std::unique_ptr<PendingFile> file_;
  const bool compress_;
  const size_t chunk_bytes_;
  Crc32 data_crc_;

  std::string schemas_;  // records, again in the summary
  std::string channels_;
  uint16_t schema_count_ = 0;
  std::map<uint16_t, uint64_t> message_counts_;  // by channel
  std::map<uint16_t, uint32_t> sequences_;
  Span times_;
  uint32_t chunk_count_ = 0;
  std::string chunk_indexes_;

  std::string chunk_;  // records of the chunk under way
  Span chunk_times_;
  std::map<uint16_t, MessageIndex> chunk_messages_;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_MCAP_FILE_H_
