// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/file_source.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/gpmf.h"
#include "codec/formats/internal/av_damage.h"
#include "codec/formats/internal/av_demuxer.h"
#include "codec/formats/internal/av_input.h"
#include "codec/formats/internal/av_stream_reader.h"
#include "codec/formats/internal/av_tracks.h"
#include "codec/formats/internal/stop_wish.h"

namespace fovea {
namespace {

// How much is read at opening to see the first picture. A camera track that
// starts later than this is described by the container alone.
constexpr int kMaxPrimedPackets = 4000;
constexpr int64_t kMaxPrimedBytes = 64LL << 20;

// A container whose header promises this much more than it holds is cut.
constexpr int64_t kMinMissingNs = 500'000'000;
constexpr int64_t kMissingShare = 50;  // one part in

int64_t EndOf(const SourceItem& item) {
  return std::visit(
      [](const auto& value) -> int64_t {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, Frame> ||
                      std::is_same_v<T, AccessUnit> ||
                      std::is_same_v<T, OpaquePacket>) {
          int64_t end = 0;
          return __builtin_add_overflow(value.time_ns, value.duration_ns, &end)
                     ? value.time_ns
                     : end;
        }
        return 0;
      },
      item.value);
}

// Whether the item begins what lies beyond `limit_ns` of its track.
bool IsBeyond(const SourceItem& item, int64_t limit_ns) {
  if (const auto* frame = std::get_if<Frame>(&item.value)) {
    return frame->time_ns >= limit_ns;
  }
  if (const auto* unit = std::get_if<AccessUnit>(&item.value)) {
    return unit->keyframe && unit->time_ns >= limit_ns;
  }
  if (const auto* packet = std::get_if<OpaquePacket>(&item.value)) {
    return packet->time_ns >= limit_ns;
  }
  if (const auto* batch = std::get_if<SeriesBatch>(&item.value)) {
    return !batch->time_ns.empty() && batch->time_ns.front() >= limit_ns;
  }
  return false;
}

class FileSource final : public Source {
 public:
  FileSource(std::string name, const SourceOptions& options)
      : options_(options), stop_(options.stop) {
    info_.name = std::move(name);
  }

  absl::Status Open(std::unique_ptr<av::Input> input);

  const SourceInfo& info() const override { return info_; }
  absl::StatusOr<std::optional<SourceItem>> Next() override;
  void Stop() override {
    stop_.Set();
    input_->Stop();
  }

 private:
  void MakeReaders();
  absl::StatusOr<std::unique_ptr<av::StreamReader>> MakeReader(unsigned stream,
                                                               Track* track);
  void ScanGpmf();
  void AddGpmfTracks(std::vector<Track> found);
  void NoteHiddenFrames();
  absl::Status Prime();
  absl::Status CheckUsable() const;
  bool HasCameraItem() const;

  void Pump();
  void Dispatch(const AVPacket& packet);
  void ReadGpmf(const AVPacket& packet);
  GpmfPayload PayloadOf(const AVPacket& packet) const;
  void Finish(absl::Status status);
  absl::Status CheckComplete();
  bool Admit(const SourceItem& item);
  void EndTrack(int track);

  SourceOptions options_;
  SourceInfo info_;
  av::Input* input_ = nullptr;  // the demuxer's
  std::unique_ptr<av::Demuxer> demuxer_;
  std::vector<std::unique_ptr<av::StreamReader>> readers_;  // null: rejected
  std::vector<bool> ended_tracks_;  // by max_duration_ns
  int64_t origin_ns_ = 0;
  int64_t last_end_ns_ = 0;

  std::unique_ptr<GpmfReader> gpmf_;
  int gpmf_stream_ = -1;
  int first_gpmf_track_ = 0;

