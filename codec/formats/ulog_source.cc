// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/ulog_source.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/internal/byte_fields.h"
#include "codec/formats/internal/byte_window.h"
#include "codec/formats/internal/file_damage.h"
#include "codec/formats/internal/series_gatherer.h"
#include "codec/formats/internal/stop_wish.h"
#include "codec/formats/internal/ulog_records.h"
#include "codec/formats/internal/ulog_topics.h"

namespace fovea {
namespace {

using codec_internal::ByteWindow;
using codec_internal::FileDamage;
using codec_internal::LittleAt;
using codec_internal::SeriesGatherer;
using codec_internal::UlogField;
using codec_internal::UlogPart;
using codec_internal::UlogRecord;
using codec_internal::UlogRecords;
using codec_internal::UlogTopic;
using codec_internal::UlogTopics;

class UlogSource : public Source {
 public:
  UlogSource(std::unique_ptr<UlogRecords> records, const SourceOptions& options)
      : options_(options),
        records_(std::move(records)),
        topics_(options.limits),
        stop_(options.stop) {}

  absl::Status Prepare();

  const SourceInfo& info() const override { return info_; }
  absl::StatusOr<std::optional<SourceItem>> Next() override;
  void Stop() override { stop_.Set(); }

 private:
  absl::Status At(const absl::Status& status) const;
  absl::Status Scan();
  void FillInfo();
  void End(absl::Status status);
  bool IsPastEnd(int64_t time_ns) const;
  void Take(const UlogRecord& record);
  void TakeData(const UlogRecord& record);
  void TakeText(const UlogRecord& record);
  void TakeDropout(const UlogRecord& record);

