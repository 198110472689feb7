// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/series_file_source.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/formats/internal/byte_fields.h"
#include "codec/formats/internal/byte_window.h"
#include "codec/formats/internal/file_damage.h"
#include "codec/formats/internal/series_file_records.h"
#include "codec/formats/internal/stop_wish.h"
#include "codec/series_block.h"
#include "codec/series_profile.h"
#include "codec/series_rows.h"
#include "codec/series_text.h"
#include "codec/series_window_plan.h"

namespace fovea {
namespace {

using codec_internal::ByteWindow;
using codec_internal::FileDamage;
using codec_internal::kRecordHeadBytes;
using codec_internal::kRecordSealBytes;
using codec_internal::kSeriesFileHead;
using codec_internal::kSeriesFileTail;
using codec_internal::kSeriesFileTailBytes;
using codec_internal::LittleAt;
using codec_internal::ReadRecord;
using codec_internal::SeriesFileEntry;
using codec_internal::SeriesFileRecord;
using codec_internal::SeriesRecord;
using codec_internal::TakeEntryHead;

// More than an entry's head takes.
constexpr size_t kMostHeadBytes = 40;

// The greatest end is none.
bool IsBefore(int64_t time_ns, int64_t end_ns) {
  return time_ns < end_ns || end_ns == std::numeric_limits<int64_t>::max();
}

class SeriesFileSource : public Source {
 public:
  SeriesFileSource(std::unique_ptr<ByteWindow> file,
                   const SourceOptions& options)
      : options_(options), file_(std::move(file)), stop_(options.stop) {}

  absl::Status Prepare();

  const SourceInfo& info() const override { return info_; }
  absl::StatusOr<std::optional<SourceItem>> Next() override;
  void Stop() override { stop_.Set(); }

 private:
  absl::Status At(const absl::Status& status) const;
  absl::Status CheckHead();
  absl::Status ReadTracks();
  absl::Status AddTrack(const SeriesFileRecord& record);
  absl::Status AddProfile(const SeriesFileRecord& record);
  absl::Status AddPlan(const SeriesFileRecord& record);
  bool ReadIndex();
  absl::Status Scan();
  absl::StatusOr<std::optional<SeriesFileEntry>> ScanEntry(uint64_t offset);
  void FillInfo();
  void SetLength(int64_t least_ns, int64_t most_ns);
  bool IsWanted(const SeriesFileEntry& entry) const;
  bool IsWanted(int64_t time_ns) const;
  absl::StatusOr<SourceItem> Read(const SeriesFileEntry& entry);
  absl::StatusOr<SeriesBatch> ReadBlock(std::span<const uint8_t> block,
                                        const SeriesFileEntry& entry);
  SourceItem Reject(size_t index, const absl::Status& why);

