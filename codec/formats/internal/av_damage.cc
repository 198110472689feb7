// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/av_damage.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace fovea::av {
namespace {

constexpr int kMaxBoxes = 100'000;

// Top-level boxes of an MP4: size (32 bits; 1: 64 bits follow; 0: to the
// end), type.
struct BoxWalk {
  bool is_mp4 = false;
  bool has_index = false;      // moov
  int64_t incomplete_at = -1;  // offset of a box the file cuts
  int64_t incomplete_size = 0;
  std::string incomplete_type;
};

uint64_t BigEndian(std::span<const uint8_t> bytes) {
  uint64_t value = 0;
  for (const uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

bool IsName(const std::string& type) {
  return std::all_of(type.begin(), type.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == ' ';
  });
}

BoxWalk WalkBoxes(const Input& input) {
  BoxWalk walk;
  int64_t offset = 0;
  for (int i = 0; i < kMaxBoxes && offset < input.size(); ++i) {
    std::array<uint8_t, 16> head = {};
    const size_t got = input.ReadAt(offset, head);
    if (got < 8) break;
    const std::string type(head.begin() + 4, head.begin() + 8);
    if (!IsName(type)) break;
    if (i == 0) {
      walk.is_mp4 = type == "ftyp" || type == "moov" || type == "mdat" ||
                    type == "wide" || type == "free" || type == "skip";
      if (!walk.is_mp4) break;
    }
    uint64_t size = BigEndian({head.data(), 4});
    if (size == 1 && got == 16) size = BigEndian({head.data() + 8, 8});
    const int64_t left = input.size() - offset;
    if (size == 0) size = static_cast<uint64_t>(left);
    if (size < 8) break;
    walk.has_index |= type == "moov";
    if (size > static_cast<uint64_t>(left)) {
      walk.incomplete_at = offset;
      walk.incomplete_size = static_cast<int64_t>(
          std::min(size, static_cast<uint64_t>(INT64_MAX)));
      walk.incomplete_type = type;
      break;
    }
    offset += static_cast<int64_t>(size);
  }
  return walk;
}

std::string CutBox(const BoxWalk& walk, int64_t file_size) {
  return absl::StrCat("'", walk.incomplete_type, "' at byte ",
                      walk.incomplete_at, " needs ", walk.incomplete_size,
                      " bytes, ", file_size - walk.incomplete_at, " are there");
}

bool LooksLikeText(const Input& input) {
  std::array<uint8_t, 512> head = {};
  const size_t got = input.ReadAt(0, head);
  return got > 0 &&
         std::all_of(head.begin(), head.begin() + static_cast<long>(got),
                     [](uint8_t c) {
                       return c >= 0x20 || c == '\n' || c == '\r' || c == '\t';
                     });
}

// Samples of the stream's index that lie, whole or in part, beyond `size`.
int64_t SamplesBeyond(AVStream* stream, int64_t size, int64_t* end) {
  int64_t beyond = 0;
  const int entries = avformat_index_get_entries_count(stream);
  for (int i = 0; i < entries; ++i) {
    const AVIndexEntry* entry = avformat_index_get_entry(stream, i);
    int64_t entry_end = 0;
    if (__builtin_add_overflow(entry->pos, entry->size, &entry_end)) continue;
    if (entry_end <= size) continue;
    ++beyond;
    *end = std::max(*end, entry_end);
  }
  return beyond;
}

// Transport packets have one size, with or without a time stamp of four
// bytes before the sync byte: a file that begins with whole ones ends with
// one.
constexpr int64_t kTransportPacket = 188;
constexpr int64_t kStampedPacket = 192;
constexpr uint8_t kSyncByte = 0x47;

Truncation FindCutPacket(const Input& input) {
  Truncation found;
  for (const int64_t size : {kTransportPacket, kStampedPacket}) {
    const int64_t sync = size - kTransportPacket;
    std::array<uint8_t, 1> first = {};
    std::array<uint8_t, 1> second = {};
    if (input.ReadAt(sync, first) != 1 || first[0] != kSyncByte) continue;
    if (input.ReadAt(sync + size, second) != 1 || second[0] != kSyncByte) {
      continue;
    }
    const int64_t rest = input.size() % size;
    if (rest == 0) return found;
    found.offset = input.size() - rest;
    found.detail = absl::StrCat("the last transport packet has ", rest, " of ",
                                size, " bytes");
    return found;
  }
  return found;
}

}  // namespace

bool IsMov(const Demuxer& demuxer) {
  return absl::StartsWith(demuxer.container(), "mov");
}

std::string ExplainUnopened(const Input& input, const std::string& reason) {
  const BoxWalk walk = WalkBoxes(input);
  if (walk.is_mp4 && !walk.has_index) {
    return absl::StrCat(
        "MP4 without its index (no 'moov' box); ",
        walk.incomplete_at >= 0
            ? CutBox(walk, input.size())
            : absl::StrCat("the file ends at byte ", input.size()),
        ": the recording was not closed or the copy is incomplete; copy it "
        "again or let the camera repair it");
  }
  if (walk.is_mp4 && walk.incomplete_at >= 0) {
    return absl::StrCat("MP4 cut short: ", CutBox(walk, input.size()),
                        "; copy it again");
  }
  if (LooksLikeText(input)) {
    return "looks like text, expected a video file; for numbers in columns "
           "name it .csv";
  }
  return absl::StrCat(reason,
                      "; expected a video container (MP4, MOV, MKV, AVI, TS); "
                      "check it with ffprobe");
}

std::optional<Rejected> DamageCount::Take() {
  if (packets_ == 0) return std::nullopt;
  const std::string place =
      first_at_ >= 0 ? absl::StrCat(", the first at byte ", first_at_) : "";
  const Rejected remark{
      0, absl::StrCat("packets with holes (pictures may be damaged): ",
                      packets_, place)};
  *this = {};
  return remark;
}

Truncation FindTruncation(Demuxer& demuxer) {
  Truncation found;
  const Input* input = demuxer.input();
  if (input == nullptr || !input->seekable()) return found;
  if (demuxer.container() == "mpegts") return FindCutPacket(*input);
  if (!IsMov(demuxer)) return found;
  AVFormatContext& file = demuxer.file();
  const int64_t size = input->size();
  int64_t end = size;
  for (unsigned i = 0; i < file.nb_streams; ++i) {
    found.missing.push_back(SamplesBeyond(file.streams[i], size, &end));
  }
  const BoxWalk walk = WalkBoxes(*input);
  if (end > size) {
    found.offset = size;
    found.detail = absl::StrCat("its index needs ", end, " bytes");
  } else if (walk.incomplete_at >= 0) {
    found.offset = walk.incomplete_at;
    found.detail = CutBox(walk, size);
  }
  return found;
}

}  // namespace fovea::av