  const SourceOptions options_;
  const std::unique_ptr<UlogRecords> records_;
  UlogTopics topics_;
  SourceInfo info_;
  FileDamage damage_;
  std::optional<SeriesGatherer> gatherer_;
  std::vector<double> row_;
  std::optional<int64_t> main_ns_;  // of the main topic's last data
  bool ended_ = false;
  absl::Status end_;
  StopWish stop_;
};

absl::Status UlogSource::At(const absl::Status& status) const {
  return absl::Status(status.code(),
                      absl::StrCat(records_->file().name(), ": ",
                                   std::string(status.message())));
}

absl::Status UlogSource::Scan() {
  while (!stop_.IsSet()) {
    const auto record = records_->Next();
    if (!record.ok()) return record.status();
    if (!record->has_value()) return absl::OkStatus();
    if (absl::Status s = topics_.Scan(**record); !s.ok()) return At(s);
  }
  return absl::CancelledError("interrupted");
}

void UlogSource::FillInfo() {
  info_.name = records_->file().name();
  info_.container = "ulog";
  info_.bytes = static_cast<int64_t>(records_->file().size());
  topics_.MakeTracks(&info_.tracks);
  if (const UlogTopic* main = topics_.main(); main != nullptr) {
    info_.duration_ns = std::max(int64_t{0}, *main->last_ns - *main->first_ns);
  }
  info_.notes = topics_.Notes();
  damage_ = records_->damage();
  damage_.Add(topics_.damage());
  if (damage_.places > 0) {
    info_.notes.push_back("damaged: " + damage_.Text());
  }
}

absl::Status UlogSource::Prepare() {
  if (absl::Status s = Scan(); !s.ok()) return s;
  FillInfo();
  const bool any =
      std::any_of(info_.tracks.begin(), info_.tracks.end(),
                  [](const Track& track) { return track.rejected.empty(); });
  if (!any) {
    return At(absl::InvalidArgumentError(
        absl::StrCat("a ULog file without a topic that can be read",
                     info_.tracks.empty()
                         ? ""
                         : absl::StrCat(" (", info_.tracks.front().suffix, ": ",
                                        info_.tracks.front().rejected, ")"),
                     damage_.places > 0 ? "; " + damage_.Text() : "",
                     "; 'fovea ingest --opaque' keeps the file as it is")));
  }
  records_->Rewind();
  gatherer_.emplace(info_.tracks.size());
  return absl::OkStatus();
}

bool UlogSource::IsPastEnd(int64_t time_ns) const {
  // Both times are at least 0.
  return options_.max_duration_ns > 0 && topics_.main() != nullptr &&
         time_ns - *topics_.main()->first_ns >= options_.max_duration_ns;
}

void UlogSource::TakeData(const UlogRecord& record) {
  const UlogTopic* const topic = topics_.Find(record);
  if (topic == nullptr || topic->parts.empty()) return;
  const auto data = record.payload.subspan(2);
  int64_t time_ns = 0;
  if (const std::string why = ReadUlogTime(*topic, data, &time_ns);
      !why.empty()) {
    for (const UlogPart& part : topic->parts) {
      gatherer_->Reject(part.track,
                        absl::StrCat("byte ", record.offset, ": ", why));
    }
    return;
  }
  if (IsPastEnd(time_ns)) return;
  if (topic == topics_.main()) main_ns_ = time_ns;
  for (const UlogPart& part : topic->parts) {
    row_.clear();
    for (const UlogField& field : part.fields) {
      row_.push_back(UlogNumber(field.type, data.data() + field.offset));
    }
    gatherer_->AddRow(part.track, time_ns, row_);
  }
}

void UlogSource::TakeText(const UlogRecord& record) {
  auto text = codec_internal::ReadUlogText(record);
  if (!text || !topics_.text_track() || IsPastEnd(text->time_ns)) return;
  OpaquePacket packet;
  packet.data = std::move(text->line);
  packet.time_ns = text->time_ns;
  packet.pts = text->time_ns;
  gatherer_->Put({static_cast<int>(*topics_.text_track()), std::move(packet)});
}

// What was lost lies after the last data that was not.
void UlogSource::TakeDropout(const UlogRecord& record) {
  if (!main_ns_ || topics_.main()->parts.empty()) return;
  const int64_t lost_ns =
      int64_t{LittleAt<uint16_t>(record.payload.data())} * 1'000'000;
  Gap gap{*main_ns_, *main_ns_, "the logger dropped data"};
  if (__builtin_add_overflow(*main_ns_, lost_ns, &gap.end_ns)) return;
  const size_t track = topics_.main()->parts.front().track;
  gatherer_->Put({static_cast<int>(track), std::move(gap)});
}

void UlogSource::Take(const UlogRecord& record) {
  if (record.type == 'D') TakeData(record);
  if (record.type == 'L' || record.type == 'C') TakeText(record);
  if (record.type == 'O') TakeDropout(record);
}

void UlogSource::End(absl::Status status) {
  ended_ = true;
  gatherer_->Flush();
  if (status.ok() && damage_.places > 0) {
    status = At(absl::DataLossError(damage_.Text()));
  }
  end_ = std::move(status);
}

absl::StatusOr<std::optional<SourceItem>> UlogSource::Next() {
  while (!stop_.IsSet()) {
    if (auto item = gatherer_->Take()) return item;
    if (ended_ && !end_.ok()) return end_;
    if (ended_) return std::nullopt;
    const auto record = records_->Next();
    if (record.ok() && record->has_value()) {
      Take(**record);
    } else {
      End(record.status());
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<Source>> OpenOver(
    std::unique_ptr<ByteWindow> bytes, const SourceOptions& options) {
  auto records = UlogRecords::Open(std::move(bytes));
  if (!records.ok()) return records.status();
  auto source = std::make_unique<UlogSource>(*std::move(records), options);
  if (absl::Status s = source->Prepare(); !s.ok()) return s;
  return source;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenUlogSource(
    const std::string& path, const SourceOptions& options) {
  auto bytes = ByteWindow::Open(path);
  if (!bytes.ok()) return bytes.status();
  return OpenOver(*std::move(bytes), options);
}

absl::StatusOr<std::unique_ptr<Source>> OpenUlogMemory(
    const std::string& name, std::span<const uint8_t> bytes,
    const SourceOptions& options) {
  return OpenOver(ByteWindow::Over(name, bytes), options);
}

bool IsUlogHead(std::span<const uint8_t> head) {
  constexpr std::array<uint8_t, 7> kMagic = {0x55, 0x4C, 0x6F, 0x67,
                                             0x01, 0x12, 0x35};
  return head.size() >= kMagic.size() &&
         std::equal(kMagic.begin(), kMagic.end(), head.begin());
}

}  // namespace fovea