  const SourceOptions options_;
  const std::unique_ptr<ByteWindow> file_;
  SourceInfo info_;
  std::vector<uint32_t> metadata_;                      // per track, its id
  std::vector<std::optional<SeriesProfile>> profiles_;  // per track
  std::vector<std::optional<SeriesWindowPlan>> plans_;  // per track
  uint64_t head_end_ = 0;
  std::vector<SeriesFileEntry> entries_;
  uint64_t entries_end_ = 0;
  size_t next_ = 0;
  int64_t end_ns_ = std::numeric_limits<int64_t>::max();  // not part of it
  FileDamage damage_;
  bool ended_ = false;
  StopWish stop_;
};

absl::Status SeriesFileSource::At(const absl::Status& status) const {
  return absl::Status(
      status.code(),
      absl::StrCat(file_->name(), ": ", std::string(status.message())));
}

absl::Status SeriesFileSource::CheckHead() {
  const auto head = file_->Peek(kSeriesFileHead.size());
  if (!head.ok()) return head.status();
  if (!IsSeriesFileHead(*head)) {
    return At(absl::InvalidArgumentError("not a series file"));
  }
  if (head->back() != kSeriesFileHead.back()) {
    return At(absl::InvalidArgumentError(
        absl::StrCat("a series file of version ", head->back(),
                     "; this program reads version ", kSeriesFileHead.back())));
  }
  return absl::OkStatus();
}

absl::Status SeriesFileSource::AddTrack(const SeriesFileRecord& record) {
  auto track = codec_internal::TakeTrack(record.payload);
  if (!track) return absl::DataLossError("a track that cannot be");
  const size_t most = options_.limits.max_series_file_tracks;
  if (info_.tracks.size() >= most) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", most, " tracks"));
  }
  if (!track->coding.empty()) {
    info_.notes.push_back(absl::StrCat(
        track->track.suffix.empty() ? "samples" : track->track.suffix, ": ",
        track->coding));
  }
  info_.tracks.push_back(std::move(track->track));
  metadata_.push_back(track->metadata);
  profiles_.emplace_back();
  plans_.emplace_back();
  return absl::OkStatus();
}

absl::Status SeriesFileSource::AddProfile(const SeriesFileRecord& record) {
  auto profile = SeriesProfile::Parse(record.payload);
  if (!profile.ok()) return profile.status();
  if (info_.tracks.empty() || profiles_.back().has_value() ||
      profile->channels() != info_.tracks.back().series.channels.size()) {
    return absl::DataLossError("a profile that is no track's");
  }
  profiles_.back() = *std::move(profile);
  return absl::OkStatus();
}

absl::Status SeriesFileSource::AddPlan(const SeriesFileRecord& record) {
  auto plan = SeriesWindowPlan::Parse(record.payload);
  if (!plan.ok()) return plan.status();
  if (info_.tracks.empty() || plans_.back().has_value() ||
      plan->channels() != info_.tracks.back().series.channels.size()) {
    return absl::DataLossError("a window plan that is no track's");
  }
  plans_.back() = *std::move(plan);
  return absl::OkStatus();
}

// Tracks, their profiles and plans stand before all else.
absl::Status SeriesFileSource::ReadTracks() {
  head_end_ = kSeriesFileHead.size();
  while (head_end_ < file_->size()) {
    const auto record = ReadRecord(head_end_, options_.limits, file_.get());
    if (!record.ok() && !info_.tracks.empty()) return absl::OkStatus();
    if (!record.ok()) return At(record.status());
    absl::Status status;
    if (record->kind == SeriesRecord::kTrack) {
      status = AddTrack(*record);
    } else if (record->kind == SeriesRecord::kProfile) {
      status = AddProfile(*record);
    } else if (record->kind == SeriesRecord::kPlan) {
      status = AddPlan(*record);
    } else {
      break;
    }
    if (!status.ok()) return At(status);
    head_end_ += kRecordHeadBytes + record->payload.size() + kRecordSealBytes;
  }
  if (!info_.tracks.empty()) return absl::OkStatus();
  return At(absl::DataLossError("a series file without tracks"));
}

// False: it was cut off, or is damaged.
bool SeriesFileSource::ReadIndex() {
  if (file_->size() < head_end_ + kSeriesFileTailBytes) return false;
  file_->MoveTo(file_->size() - kSeriesFileTailBytes);
  const auto tail = file_->Peek(kSeriesFileTailBytes);
  if (!tail.ok() || !std::equal(kSeriesFileTail.begin(), kSeriesFileTail.end(),
                                tail->begin() + 8)) {
    return false;
  }
  const auto offset = LittleAt<uint64_t>(tail->data());
  if (offset < head_end_ || offset >= file_->size()) return false;
  const auto record = ReadRecord(offset, options_.limits, file_.get());
  if (!record.ok() || record->kind != SeriesRecord::kIndex) return false;
  auto entries = codec_internal::TakeIndex(record->payload, info_.tracks.size(),
                                           head_end_, offset);
  if (!entries) return false;
  entries_ = *std::move(entries);
  entries_end_ = offset;
  return true;
}

// None: no such record begins here, or only a part of one.
absl::StatusOr<std::optional<SeriesFileEntry>> SeriesFileSource::ScanEntry(
    uint64_t offset) {
  file_->MoveTo(offset);
  const auto bytes = file_->Peek(kRecordHeadBytes + kMostHeadBytes);
  if (!bytes.ok()) return bytes.status();
  if (bytes->size() <= kRecordHeadBytes) return std::nullopt;
  const uint64_t size = LittleAt<uint32_t>(bytes->data() + 1);
  SeriesFileEntry entry;
  entry.kind = static_cast<SeriesRecord>((*bytes)[0]);
  entry.offset = offset;
  const bool known = entry.kind == SeriesRecord::kBlock ||
                     entry.kind == SeriesRecord::kGap ||
                     entry.kind == SeriesRecord::kRejected;
  ByteReader in(bytes->subspan(kRecordHeadBytes));
  if (!known || size > options_.limits.max_series_record_bytes ||
      kRecordHeadBytes + size + kRecordSealBytes > file_->left() ||
      !TakeEntryHead(&in, &entry) || entry.track >= info_.tracks.size()) {
    return std::nullopt;
  }
  file_->Skip(kRecordHeadBytes + size + kRecordSealBytes);
  return entry;
}

// What is there without an index, record by record.
absl::Status SeriesFileSource::Scan() {
  uint64_t offset = head_end_;
  while (offset < file_->size()) {
    if (stop_.IsSet()) return absl::CancelledError("interrupted");
    const auto entry = ScanEntry(offset);
    if (!entry.ok()) return entry.status();
    if (!entry->has_value()) break;
    entries_.push_back(**entry);
    offset = file_->offset();
  }
  entries_end_ = offset;
  damage_.Add(file_->size() - offset,
              absl::StrCat("byte ", offset, ": the file was cut off here"));
  return absl::OkStatus();
}

void SeriesFileSource::FillInfo() {
  info_.name = file_->name();
  info_.container = "fovea series";
  info_.bytes = static_cast<int64_t>(file_->size());
  std::optional<std::pair<int64_t, int64_t>> span;
  for (const SeriesFileEntry& entry : entries_) {
    if (entry.kind != SeriesRecord::kBlock) continue;
    info_.tracks[entry.track].expected_samples +=
        static_cast<int64_t>(entry.rows);
    if (!span) span.emplace(entry.least_ns, entry.most_ns);
    span->first = std::min(span->first, entry.least_ns);
    span->second = std::max(span->second, entry.most_ns);
  }
  if (span) SetLength(span->first, span->second);
  if (damage_.places > 0) {
    info_.notes.push_back("damaged: " + damage_.Text());
  }
}

void SeriesFileSource::SetLength(int64_t least_ns, int64_t most_ns) {
  constexpr __int128 kMost = std::numeric_limits<int64_t>::max();
  const __int128 length = static_cast<__int128>(most_ns) - least_ns;
  info_.duration_ns = static_cast<int64_t>(std::min(length, kMost));
  if (options_.max_duration_ns <= 0) return;
  const __int128 end =
      static_cast<__int128>(least_ns) + options_.max_duration_ns;
  end_ns_ = static_cast<int64_t>(std::min(end, kMost));
}

absl::Status SeriesFileSource::Prepare() {
  if (absl::Status s = CheckHead(); !s.ok()) return s;
  if (absl::Status s = ReadTracks(); !s.ok()) return s;
  if (!ReadIndex()) {
    if (absl::Status s = Scan(); !s.ok()) return s;
  }
  FillInfo();
  return absl::OkStatus();
}

bool SeriesFileSource::IsWanted(int64_t time_ns) const {
  return time_ns >= options_.from_ns && IsBefore(time_ns, options_.to_ns) &&
         IsBefore(time_ns, end_ns_);
}

bool SeriesFileSource::IsWanted(const SeriesFileEntry& entry) const {
  if (entry.kind == SeriesRecord::kRejected) return true;
  return entry.most_ns >= options_.from_ns &&
         IsBefore(entry.least_ns, options_.to_ns) &&
         IsBefore(entry.least_ns, end_ns_);
}

absl::StatusOr<SeriesBatch> SeriesFileSource::ReadBlock(
    std::span<const uint8_t> block, const SeriesFileEntry& entry) {
  const auto& profile = profiles_[entry.track];
  const auto& plan = plans_[entry.track];
  auto decoded = DecodeSeriesBlock(block, profile ? &*profile : nullptr,
                                   plan ? &*plan : nullptr);
  if (!decoded.ok()) return decoded.status();
  const size_t channels = info_.tracks[entry.track].series.channels.size();
  const uint32_t named = NamesOfSeriesBlock(block).metadata;
  if ((named != 0 && named != metadata_[entry.track]) ||
      decoded->channels != channels ||
      decoded->batch.time_ns.size() != entry.rows) {
    return absl::DataLossError("a block of another track");
  }
  decoded->batch.text = WithRules(decoded->text, channels,
                                  info_.tracks[entry.track].series.rules);
  SeriesBatch batch;
  for (size_t i = 0; i < decoded->batch.time_ns.size(); ++i) {
    if (!IsWanted(decoded->batch.time_ns[i])) continue;
    AppendRow(decoded->batch, i, channels, &batch);
  }
  return batch;
}

absl::StatusOr<SourceItem> SeriesFileSource::Read(
    const SeriesFileEntry& entry) {
  const auto record = ReadRecord(entry.offset, options_.limits, file_.get());
  if (!record.ok()) return record.status();
  ByteReader in(record->payload);
  SeriesFileEntry found = entry;
  if (record->kind != entry.kind || !TakeEntryHead(&in, &found) ||
      found.track != entry.track || found.rows != entry.rows) {
    return absl::DataLossError("another record than the index says");
  }
  const int track = static_cast<int>(entry.track);
  const std::string text(codec_internal::TextOf(in.rest()));
  if (entry.kind == SeriesRecord::kGap) {
    return SourceItem{track, Gap{entry.least_ns, entry.most_ns, text}};
  }
  if (entry.kind == SeriesRecord::kRejected) {
    return SourceItem{track, Rejected{static_cast<int64_t>(entry.rows), text}};
  }
  auto batch = ReadBlock(in.rest(), entry);
  if (!batch.ok()) return batch.status();
  return SourceItem{track, *std::move(batch)};
}

SourceItem SeriesFileSource::Reject(size_t index, const absl::Status& why) {
  const SeriesFileEntry& entry = entries_[index];
  const uint64_t end =
      index + 1 < entries_.size() ? entries_[index + 1].offset : entries_end_;
  const std::string reason = absl::StrCat("block at byte ", entry.offset, ": ",
                                          std::string(why.message()));
  damage_.Add(end - entry.offset, reason);
  const bool block = entry.kind == SeriesRecord::kBlock;
  return {static_cast<int>(entry.track),
          Rejected{block ? static_cast<int64_t>(entry.rows) : 0, reason}};
}

absl::StatusOr<std::optional<SourceItem>> SeriesFileSource::Next() {
  while (next_ < entries_.size() && !stop_.IsSet()) {
    const size_t at = next_++;
    if (!IsWanted(entries_[at])) continue;
    auto item = Read(entries_[at]);
    if (!item.ok()) return Reject(at, item.status());
    const auto* batch = std::get_if<SeriesBatch>(&item->value);
    if (batch == nullptr || !batch->time_ns.empty()) return *std::move(item);
  }
  if (stop_.IsSet() || std::exchange(ended_, true) || damage_.places == 0) {
    return std::nullopt;
  }
  return At(absl::DataLossError(damage_.Text()));
}

absl::StatusOr<std::unique_ptr<Source>> Prepared(
    std::unique_ptr<ByteWindow> file, const SourceOptions& options) {
  auto source = std::make_unique<SeriesFileSource>(std::move(file), options);
  if (absl::Status s = source->Prepare(); !s.ok()) return s;
  return source;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenSeriesFile(
    const std::string& path, const SourceOptions& options) {
  auto file = ByteWindow::Open(path);
  if (!file.ok()) return file.status();
  return Prepared(*std::move(file), options);
}

absl::StatusOr<std::unique_ptr<Source>> OpenSeriesFileMemory(
    const std::string& name, std::span<const uint8_t> bytes,
    const SourceOptions& options) {
  return Prepared(ByteWindow::Over(name, bytes), options);
}

bool IsSeriesFileHead(std::span<const uint8_t> head) {
  constexpr size_t kNameBytes = kSeriesFileHead.size() - 1;  // not the version
  return head.size() >= kSeriesFileHead.size() &&
         std::equal(kSeriesFileHead.begin(),
                    kSeriesFileHead.begin() + kNameBytes, head.begin());
}

}  // namespace fovea