  av::ItemQueue queue_;
  std::vector<av::DamageCount> damage_;  // per stream
  bool finished_ = false;
  absl::Status end_status_;
  StopWish stop_;
};

absl::Status FileSource::Open(std::unique_ptr<av::Input> input) {
  input_ = input.get();
  if (input->seekable()) info_.bytes = input->size();
  // Keeps the bytes readable for the explanation of a failure.
  const std::unique_ptr<av::Input> copy = input->Clone();
  auto demuxer =
      av::Demuxer::Open(info_.name, std::move(input), options_.limits);
  if (!demuxer.ok()) {
    if (copy == nullptr) return demuxer.status();
    if (demuxer.status().code() == absl::StatusCode::kResourceExhausted) {
      return demuxer.status();
    }
    const std::string prefix = absl::StrCat(info_.name, ": ");
    std::string reason(demuxer.status().message());
    if (reason.rfind(prefix, 0) == 0) reason.erase(0, prefix.size());
    return absl::InvalidArgumentError(prefix +
                                      av::ExplainUnopened(*copy, reason));
  }
  demuxer_ = *std::move(demuxer);
  AVFormatContext& file = demuxer_->file();
  info_.container = demuxer_->container();
  if (file.duration > 0) {
    info_.duration_ns = ToNanoseconds(file.duration, {1, AV_TIME_BASE});
  }
  info_.tracks = av::DescribeTracks(file, options_);
  origin_ns_ = av::OriginOf(file, info_.tracks);
  MakeReaders();
  if (auto usable = CheckUsable(); !usable.ok()) return usable;
  ScanGpmf();
  NoteHiddenFrames();
  ended_tracks_.resize(info_.tracks.size());
  return Prime();
}

void FileSource::MakeReaders() {
  readers_.resize(info_.tracks.size());
  damage_.resize(info_.tracks.size());
  for (unsigned i = 0; i < readers_.size(); ++i) {
    Track& track = info_.tracks[i];
    if (track.rejected.empty()) {
      auto reader = MakeReader(i, &track);
      if (reader.ok()) {
        readers_[i] = *std::move(reader);
      } else {
        track.rejected = std::string(reader.status().message());
      }
    }
    if (readers_[i] == nullptr) {
      demuxer_->file().streams[i]->discard = AVDISCARD_ALL;
    }
  }
}

absl::StatusOr<std::unique_ptr<av::StreamReader>> FileSource::MakeReader(
    unsigned i, Track* track) {
  const AVStream& stream = *demuxer_->file().streams[i];
  av::StreamReaderOptions options;
  options.track = static_cast<int>(i);
  if (stream.time_base.num > 0 && stream.time_base.den > 0) {
    options.clock.base = av::ToRational(stream.time_base);
  }
  options.clock.origin_ns = origin_ns_;
  options.threads = options_.threads;
  options.limits = options_.limits;
  if (track->kind != StreamKind::kCamera) {
    return av::MakeOpaqueReader(stream, options);
  }
  if (track->compressed) return av::MakeUnitReader(stream, options);
  return av::MakeFrameReader(stream, options);
}

absl::Status FileSource::CheckUsable() const {
  std::string found;
  for (size_t i = 0; i < info_.tracks.size(); ++i) {
    const Track& track = info_.tracks[i];
    if (av::IsGpmf(*demuxer_->file().streams[i])) return absl::OkStatus();
    if (track.kind == StreamKind::kCamera && track.rejected.empty()) {
      return absl::OkStatus();
    }
    absl::StrAppend(&found, found.empty() ? "" : "; ", track.codec,
                    track.rejected.empty() ? "" : ": ", track.rejected);
  }
  const std::string text = absl::StrCat(
      info_.name, ": no usable video or sensor track in this ", info_.container,
      " file (", found.empty() ? "it has no tracks" : found, ")");
  return found.find("beyond the limit") != std::string::npos
             ? absl::ResourceExhaustedError(text)
             : absl::InvalidArgumentError(text);
}

GpmfPayload FileSource::PayloadOf(const AVPacket& packet) const {
  const AVStream& stream = *demuxer_->file().streams[packet.stream_index];
  av::StreamClock clock;
  clock.base = av::ToRational(stream.time_base);
  clock.origin_ns = origin_ns_;
  GpmfPayload payload;
  payload.bytes = {packet.data, static_cast<size_t>(std::max(packet.size, 0))};
  const int64_t pts = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
  payload.start_ns = pts != AV_NOPTS_VALUE ? clock.Time(pts) : 0;
  payload.duration_ns = clock.Duration(packet.duration);
  return payload;
}

// A second demuxer reads the telemetry alone, so that rates are known
// before the first sample is delivered.
void FileSource::ScanGpmf() {
  AVFormatContext& file = demuxer_->file();
  for (unsigned i = 0; i < file.nb_streams && gpmf_stream_ < 0; ++i) {
    if (av::IsGpmf(*file.streams[i])) gpmf_stream_ = static_cast<int>(i);
  }
  if (gpmf_stream_ < 0) return;
  std::unique_ptr<av::Input> input = input_->Clone();
  if (input == nullptr) {
    info_.notes.push_back(
        "gpmf: telemetry is kept raw only, a pipe cannot be read twice");
    return;
  }
  auto pass = av::Demuxer::Open(info_.name, std::move(input), options_.limits,
                                /*analyze=*/false);
  if (!pass.ok()) return;
  AVFormatContext& second = (*pass)->file();
  for (unsigned i = 0; i < second.nb_streams; ++i) {
    if (static_cast<int>(i) == gpmf_stream_) continue;
    second.streams[i]->discard = AVDISCARD_ALL;
  }
  gpmf_ = std::make_unique<GpmfReader>(options_.limits);
  while (!stop_.IsSet()) {
    auto packet = (*pass)->Read();
    if (!packet.ok() || *packet == nullptr) break;
    if ((*packet)->stream_index != gpmf_stream_) continue;
    // A damaged payload is reported when it is read for good.
    gpmf_->Scan(PayloadOf(**packet)).IgnoreError();
  }
  AddGpmfTracks(gpmf_->Tracks());
}

void FileSource::AddGpmfTracks(std::vector<Track> found) {
  first_gpmf_track_ = static_cast<int>(info_.tracks.size());
  av::SuffixSet suffixes;
  for (const Track& track : info_.tracks) suffixes.Unique(track.suffix);
  for (Track& track : found) {
    track.suffix = suffixes.Unique(track.suffix);
    info_.tracks.push_back(std::move(track));
  }
  if (found.empty()) gpmf_.reset();
}

// Players do not show what lies outside the edit list; neither do we, but
// the user is told.
void FileSource::NoteHiddenFrames() {
  if (!av::IsMov(*demuxer_)) return;
  for (size_t i = 0; i < readers_.size(); ++i) {
    const Track& track = info_.tracks[i];
    if (track.kind != StreamKind::kCamera || readers_[i] == nullptr) continue;
    const int64_t hidden =
        demuxer_->file().streams[i]->nb_frames - track.expected_samples;
    if (hidden <= 0) continue;
    info_.notes.push_back(absl::StrCat(
        track.suffix.empty() ? "video" : track.suffix, ": ", hidden,
        " frames outside the file's edit list are not shown"));
  }
}

absl::Status FileSource::Prime() {
  for (int i = 0; i < kMaxPrimedPackets && !finished_ && !HasCameraItem();
       ++i) {
    if (demuxer_->file().pb != nullptr &&
        avio_tell(demuxer_->file().pb) > kMaxPrimedBytes) {
      break;
    }
    Pump();
  }
  for (size_t i = 0; i < readers_.size(); ++i) {
    if (readers_[i] == nullptr) continue;
    readers_[i]->Refine(&info_.tracks[i], &info_.notes);
  }
  if (!finished_ || HasCameraItem() || gpmf_ != nullptr) {
    return absl::OkStatus();
  }
  std::string reason;
  for (const SourceItem& item : queue_) {
    const auto* rejected = std::get_if<Rejected>(&item.value);
    if (rejected != nullptr && reason.empty()) reason = rejected->reason;
  }
  if (reason.empty() && !end_status_.ok()) return end_status_;
  if (reason.empty()) reason = "the track is empty; record it again";
  return absl::InvalidArgumentError(
      absl::StrCat(info_.name, ": the video has no frames: ", reason));
}

bool FileSource::HasCameraItem() const {
  return std::any_of(queue_.begin(), queue_.end(), [](const SourceItem& item) {
    return std::holds_alternative<Frame>(item.value) ||
           std::holds_alternative<AccessUnit>(item.value);
  });
}

absl::StatusOr<std::optional<SourceItem>> FileSource::Next() {
  while (!stop_.IsSet()) {
    if (queue_.empty()) {
      if (finished_ && !end_status_.ok()) return end_status_;
      if (finished_) return std::nullopt;
      Pump();
      continue;
    }
    SourceItem item = std::move(queue_.front());
    queue_.pop_front();
    if (Admit(item)) return item;
  }
  return std::nullopt;
}

// Whether the item lies within the duration asked for.
bool FileSource::Admit(const SourceItem& item) {
  last_end_ns_ = std::max(last_end_ns_, EndOf(item));
  if (options_.max_duration_ns <= 0) return true;
  const auto track = static_cast<size_t>(item.track);
  if (ended_tracks_[track]) return false;
  if (!IsBeyond(item, options_.max_duration_ns)) return true;
  EndTrack(item.track);
  return false;
}

void FileSource::EndTrack(int track) {
  const auto index = static_cast<size_t>(track);
  ended_tracks_[index] = true;
  if (index < readers_.size() && track != gpmf_stream_) {
    demuxer_->file().streams[index]->discard = AVDISCARD_ALL;
    readers_[index].reset();
  }
  for (size_t i = 0; i < info_.tracks.size(); ++i) {
    if (info_.tracks[i].rejected.empty() && !ended_tracks_[i]) return;
  }
  finished_ = true;
}

void FileSource::Pump() {
  auto packet = demuxer_->Read();
  if (!packet.ok()) {
    const int64_t offset = avio_tell(demuxer_->file().pb);
    Finish(absl::DataLossError(absl::StrCat(packet.status().message(),
                                            " at byte ", offset,
                                            "; what came before it is kept")));
    return;
  }
  if (*packet == nullptr) {
    Finish(absl::OkStatus());
    return;
  }
  Dispatch(**packet);
}

void FileSource::Dispatch(const AVPacket& packet) {
  const auto stream = static_cast<size_t>(packet.stream_index);
  // Streams that show up late have no track.
  if (stream >= readers_.size() || readers_[stream] == nullptr) return;
  const bool cut = (packet.flags & AV_PKT_FLAG_CORRUPT) != 0;
  if (cut && av::IsMov(*demuxer_)) return;  // counted as beyond the end
  damage_[stream].Note(packet);
  if (packet.stream_index == gpmf_stream_ && gpmf_ != nullptr) {
    ReadGpmf(packet);
  }
  readers_[stream]->Read(packet, &queue_);
}

void FileSource::ReadGpmf(const AVPacket& packet) {
  std::vector<std::pair<int, SeriesBatch>> batches;
  const absl::Status read = gpmf_->Read(PayloadOf(packet), &batches);
  for (auto& [track, batch] : batches) {
    queue_.push_back({first_gpmf_track_ + track, std::move(batch)});
  }
  if (read.ok()) return;
  queue_.push_back(
      {first_gpmf_track_,
       Rejected{1, absl::StrCat("telemetry at byte ", packet.pos, ": ",
                                std::string(read.message()))}});
}

void FileSource::Finish(absl::Status status) {
  finished_ = true;
  for (auto& reader : readers_) {
    if (reader != nullptr) reader->Flush(&queue_);
  }
  for (size_t i = 0; i < damage_.size(); ++i) {
    if (auto remark = damage_[i].Take()) {
      queue_.push_back({static_cast<int>(i), *std::move(remark)});
    }
  }
  end_status_ = std::move(status);
  if (end_status_.ok() && !stop_.IsSet()) end_status_ = CheckComplete();
}

// Compares what was read with what the container's header and index promise.
absl::Status FileSource::CheckComplete() {
  const av::Truncation cut = av::FindTruncation(*demuxer_);
  for (size_t i = 0; i < cut.missing.size() && i < readers_.size(); ++i) {
    if (cut.missing[i] == 0 || readers_[i] == nullptr) continue;
    queue_.push_back(
        {static_cast<int>(i),
         Rejected{cut.missing[i],
                  absl::StrCat("beyond the end of the file at byte ",
                               info_.bytes)}});
  }
  if (cut.offset >= 0) {
    return absl::DataLossError(absl::StrCat(info_.name, ": cut short at byte ",
                                            cut.offset, ": ", cut.detail,
                                            "; what came before it is kept"));
  }
  const AVFormatContext& file = demuxer_->file();
  if (av::IsMov(*demuxer_) || options_.max_duration_ns > 0 ||
      file.duration_estimation_method != AVFMT_DURATION_FROM_STREAM) {
    return absl::OkStatus();
  }
  int64_t end = last_end_ns_;
  for (const SourceItem& item : queue_) end = std::max(end, EndOf(item));
  const int64_t missing = info_.duration_ns - end;
  if (missing < std::max(kMinMissingNs, info_.duration_ns / kMissingShare)) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      info_.name, ": ends at byte ", info_.bytes, " after ", end / 1'000'000,
      " ms, its header says ", info_.duration_ns / 1'000'000,
      " ms; what came before it is kept"));
}

absl::StatusOr<std::unique_ptr<Source>> OpenInput(
    const std::string& name, std::unique_ptr<av::Input> input,
    const SourceOptions& options) {
  if (input == nullptr) return absl::ResourceExhaustedError("no memory");
  auto source = std::make_unique<FileSource>(name, options);
  const absl::Status opened = source->Open(std::move(input));
  if (!opened.ok()) return opened;
  return source;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenFileSource(
    const std::string& path, const SourceOptions& options) {
  auto input = av::Input::OpenFile(path, options.stop);
  if (!input.ok()) return input.status();
  return OpenInput(path, *std::move(input), options);
}

absl::StatusOr<std::unique_ptr<Source>> OpenMemorySource(
    const std::string& name, std::span<const uint8_t> bytes,
    const SourceOptions& options) {
  return OpenInput(name, av::Input::OverMemory(bytes), options);
}

absl::StatusOr<std::unique_ptr<Source>> OpenPipeSource(
    const std::string& name, int descriptor, const SourceOptions& options) {
  return OpenInput(name, av::Input::OverPipe(descriptor, options.stop),
                   options);
}

}  // namespace fovea
