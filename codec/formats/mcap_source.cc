// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/mcap_source.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/internal/byte_window.h"
#include "codec/formats/internal/file_damage.h"
#include "codec/formats/internal/mcap_channels.h"
#include "codec/formats/internal/mcap_records.h"
#include "codec/formats/internal/series_gatherer.h"
#include "codec/formats/internal/stop_wish.h"

namespace fovea {
namespace {

using codec_internal::ByteWindow;
using codec_internal::FileDamage;
using codec_internal::McapChannels;
using codec_internal::McapRecord;
using codec_internal::McapRecords;
using codec_internal::McapRow;
using codec_internal::SeriesGatherer;

class McapSource : public Source {
 public:
  McapSource(std::unique_ptr<McapRecords> records, const SourceOptions& options)
      : options_(options),
        records_(std::move(records)),
        channels_(options.limits),
        stop_(options.stop) {}

  absl::Status Prepare();

  const SourceInfo& info() const override { return info_; }
  absl::StatusOr<std::optional<SourceItem>> Next() override;
  void Stop() override { stop_.Set(); }

 private:
  absl::Status At(const absl::Status& status) const;
  absl::Status Scan();
  void FillInfo();
  std::string WhyNothing() const;
  void End(absl::Status status);
  bool IsPastEnd(int64_t time_ns) const;
  void Take(const McapRecord& record);

  const SourceOptions options_;
  const std::unique_ptr<McapRecords> records_;
  McapChannels channels_;
  SourceInfo info_;
  FileDamage damage_;
  std::optional<SeriesGatherer> gatherer_;
  McapRow row_;
  bool ended_ = false;
  absl::Status end_;
  StopWish stop_;
};

absl::Status McapSource::At(const absl::Status& status) const {
  return absl::Status(status.code(),
                      absl::StrCat(records_->file().name(), ": ",
                                   std::string(status.message())));
}

absl::Status McapSource::Scan() {
  while (!stop_.IsSet()) {
    const auto record = records_->Next();
    if (!record.ok()) return record.status();
    if (!record->has_value()) return absl::OkStatus();
    if (absl::Status s = channels_.Scan(**record); !s.ok()) return At(s);
  }
  return absl::CancelledError("interrupted");
}

void McapSource::FillInfo() {
  info_.name = records_->file().name();
  info_.container = "mcap";
  info_.bytes = static_cast<int64_t>(records_->file().size());
  int64_t span = 0;
  if (!__builtin_sub_overflow(channels_.last_ns().value_or(0),
                              channels_.first_ns().value_or(0), &span)) {
    info_.duration_ns = span;
  }
  channels_.MakeTracks(&info_.tracks);
  info_.notes = channels_.Notes();
  if (records_->attachments() > 0) {
    info_.notes.push_back(absl::StrCat(
        records_->attachments(),
        " attachments and metadata records are no samples and stay behind; "
        "--opaque keeps the whole file"));
  }
  damage_ = records_->damage();
  damage_.Add(channels_.damage());
  if (damage_.places > 0) {
    info_.notes.push_back("damaged: " + damage_.Text());
  }
}

std::string McapSource::WhyNothing() const {
  std::string text = "no channel of sensor_msgs/msg/Imu or of our own series";
  if (!info_.tracks.empty()) {
    absl::StrAppend(&text, " (", info_.tracks.front().suffix, ": ",
                    info_.tracks.front().rejected, ")");
  }
  if (damage_.places > 0) absl::StrAppend(&text, "; ", damage_.Text());
  return text + "; 'fovea ingest --opaque' keeps the file as it is";
}

absl::Status McapSource::Prepare() {
  if (absl::Status s = Scan(); !s.ok()) return s;
  FillInfo();
  const bool any =
      std::any_of(info_.tracks.begin(), info_.tracks.end(),
                  [](const Track& track) { return track.rejected.empty(); });
  if (!any) return At(absl::InvalidArgumentError(WhyNothing()));
  records_->Rewind();
  channels_.Rewind();
  gatherer_.emplace(info_.tracks.size());
  return absl::OkStatus();
}

bool McapSource::IsPastEnd(int64_t time_ns) const {
  // Both are at least 0.
  return options_.max_duration_ns > 0 &&
         time_ns - *channels_.first_ns() >= options_.max_duration_ns;
}

void McapSource::Take(const McapRecord& record) {
  if (!channels_.Read(record, &row_)) return;
  if (!row_.fault.empty()) {
    gatherer_->Reject(row_.track,
                      absl::StrCat("byte ", record.offset, ": ", row_.fault));
  } else if (!IsPastEnd(row_.time_ns)) {
    gatherer_->AddRow(row_.track, row_.time_ns, row_.values);
  }
}

void McapSource::End(absl::Status status) {
  ended_ = true;
  gatherer_->Flush();
  if (status.ok() && damage_.places > 0) {
    status = At(absl::DataLossError(damage_.Text()));
  }
  end_ = std::move(status);
}

absl::StatusOr<std::optional<SourceItem>> McapSource::Next() {
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
  auto records = McapRecords::Open(std::move(bytes), options.limits);
  if (!records.ok()) return records.status();
  auto source = std::make_unique<McapSource>(*std::move(records), options);
  if (absl::Status s = source->Prepare(); !s.ok()) return s;
  return source;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenMcapSource(
    const std::string& path, const SourceOptions& options) {
  auto bytes = ByteWindow::Open(path);
  if (!bytes.ok()) return bytes.status();
  return OpenOver(*std::move(bytes), options);
}

absl::StatusOr<std::unique_ptr<Source>> OpenMcapMemory(
    const std::string& name, std::span<const uint8_t> bytes,
    const SourceOptions& options) {
  return OpenOver(ByteWindow::Over(name, bytes), options);
}

bool IsMcapHead(std::span<const uint8_t> head) {
  constexpr std::array<uint8_t, 8> kMagic = {0x89, 'M', 'C',  'A',
                                             'P',  '0', '\r', '\n'};
  return head.size() >= kMagic.size() &&
         std::equal(kMagic.begin(), kMagic.end(), head.begin());
}

}  // namespace fovea
