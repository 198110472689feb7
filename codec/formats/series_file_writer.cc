// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/series_file_writer.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/formats/internal/series_file_records.h"
#include "codec/formats/output_file.h"
#include "codec/series_cutter.h"
#include "codec/series_metadata.h"
#include "codec/series_profile.h"
#include "codec/series_window_plan.h"

namespace fovea {
namespace {

using codec_internal::PutEntryHead;
using codec_internal::PutIndex;
using codec_internal::PutRecord;
using codec_internal::SeriesFileEntry;
using codec_internal::SeriesRecord;
using codec_internal::TrackPayload;

// What is kept of a text that a source gave, which may be of any length.
std::string_view Cut(std::string_view text) {
  return text.substr(0, kMaxSeriesTextBytes);
}

}  // namespace

class SeriesFileWriter::State {
 public:
  State(std::unique_ptr<OutputFile> file, int64_t block_ns)
      : file_(std::move(file)), block_ns_(block_ns) {}

  absl::Status Begin(std::span<const SeriesFileInput> inputs) {
    absl::Status status = file_->Write(codec_internal::kSeriesFileHead);
    for (const SeriesFileInput& input : inputs) {
      if (status.ok()) status = AddTrack(input);
    }
    return status;
  }

  absl::Status Add(size_t index, const SeriesBatch& batch) {
    OneTrack& track = *tracks_[index];
    for (size_t i = 0; i < batch.time_ns.size(); ++i) {
      if (track.cutter.IsFull(batch.time_ns[i])) {
        if (absl::Status s = Drain(index); !s.ok()) return s;
      }
      track.cutter.Add(batch, i);
    }
    return absl::OkStatus();
  }

  absl::Status Add(size_t index, const Gap& gap) {
    if (absl::Status s = Drain(index); !s.ok()) return s;
    SeriesFileEntry entry;
    entry.kind = SeriesRecord::kGap;
    entry.track = index;
    entry.least_ns = gap.start_ns;
    entry.most_ns = std::max(gap.start_ns, gap.end_ns);
    return Put(entry, Bytes(Cut(gap.reason)));
  }

  absl::Status Add(size_t index, const Rejected& rejected) {
    SeriesFileEntry entry;
    entry.kind = SeriesRecord::kRejected;
    entry.track = index;
    entry.rows = static_cast<uint64_t>(std::max<int64_t>(rejected.samples, 0));
    return Put(entry, Bytes(Cut(rejected.reason)));
  }

  absl::Status Finish() {
    for (size_t i = 0; i < tracks_.size(); ++i) {
      if (absl::Status s = Drain(i); !s.ok()) return s;
    }
    std::vector<uint8_t> payload;
    PutIndex(entries_, &payload);
    std::vector<uint8_t> tail;
    const uint64_t at = file_->bytes();
    PutRecord(SeriesRecord::kIndex, payload, &tail);
    PutU64(at, &tail);
    tail.insert(tail.end(), codec_internal::kSeriesFileTail.begin(),
                codec_internal::kSeriesFileTail.end());
    if (absl::Status s = file_->Write(tail); !s.ok()) return s;
    return file_->Finish();
  }

  uint64_t bytes() const { return file_->bytes(); }
  uint64_t block_bytes(size_t track) const { return tracks_[track]->bytes; }
  size_t blocks(size_t track) const { return tracks_[track]->blocks; }

 private:
  struct OneTrack {
    size_t channels = 0;
    SeriesCoding coding;
    decltype(SeriesFileInput::encode) encode;
    std::optional<SeriesProfile> profile;
    SeriesCutter cutter;
    uint64_t bytes = 0;
    size_t blocks = 0;
  };

  static std::span<const uint8_t> Bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  }

