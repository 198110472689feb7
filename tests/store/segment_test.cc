// SPDX-License-Identifier: GPL-2.0-or-later

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/segment_reader.h"
#include "store/segment_writer.h"
#include "tests/store/store_fixture.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;

class SegmentTest : public ::testing::Test {
 protected:
  SegmentTest() { Build(); }

  // A segment of two chunks and a journal.
  void Build() {
    SegmentHeader header;
    header.id = 3;
    header.hour = 495'822;
    auto writer = SegmentWriter::Create(FileSystem::Posix(), File(), header);
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (const Bytes& chunk : chunks_) {
      places_.push_back(
          (*writer)->AppendChunk(ChunkId::Of(chunk), chunk)->offset);
    }
    const Bytes rows = RandomBytes(40, 3);
    places_.push_back(
        (*writer)->AppendRows(RecordType::kJournal, 77, rows)->offset);
    ASSERT_TRUE((*writer)->Sync().ok());
    bytes_ = ReadFileBytes(File());
    EXPECT_EQ(bytes_.size(), (*writer)->end());
  }

  std::string File() const { return folder_.File("00000003-00-495822.fseg"); }

  std::unique_ptr<SegmentReader> ReaderOf(const Bytes& bytes, uint64_t id = 3) {
    WriteFileBytes(File(), bytes);
    return std::make_unique<SegmentReader>(
        *FileSystem::Posix()->OpenRandom(File()), id);
  }

  struct Found {
    bool header_sound = false;
    std::vector<Bytes> chunks;
    int journals = 0;
    int damages = 0;
    bool Whole() const {
      return header_sound && chunks.size() == 2 && journals == 1 &&
             damages == 0;
    }
  };

  Found ReadAll(SegmentReader& reader) {
    Found found;
    found.header_sound = reader.ReadFileHeader().ok();
    const SegmentVisitor visitor = {
        [&](const RecordHeader& header) {
          const auto payload = reader.ReadPayload(header);
          if (!payload.ok()) {
            ++found.damages;
          } else if (header.type == RecordType::kChunk) {
            EXPECT_EQ(ChunkId::Of(*payload), header.chunk);
            found.chunks.push_back(*payload);
          } else {
            EXPECT_EQ(header.sequence, 77u);
            ++found.journals;
          }
          return absl::OkStatus();
        },
        [&](uint64_t, uint64_t, const absl::Status& why) {
          EXPECT_TRUE(absl::IsDataLoss(why)) << why;
          ++found.damages;
          return absl::OkStatus();
        }};
    const absl::Status status =
        WalkSegment(reader, kSegmentHeaderBytes, *reader.Size(), visitor);
    EXPECT_TRUE(status.ok()) << status;
    return found;
  }

  ScratchFolder folder_;
  std::vector<Bytes> chunks_ = {RandomBytes(200, 1), RandomBytes(100, 2)};
  std::vector<uint64_t> places_;
  Bytes bytes_;
};

