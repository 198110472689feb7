// SPDX-License-Identifier: GPL-2.0-or-later
//
// Nothing in the format says that a message is whole, so damage is what
// cannot be: a type of no letter, a size that its type cannot have or that
// leaves the file. A process that appends to a log may find its last message
// cut: a section's end is an end, and its cut message is damage.

#include "codec/formats/internal/ulog_records.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/byte_fields.h"

namespace fovea::codec_internal {
namespace {

constexpr size_t kFileHeadBytes = 16;
constexpr size_t kHeadBytes = 3;
constexpr std::string_view kMagic("ULog\x01\x12\x35", 7);
// A whole sync message.
constexpr std::string_view kSync("\x08\x00S\x2F\x73\x13\x20\x25\x0C\xBB\x12",
                                 11);
constexpr uint8_t kDataAppended = 1;  // in the first incompatible byte
constexpr size_t kSearchBytes = 64U << 10;

struct TypeSize {
  char type;
  size_t least;
};
constexpr std::array<TypeSize, 13> kLeastSizes = {{{'B', 40},
                                                   {'F', 3},
                                                   {'I', 2},
                                                   {'M', 3},
                                                   {'P', 2},
                                                   {'Q', 3},
                                                   {'A', 4},
                                                   {'R', 2},
                                                   {'D', 3},
                                                   {'L', 9},
                                                   {'C', 11},
                                                   {'S', 8},
                                                   {'O', 2}}};

bool IsPlausible(char type, size_t size) {
  const auto* const known =
      std::find_if(kLeastSizes.begin(), kLeastSizes.end(),
                   [&](const TypeSize& entry) { return entry.type == type; });
  if (known != kLeastSizes.end()) return size >= known->least;
  return size > 0 &&
         ((type >= 'A' && type <= 'Z') || (type >= 'a' && type <= 'z'));
}

}  // namespace

absl::StatusOr<std::unique_ptr<UlogRecords>> UlogRecords::Open(
    std::unique_ptr<ByteWindow> bytes) {
  std::unique_ptr<UlogRecords> records(new UlogRecords(std::move(bytes)));
  if (absl::Status s = records->ReadHead(); !s.ok()) return s;
  return records;
}

absl::Status UlogRecords::ReadHead() {
  const auto head = bytes_->Peek(kFileHeadBytes);
  if (!head.ok()) return head.status();
  if (head->size() < kFileHeadBytes ||
      TextOf(head->first(kMagic.size())) != kMagic) {
    return absl::InvalidArgumentError(
        absl::StrCat(bytes_->name(),
                     ": no ULog file: expected 55 4C 6F 67 01 12 35 and a "
                     "start time at byte 0; 'fovea ingest --opaque' keeps "
                     "any file as it is"));
  }
  start_us_ = LittleAt<uint64_t>(head->data() + 8);
  bytes_->Skip(kFileHeadBytes);
  return ReadFlags();
}

// The flags must be the first message; logs older than them have none.
absl::Status UlogRecords::ReadFlags() {
  constexpr size_t kCompatible = 8, kIncompatible = 8, kOffsets = 3;
  const auto peeked = bytes_->Peek(kHeadBytes + 40);
  if (!peeked.ok()) return peeked.status();
  if (peeked->size() < kHeadBytes + 40 || (*peeked)[2] != 'B') {
    return absl::OkStatus();
  }
  const auto flags = peeked->subspan(kHeadBytes + kCompatible);
  for (size_t i = 0; i < kIncompatible; ++i) {
    const int unknown = flags[i] & (i == 0 ? ~kDataAppended : 0xFF);
    if (unknown == 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        bytes_->name(), ": byte ",
        kFileHeadBytes + kHeadBytes + kCompatible + i, ": flags ", unknown,
        " of a ULog newer than this program; convert the "
        "log, or keep it with 'fovea ingest --opaque'"));
  }
  if ((flags[0] & kDataAppended) == 0) return absl::OkStatus();
  for (size_t i = 0; i < kOffsets; ++i) {
    const auto at =
        LittleAt<uint64_t>(flags.data() + kIncompatible + i * sizeof(uint64_t));
    const uint64_t least =
        appended_.empty() ? kFileHeadBytes : appended_.back();
    if (at > least && at < bytes_->size()) appended_.push_back(at);
  }
  return absl::OkStatus();
}

void UlogRecords::Rewind() {
  bytes_->Rewind();
  bytes_->Skip(kFileHeadBytes);
  last_size_ = 0;
  damage_ = {};
}

uint64_t UlogRecords::SectionEnd() const {
  const auto next =
      std::upper_bound(appended_.begin(), appended_.end(), bytes_->offset());
  return next == appended_.end() ? bytes_->size() : *next;
}

// From within damage to the next sync message, or to the section's end.
absl::Status UlogRecords::FindNextSync() {
  const uint64_t start = bytes_->offset();
  const uint64_t end = SectionEnd();
  bytes_->Skip(1);
  while (bytes_->offset() < end) {
    const uint64_t left = end - bytes_->offset();
    const auto peeked = bytes_->Peek(
        static_cast<size_t>(std::min<uint64_t>(left, kSearchBytes)));
    if (!peeked.ok()) return peeked.status();
    const size_t found = TextOf(*peeked).find(kSync);
    if (found != std::string_view::npos) {
      bytes_->Skip(found);
      break;
    }
    const bool last = peeked->size() == left;
    bytes_->Skip(last ? left : peeked->size() - kSync.size() + 1);
  }
  damage_.Add(bytes_->offset() - start,
              bytes_->offset() == bytes_->size()
                  ? absl::StrCat("byte ", start,
                                 ": a message is cut or damaged, and no sync "
                                 "message follows")
                  : absl::StrCat("byte ", start, ": no message is there"));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<UlogRecord>> UlogRecords::Next() {
  bytes_->Skip(std::exchange(last_size_, 0));
  while (bytes_->left() > 0) {
    const uint64_t left = SectionEnd() - bytes_->offset();
    auto peeked = bytes_->Peek(kHeadBytes);
    if (!peeked.ok()) return peeked.status();
    const uint8_t* const head = peeked->data();
    if (left >= kHeadBytes) {
      const size_t size = LittleAt<uint16_t>(head);
      const char type = static_cast<char>(head[2]);
      if (IsPlausible(type, size) && size <= left - kHeadBytes) {
        peeked = bytes_->Peek(kHeadBytes + size);
        if (!peeked.ok()) return peeked.status();
        const bool false_sync =
            type == 'S' && TextOf(*peeked).substr(0, kSync.size()) != kSync;
        if (!false_sync) {
          last_size_ = kHeadBytes + size;
          return UlogRecord{bytes_->offset(), type,
                            peeked->subspan(kHeadBytes)};
        }
      }
    }
    if (absl::Status s = FindNextSync(); !s.ok()) return s;
  }
  return std::nullopt;
}

}  // namespace fovea::codec_internal
