// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/mcap_reader.h"

#include <zstd.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace fovea::testing {
namespace {

constexpr size_t kMagicBytes = 8;
constexpr size_t kHeadBytes = 1 + 8;  // of a record: opcode and length
constexpr size_t kFooterBytes = kHeadBytes + 8 + 8 + 4;

[[noreturn]] void Fault(const std::string& what) {
  throw std::runtime_error("MCAP: " + what);
}
void Require(bool good, const std::string& what) {
  if (!good) Fault(what);
}

// Bit by bit, as the polynomial is written in the standard.
uint32_t CrcOf(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
    }
  }
  return crc ^ 0xFFFFFFFF;
}

class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  size_t size() const { return rest_.size(); }
  std::string_view Take(uint64_t size) {
    Require(size <= rest_.size(), "a field reaches beyond its record");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <typename T>
  T Number() {
    T value = 0;
    const std::string_view bytes = Take(sizeof(T));
    for (size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>(
          value | static_cast<T>(static_cast<uint8_t>(bytes[i])) << (8 * i));
    }
    return value;
  }
  uint16_t U16() { return Number<uint16_t>(); }
  uint32_t U32() { return Number<uint32_t>(); }
  uint64_t U64() { return Number<uint64_t>(); }
  std::string String() { return std::string(Take(U32())); }
  Fields Sized() { return Fields(Take(U32())); }
  std::string_view Rest() { return Take(rest_.size()); }
  void End() const { Require(rest_.empty(), "bytes after a record's fields"); }

 private:
  std::string_view rest_;
};

struct Record {
  uint8_t opcode = 0;
  uint64_t start = 0;  // where its opcode is
  uint64_t end = 0;
  std::string_view content;
};

std::vector<Record> RecordsOf(std::string_view bytes, uint64_t from,
                              uint64_t to) {
  std::vector<Record> records;
  while (from < to) {
    Fields head(bytes.substr(from, to - from));
    Record record;
    record.start = from;
    record.opcode = head.Number<uint8_t>();
    record.content = head.Take(head.U64());
    record.end = to - head.size();
    from = record.end;
    records.push_back(record);
  }
  return records;
}

struct Times {
  uint64_t first = 0, last = 0;
  bool any = false;
  void Add(uint64_t time) {
    first = any ? std::min(first, time) : time;
    last = any ? std::max(last, time) : time;
    any = true;
  }
};

// All that a chunk index must say.
struct Chunk {
  uint64_t first_time = 0, last_time = 0;
  uint64_t start = 0, length = 0;
  std::map<uint16_t, uint64_t> index_offsets;
  uint64_t index_length = 0;
  std::string compression;
  uint64_t packed_size = 0, plain_size = 0;
  friend bool operator==(const Chunk&, const Chunk&) = default;
};