TEST_F(SegmentTest, WhatIsWrittenIsRead) {
  const auto reader = ReaderOf(bytes_);
  const Found found = ReadAll(*reader);
  EXPECT_TRUE(found.Whole());
  EXPECT_EQ(found.chunks, chunks_);
  EXPECT_EQ(reader->ReadFileHeader()->hour, 495'822);
  EXPECT_EQ(bytes_.size(), kSegmentHeaderBytes + 3 * kRecordOverhead + 340);
}

TEST_F(SegmentTest, EveryTruncationKeepsTheRecordsBeforeIt) {
  for (size_t size = 0; size < bytes_.size(); ++size) {
    const auto reader =
        ReaderOf({bytes_.begin(), bytes_.begin() + static_cast<long>(size)});
    const Found found = ReadAll(*reader);
    size_t whole = 0;
    if (size >= places_[1]) ++whole;
    if (size >= places_[2]) ++whole;
    EXPECT_EQ(found.chunks.size(), whole) << size;
    EXPECT_EQ(found.journals, 0) << size;
    EXPECT_FALSE(found.Whole());
  }
}

TEST_F(SegmentTest, EveryFlippedByteIsNoticedAndCostsOneRecord) {
  for (size_t at = 0; at < bytes_.size(); ++at) {
    for (const int mask : {0x01, 0x80, 0xFF}) {
      Bytes damaged = bytes_;
      damaged[at] = static_cast<uint8_t>(damaged[at] ^ mask);
      const Found found = ReadAll(*ReaderOf(damaged));
      EXPECT_FALSE(found.Whole()) << at;
      const size_t records =
          found.chunks.size() + static_cast<size_t>(found.journals);
      EXPECT_GE(records, at < kSegmentHeaderBytes ? 3u : 2u) << at;
    }
  }
}

TEST_F(SegmentTest, RecordsOutOfPlaceAreRefused) {
  Bytes moved = bytes_;  // the second record over the first
  std::copy(bytes_.begin() + static_cast<long>(places_[1]),
            bytes_.begin() + static_cast<long>(places_[2]),
            moved.begin() + static_cast<long>(places_[0]));
  const auto reader = ReaderOf(moved);
  EXPECT_THAT(reader->ReadHeader(places_[0], moved.size()).status().ToString(),
              HasSubstr("belongs to segment 00000003 at offset"));
}

TEST_F(SegmentTest, RecordsOfAnotherSegmentAreRefused) {
  const auto reader = ReaderOf(bytes_, 4);
  EXPECT_FALSE(ReadAll(*reader).header_sound);
  EXPECT_TRUE(ReadAll(*reader).chunks.empty());
}

TEST_F(SegmentTest, AChunkIsNotReadForAnother) {
  const auto reader = ReaderOf(bytes_);
  const ChunkId first = ChunkId::Of(chunks_[0]);
  const Crc32c crc = ComputeCrc32c(chunks_[0]);
  EXPECT_TRUE(reader->ReadChunk(first, places_[0], 200, crc).ok());
  EXPECT_FALSE(reader->ReadChunk(first, places_[1], 200, crc).ok());
  EXPECT_FALSE(reader->ReadChunk(first, places_[0], 199, crc).ok());
  EXPECT_FALSE(reader->ReadChunk(first, places_[0], 200, Crc32c{1}).ok());
  EXPECT_FALSE(reader->ReadChunk(first, UINT64_MAX, 200, crc).ok());
}

TEST_F(SegmentTest, HugeLengthsAllocateNothing) {
  // A header whose checksum is right and whose length is absurd.
  for (const uint64_t length :
       {uint64_t{1} << 20, uint64_t{1} << 62, UINT64_MAX}) {
    Bytes forged = bytes_;
    for (size_t i = 0; i < 8; ++i) {
      forged[places_[0] + 24 + i] = static_cast<uint8_t>(length >> (8 * i));
    }
    const std::span<const uint8_t> covered(forged.data() + places_[0], 64);
    const auto crc = static_cast<uint32_t>(ComputeCrc32c(covered));
    for (size_t i = 0; i < 4; ++i) {
      forged[places_[0] + 64 + i] = static_cast<uint8_t>(crc >> (8 * i));
    }
    const auto reader = ReaderOf(forged);
    EXPECT_THAT(
        reader->ReadHeader(places_[0], forged.size()).status().ToString(),
        HasSubstr("does not end before"));
  }
}

TEST(SegmentNameTest, NamesComeBackAndNothingElseDoes) {
  for (const int64_t hour : {int64_t{0}, int64_t{-5}, int64_t{495'822}}) {
    SegmentHeader header;
    header.id = 123'456'789'012;
    header.retention_class = 7;
    header.hour = hour;
    const auto parsed = ParseSegmentName(SegmentName(header));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->id, header.id);
    EXPECT_EQ(parsed->hour, hour);
  }
  for (const char* name :
       {"", "x", "1-0-0.fseg", "00000001-00-0.fseg ", "00000001-00-+1.fseg",
        "00000001-00-01.fseg", "00000001-00-0", "-0000001-00-0.fseg",
        "99999999999999999999-00-0.fseg", "../00000001-00-0.fseg"}) {
    EXPECT_FALSE(ParseSegmentName(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace fovea::testing
