// SPDX-License-Identifier: GPL-2.0-or-later
//
// A second opinion on MCAP files: a reader made from the specification
// alone (https://mcap.dev/spec), which believes nothing it can recompute.

#ifndef FOVEA_TESTS_SUPPORT_MCAP_READER_H_
#define FOVEA_TESTS_SUPPORT_MCAP_READER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fovea::testing {

struct ReadSchema {
  std::string name, encoding, data;
  friend bool operator==(const ReadSchema&, const ReadSchema&) = default;
};

struct ReadChannel {
  uint16_t schema = 0;
  std::string topic, encoding;
  std::map<std::string, std::string> metadata;
  friend bool operator==(const ReadChannel&, const ReadChannel&) = default;
};

struct ReadMessage {
  uint16_t channel = 0;
  uint32_t sequence = 0;
  uint64_t log_time = 0;
  uint64_t publish_time = 0;
  std::string data;
};

struct ReadMcapFile {
  std::string profile, library;
  std::map<uint16_t, ReadSchema> schemas;
  std::map<uint16_t, ReadChannel> channels;
  std::vector<ReadMessage> messages;      // in the file's order
  std::vector<std::string> compressions;  // of each chunk

  // Of one topic, in the file's order.
  std::vector<ReadMessage> On(const std::string& topic) const;
};

// Reads all of it and checks all of it: magic, lengths, order of records,
// checksums of data, chunks and summary, message and chunk indexes, summary
// offsets, statistics. Throws std::runtime_error that says what is wrong
// where.
ReadMcapFile ReadMcap(const std::vector<uint8_t>& bytes);

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_MCAP_READER_H_