  absl::Status AddTrack(const SeriesFileInput& input) {
    const auto payload = TrackPayload({input.track, input.coding_text});
    if (!payload.ok()) {
      return absl::Status(
          payload.status().code(),
          absl::StrCat(file_->path(), ": ",
                       std::string(payload.status().message())));
    }
    const size_t channels = input.track.series.channels.size();
    auto track = std::make_unique<OneTrack>(OneTrack{
        channels, input.coding, input.encode, std::nullopt,
        input.block_rows > 0 ? SeriesCutter::OfRows(channels, input.block_rows)
                             : SeriesCutter(channels, block_ns_)});
    std::vector<uint8_t> records;
    PutRecord(SeriesRecord::kTrack, *payload, &records);
    if (!input.profile.empty()) {
      auto profile = SeriesProfile::Parse(input.profile);
      if (!profile.ok()) return profile.status();
      if (profile->channels() != channels) {
        return absl::InvalidArgumentError(
            absl::StrCat(file_->path(), ": a profile of ", profile->channels(),
                         " channels for a track of ", channels));
      }
      track->profile = *std::move(profile);
      PutRecord(SeriesRecord::kProfile, input.profile, &records);
    }
    if (!input.plan.empty()) {
      const auto plan = SeriesWindowPlan::Parse(input.plan);
      if (!plan.ok()) return plan.status();
      if (plan->channels() != channels) {
        return absl::InvalidArgumentError(
            absl::StrCat(file_->path(), ": a window plan of ", plan->channels(),
                         " channels for a track of ", channels));
      }
      PutRecord(SeriesRecord::kPlan, input.plan, &records);
    }
    track->coding.metadata = codec_internal::TakeTrack(*payload)->metadata;
    track->coding.profile = track->profile ? &*track->profile : nullptr;
    tracks_.push_back(std::move(track));
    return file_->Write(records);
  }

  absl::Status Drain(size_t index) {
    OneTrack& track = *tracks_[index];
    const SeriesBatch block = track.cutter.Take();
    if (block.time_ns.empty()) return absl::OkStatus();
    const auto bytes =
        track.encode ? track.encode(block, track.coding)
                     : EncodeSeriesBlock(block, track.channels, track.coding);
    if (!bytes.ok()) return bytes.status();
    const auto [least, most] =
        std::minmax_element(block.time_ns.begin(), block.time_ns.end());
    SeriesFileEntry entry;
    entry.track = index;
    entry.rows = block.time_ns.size();
    entry.least_ns = *least;
    entry.most_ns = *most;
    track.bytes += bytes->size();
    ++track.blocks;
    return Put(entry, *bytes);
  }

  absl::Status Put(SeriesFileEntry entry, std::span<const uint8_t> rest) {
    entry.offset = file_->bytes();
    std::vector<uint8_t> payload, record;
    PutEntryHead(entry, &payload);
    payload.insert(payload.end(), rest.begin(), rest.end());
    PutRecord(entry.kind, payload, &record);
    entries_.push_back(entry);
    return file_->Write(record);
  }

  const std::unique_ptr<OutputFile> file_;
  const int64_t block_ns_;
  std::vector<std::unique_ptr<OneTrack>> tracks_;
  std::vector<SeriesFileEntry> entries_;
};

SeriesFileWriter::SeriesFileWriter(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
SeriesFileWriter::~SeriesFileWriter() = default;

absl::StatusOr<std::unique_ptr<SeriesFileWriter>> SeriesFileWriter::Create(
    const std::string& path, std::span<const SeriesFileInput> inputs,
    int64_t block_ns) {
  const size_t most = FormatLimits().max_series_file_tracks;
  if (inputs.empty() || inputs.size() > most || block_ns < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected 1 to ", most,
                     " tracks, and blocks of at least 1 ns"));
  }
  auto file = OutputFile::Create(path);
  if (!file.ok()) return file.status();
  auto state = std::make_unique<State>(*std::move(file), block_ns);
  if (absl::Status s = state->Begin(inputs); !s.ok()) return s;
  return std::unique_ptr<SeriesFileWriter>(
      new SeriesFileWriter(std::move(state)));
}

absl::Status SeriesFileWriter::Add(size_t track, const SeriesBatch& batch) {
  return state_->Add(track, batch);
}
absl::Status SeriesFileWriter::Add(size_t track, const Gap& gap) {
  return state_->Add(track, gap);
}
absl::Status SeriesFileWriter::Add(size_t track, const Rejected& rejected) {
  return state_->Add(track, rejected);
}
absl::Status SeriesFileWriter::Finish() { return state_->Finish(); }
uint64_t SeriesFileWriter::bytes() const { return state_->bytes(); }
uint64_t SeriesFileWriter::block_bytes(size_t track) const {
  return state_->block_bytes(track);
}
size_t SeriesFileWriter::blocks(size_t track) const {
  return state_->blocks(track);
}

}  // namespace fovea