// By channel: log time and offset in the chunk.
using Entries = std::map<uint16_t, std::vector<std::pair<uint64_t, uint64_t>>>;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  ReadMcapFile Read() {
    const std::string_view magic("\x89MCAP0\r\n", kMagicBytes);
    Require(bytes_.size() >= 2 * kMagicBytes + kFooterBytes, "too short");
    Require(bytes_.substr(0, kMagicBytes) == magic, "no magic at the start");
    Require(bytes_.substr(bytes_.size() - kMagicBytes) == magic,
            "no magic at the end");
    ReadFooter();
    ReadData();
    ReadSummary();
    return std::move(file_);
  }

 private:
  void ReadFooter() {
    const uint64_t start = bytes_.size() - kMagicBytes - kFooterBytes;
    const auto records = RecordsOf(bytes_, start, start + kFooterBytes);
    Require(records.size() == 1 && records[0].opcode == 0x02, "no footer");
    Fields fields(records[0].content);
    summary_start_ = fields.U64();
    offsets_start_ = fields.U64();
    const uint32_t crc = fields.U32();
    footer_ = start;
    Require(summary_start_ <= offsets_start_ && offsets_start_ <= footer_,
            "the footer points nowhere");
    Require(
        crc == CrcOf(bytes_.substr(summary_start_, bytes_.size() - kMagicBytes -
                                                       4 - summary_start_)),
        "checksum of the summary");
  }

  void ReadData() {
    const auto records = RecordsOf(bytes_, kMagicBytes, summary_start_);
    Require(records.size() >= 2 && records[0].opcode == 0x01, "no header");
    Fields header(records[0].content);
    file_.profile = header.String();
    file_.library = header.String();
    const Record& end = records.back();
    Require(end.opcode == 0x0F, "no data end before the summary");
    Require(Fields(end.content).U32() == CrcOf(bytes_.substr(0, end.start)),
            "checksum of the data section");
    for (size_t i = 1; i + 1 < records.size();) {
      Require(records[i].opcode == 0x06, "a record outside a chunk");
      i = ReadChunk(records, i);
    }
  }

  // Gives the place of the record after the chunk and its indexes.
  size_t ReadChunk(const std::vector<Record>& records, size_t i) {
    Fields fields(records[i].content);
    Chunk chunk;
    chunk.start = records[i].start;
    chunk.length = records[i].end - records[i].start;
    chunk.first_time = fields.U64();
    chunk.last_time = fields.U64();
    chunk.plain_size = fields.U64();
    const uint32_t crc = fields.U32();
    chunk.compression = fields.String();
    chunk.packed_size = fields.U64();
    const std::string plain = Unpack(fields.Take(chunk.packed_size), chunk);
    fields.End();
    Require(crc == CrcOf(plain), "checksum of a chunk");
    Times times;
    const Entries entries = ReadRecords(plain, &times);
    Require(times.first == chunk.first_time && times.last == chunk.last_time,
            "times of a chunk");
    for (++i; records[i].opcode == 0x07; ++i) {
      chunk.index_length += records[i].end - records[i].start;
      CheckIndex(records[i], entries, &chunk);
    }
    Require(chunk.index_offsets.size() == entries.size(),
            "a chunk's channel without message index");
    file_.compressions.push_back(chunk.compression);
    chunks_.push_back(chunk);
    return i;
  }

  static std::string Unpack(std::string_view packed, const Chunk& chunk) {
    std::string plain(packed);
    if (!chunk.compression.empty()) {
      Require(chunk.compression == "zstd", "compression");
      plain.assign(chunk.plain_size, '\0');
      const size_t size = ZSTD_decompress(plain.data(), plain.size(),
                                          packed.data(), packed.size());
      Require(size == chunk.plain_size, "a chunk does not unpack");
    }
    Require(plain.size() == chunk.plain_size, "size of a chunk");
    return plain;
  }

  Entries ReadRecords(const std::string& plain, Times* times) {
    Entries entries;
    for (const Record& record : RecordsOf(plain, 0, plain.size())) {
      if (record.opcode == 0x03) {
        Require(ReadSchemaRecord(record, &file_.schemas), "a schema twice");
      } else if (record.opcode == 0x04) {
        Require(ReadChannelRecord(record, &file_.channels), "a channel twice");
      } else {
        Require(record.opcode == 0x05, "a strange record in a chunk");
        const ReadMessage message = MessageOf(record);
        entries[message.channel].emplace_back(message.log_time, record.start);
        times->Add(message.log_time);
        file_.messages.push_back(message);
      }
    }
    return entries;
  }

  static bool ReadSchemaRecord(const Record& record,
                               std::map<uint16_t, ReadSchema>* schemas) {
    Fields fields(record.content);
    const uint16_t id = fields.U16();
    ReadSchema schema{fields.String(), fields.String(), fields.String()};
    fields.End();
    Require(id != 0, "a schema with id 0");
    return schemas->emplace(id, schema).second;
  }

  bool ReadChannelRecord(const Record& record,
                         std::map<uint16_t, ReadChannel>* channels) {
    Fields fields(record.content);
    const uint16_t id = fields.U16();
    ReadChannel channel;
    channel.schema = fields.U16();
    channel.topic = fields.String();
    channel.encoding = fields.String();
    for (Fields pairs = fields.Sized(); !pairs.empty();) {
      std::string key = pairs.String();
      Require(channel.metadata.emplace(key, pairs.String()).second,
              "metadata twice");
    }
    fields.End();
    Require(file_.schemas.count(channel.schema) > 0,
            "a channel before its schema");
    return channels->emplace(id, channel).second;
  }

  ReadMessage MessageOf(const Record& record) {
    Fields fields(record.content);
    ReadMessage message;
    message.channel = fields.U16();
    message.sequence = fields.U32();
    message.log_time = fields.U64();
    message.publish_time = fields.U64();
    message.data = fields.Rest();
    Require(file_.channels.count(message.channel) > 0,
            "a message before its channel");
    return message;
  }

  static void CheckIndex(const Record& record, const Entries& entries,
                         Chunk* chunk) {
    Fields fields(record.content);
    const uint16_t channel = fields.U16();
    std::vector<std::pair<uint64_t, uint64_t>> found;
    for (Fields pairs = fields.Sized(); !pairs.empty();) {
      const uint64_t time = pairs.U64();
      found.emplace_back(time, pairs.U64());
    }
    fields.End();
    const auto wanted = entries.find(channel);
    Require(wanted != entries.end(), "an index without messages");
    std::sort(found.begin(), found.end());
    auto sorted = wanted->second;
    std::sort(sorted.begin(), sorted.end());
    Require(found == sorted, "a message index");
    Require(chunk->index_offsets.emplace(channel, record.start).second,
            "two indexes of one channel");
  }

  void ReadSummary() {
    std::map<uint16_t, ReadSchema> schemas;
    std::map<uint16_t, ReadChannel> channels;
    std::vector<Chunk> chunks;
    int statistics = 0;
    std::map<uint8_t, std::pair<uint64_t, uint64_t>> groups;
    uint8_t before = 0;
    for (const Record& record :
         RecordsOf(bytes_, summary_start_, offsets_start_)) {
      auto& group = groups[record.opcode];
      if (record.opcode != before) {
        Require(group.second == 0, "summary records are not grouped");
        group.first = record.start;
      }
      group.second += record.end - record.start;
      before = record.opcode;
      if (record.opcode == 0x03) ReadSchemaRecord(record, &schemas);
      if (record.opcode == 0x04) ReadChannelRecord(record, &channels);
      if (record.opcode == 0x08) chunks.push_back(ChunkIndexOf(record));
      if (record.opcode == 0x0B) CheckStatistics(record, ++statistics);
    }
    Require(schemas == file_.schemas, "schemas of the summary");
    Require(channels == file_.channels, "channels of the summary");
    Require(chunks == chunks_, "chunk indexes");
    Require(statistics == 1, "one statistics record");
    CheckOffsets(groups);
  }

  static Chunk ChunkIndexOf(const Record& record) {
    Fields fields(record.content);
    Chunk chunk;
    chunk.first_time = fields.U64();
    chunk.last_time = fields.U64();
    chunk.start = fields.U64();
    chunk.length = fields.U64();
    for (Fields pairs = fields.Sized(); !pairs.empty();) {
      const uint16_t channel = pairs.U16();
      chunk.index_offsets[channel] = pairs.U64();
    }
    chunk.index_length = fields.U64();
    chunk.compression = fields.String();
    chunk.packed_size = fields.U64();
    chunk.plain_size = fields.U64();
    fields.End();
    return chunk;
  }

  void CheckStatistics(const Record& record, int seen) {
    Require(seen == 1, "two statistics records");
    Times times;
    std::map<uint16_t, uint64_t> counts, found;
    for (const ReadMessage& message : file_.messages) {
      times.Add(message.log_time);
      ++counts[message.channel];
    }
    for (const auto& [id, channel] : file_.channels) counts.emplace(id, 0);
    Fields fields(record.content);
    Require(fields.U64() == file_.messages.size(), "messages counted");
    Require(fields.U16() == file_.schemas.size(), "schemas counted");
    Require(fields.U32() == file_.channels.size(), "channels counted");
    Require(fields.U32() == 0, "attachments counted");
    Require(fields.U32() == 0, "metadata counted");
    Require(fields.U32() == chunks_.size(), "chunks counted");
    Require(fields.U64() == times.first, "first time");
    Require(fields.U64() == times.last, "last time");
    for (Fields pairs = fields.Sized(); !pairs.empty();) {
      const uint16_t channel = pairs.U16();
      found[channel] = pairs.U64();
    }
    fields.End();
    Require(found == counts, "messages counted by channel");
  }

  void CheckOffsets(
      std::map<uint8_t, std::pair<uint64_t, uint64_t>> groups) const {
    for (const Record& record : RecordsOf(bytes_, offsets_start_, footer_)) {
      Require(record.opcode == 0x0E, "a strange record among offsets");
      Fields fields(record.content);
      const auto group = groups.find(fields.Number<uint8_t>());
      Require(group != groups.end(), "an offset of no group");
      Require(fields.U64() == group->second.first, "start of a group");
      Require(fields.U64() == group->second.second, "length of a group");
      fields.End();
      groups.erase(group);
    }
    Require(groups.empty(), "a group without offset");
  }

  const std::string_view bytes_;
  ReadMcapFile file_;
  std::vector<Chunk> chunks_;
  uint64_t summary_start_ = 0;
  uint64_t offsets_start_ = 0;
  uint64_t footer_ = 0;
};

}  // namespace

std::vector<ReadMessage> ReadMcapFile::On(const std::string& topic) const {
  std::vector<ReadMessage> found;
  for (const ReadMessage& message : messages) {
    if (channels.at(message.channel).topic == topic) found.push_back(message);
  }
  return found;
}

ReadMcapFile ReadMcap(const std::vector<uint8_t>& bytes) {
  return Reader(std::string_view(reinterpret_cast<const char*>(bytes.data()),
                                 bytes.size()))
      .Read();
}

}  // namespace fovea::testing
