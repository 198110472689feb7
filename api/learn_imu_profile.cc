// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/learn_imu_profile.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/coding_tables.h"
#include "api/device_profiles.h"
#include "api/stop_flag.h"
#include "codec/sample.h"
#include "codec/series_block.h"
#include "codec/series_profile.h"

namespace fovea {
namespace {

constexpr int64_t kBlockNs = 1'000'000'000;
constexpr int64_t kGapNs = 1'000'000'000;  // beyond it time is broken
constexpr int64_t kMostHeldOutRows = 200'000;

using Progress = std::function<void(int64_t, int64_t)>;

absl::Status At(const std::string& source, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(source, ": ", status.message()));
}

SeriesBatch Part(const SeriesBatch& piece, size_t channels, size_t begin,
                 size_t end) {
  const auto at = [](size_t offset) {
    return static_cast<std::ptrdiff_t>(offset);
  };
  const auto time = piece.time_ns.begin();
  const auto value = piece.values.begin();
  return {{time + at(begin), time + at(end)},
          {value + at(begin * channels), value + at(end * channels)}};
}

// What the sources hold, in pieces of unbroken time.
class Recordings {
 public:
  Recordings(const LearnImuProfileOptions& options, const Progress& progress,
             const std::atomic<bool>* stop)
      : options_(options), progress_(progress), stop_(stop) {}

  // All that follows is of this series, until the next one begins.
  absl::Status Begin(SeriesInfo series) {
    if (!options_.device.empty()) series.device = options_.device;
    SeriesMetadata metadata = MetadataOf(series);
    metadata.rules.clear();  // a device has none; its recordings do
    broken_ = true;
    if (metadata_.channels.empty()) {
      metadata_ = std::move(metadata);
      return absl::OkStatus();
    }
    const absl::Status same = CheckSameDevice(metadata, metadata_);
    if (!same.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(same.message(), " as the sources before"));
    }
    if (metadata_.device.empty()) metadata_.device = metadata.device;
    return absl::OkStatus();
  }

  // False once there is enough, or all is to stop.
  bool Add(const SeriesBatch& batch) {
    const size_t width = channels();
    for (size_t i = 0; i < batch.time_ns.size() && !full(); ++i) {
      const int64_t time_ns = batch.time_ns[i];
      if (broken_ || time_ns < last_ns_ || time_ns - last_ns_ > kGapNs) {
        pieces_.emplace_back();
      }
      broken_ = false;
      last_ns_ = time_ns;
      pieces_.back().time_ns.push_back(time_ns);
      const auto row =
          batch.values.begin() + static_cast<std::ptrdiff_t>(i * width);
      pieces_.back().values.insert(pieces_.back().values.end(), row,
                                   row + static_cast<std::ptrdiff_t>(width));
      ++rows_;
    }
    if (progress_) progress_(rows_, 0);
    return !full() && !Stopped(stop_);
  }
  void Break() { broken_ = true; }

  bool full() const { return rows_ >= options_.most_rows; }
  int64_t rows() const { return rows_; }
  size_t channels() const { return metadata_.channels.size(); }
  const SeriesMetadata& metadata() const { return metadata_; }
  const std::vector<SeriesBatch>& pieces() const { return pieces_; }

 private:
  const LearnImuProfileOptions& options_;
  const Progress& progress_;
  const std::atomic<bool>* const stop_;
  SeriesMetadata metadata_;
  std::vector<SeriesBatch> pieces_;
  int64_t rows_ = 0;
  int64_t last_ns_ = 0;
  bool broken_ = true;
};

absl::Status ReadStream(Store* store, const StreamSummary& stream,
                        TimeRange range, Recordings* recordings) {
  if (stream.description.kind != StreamKind::kImu) {
    return absl::InvalidArgumentError(
        absl::StrCat("is ", StreamKindName(stream.description.kind),
                     ", profiles are of imu streams"));
  }
  const absl::Status begun = recordings->Begin(stream.description.series);
  if (!begun.ok()) return begun;
  return store->ReadSeries(stream.name, range, [&](const SeriesBatch& batch) {
    return recordings->Add(batch);
  });
}

// The index of the track to learn from.
absl::StatusOr<int> ChooseTrack(const SourceInfo& info,
                                const std::string& suffix) {
  std::vector<std::string> names;
  std::optional<int> chosen;
  for (size_t i = 0; i < info.tracks.size(); ++i) {
    const Track& track = info.tracks[i];
    if (track.kind != StreamKind::kImu || !track.rejected.empty()) continue;
    names.push_back(track.suffix.empty() ? "(main)" : track.suffix);
    if (suffix.empty() || suffix == track.suffix) chosen = static_cast<int>(i);
  }
  if (chosen && (!suffix.empty() || names.size() == 1)) return *chosen;
  if (names.empty()) return absl::InvalidArgumentError("has no imu track");
  return absl::InvalidArgumentError(
      absl::StrCat("has the imu tracks ", absl::StrJoin(names, ", "),
                   "; choose one of them with --track"));
}

absl::Status ReadRecording(const std::string& location,
                           const LearnImuProfileOptions& options,
                           const std::atomic<bool>* stop,
                           Recordings* recordings) {
  SourceOptions source_options = options.source;
  source_options.stop = stop;
  auto source = OpenSource(location, source_options);
  if (!source.ok()) return source.status();
  const auto track = ChooseTrack((*source)->info(), options.track);
  if (!track.ok()) return track.status();
  const Track& of = (*source)->info().tracks[static_cast<size_t>(*track)];
  const absl::Status begun = recordings->Begin(of.series);
  if (!begun.ok()) return begun;
  while (true) {
    auto item = (*source)->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) return absl::OkStatus();
    if ((*item)->track != *track) continue;
    if (const auto* batch = std::get_if<SeriesBatch>(&(*item)->value)) {
      if (!recordings->Add(*batch)) return absl::OkStatus();
    } else {
      recordings->Break();
    }
  }
}

absl::Status ReadSource(Store* store, const std::string& name,
                        const LearnImuProfileOptions& options,
                        const std::atomic<bool>* stop, Recordings* recordings) {
  if (store == nullptr) {
    return At(name, ReadRecording(name, options, stop, recordings));
  }
  const auto stream = store->Describe(name);
  if (stream.ok()) {
    return At(name, ReadStream(store, *stream, options.range, recordings));
  }
  if (!absl::IsNotFound(stream.status())) return stream.status();
  const absl::Status read = ReadRecording(name, options, stop, recordings);
  if (!absl::IsNotFound(read)) return At(name, read);
  return absl::NotFoundError(
      absl::StrCat(name, ": no stream of the store, and no file"));
}

// Bytes of blocks of a second.
absl::StatusOr<int64_t> BlockBytesOf(const SeriesBatch& piece, size_t channels,
                                     const SeriesProfile* profile) {
  SeriesCoding coding;
  coding.profile = profile;
  int64_t bytes = 0;
  size_t begin = 0;
  const std::vector<int64_t>& times = piece.time_ns;
  for (size_t end = 1; end <= times.size(); ++end) {
    if (end < times.size() && times[end] - times[begin] < kBlockNs) continue;
    const auto block =
        EncodeSeriesBlock(Part(piece, channels, begin, end), channels, coding);
    if (!block.ok()) return block.status();
    bytes += static_cast<int64_t>(block->size());
    begin = end;
  }
  return bytes;
}

// How much a profile of the earlier halves saves in the later ones.
absl::Status HoldOut(const Recordings& recordings,
                     const std::atomic<bool>* stop, LearntImuProfile* learnt) {
  const size_t channels = recordings.channels();
  std::vector<std::vector<double>> earlier;
  for (const SeriesBatch& piece : recordings.pieces()) {
    earlier.push_back(
        Part(piece, channels, 0, piece.time_ns.size() / 2).values);
  }
  const auto bytes = LearnSeriesProfile(earlier, recordings.metadata());
  if (!bytes.ok()) return absl::OkStatus();  // too little for a judgement
  const auto profile = SeriesProfile::Parse(*bytes);
  if (!profile.ok()) return profile.status();
  for (const SeriesBatch& piece : recordings.pieces()) {
    if (Stopped(stop)) return absl::CancelledError("interrupted");
    const size_t begin = piece.time_ns.size() / 2;
    const auto room =
        static_cast<size_t>(kMostHeldOutRows - learnt->held_out_rows);
    const size_t end = std::min(piece.time_ns.size(), begin + room);
    const SeriesBatch later = Part(piece, channels, begin, end);
    const auto without = BlockBytesOf(later, channels, nullptr);
    if (!without.ok()) return without.status();
    const auto with = BlockBytesOf(later, channels, &*profile);
    if (!with.ok()) return with.status();
    learnt->held_out_rows += static_cast<int64_t>(end - begin);
    learnt->held_out_bytes_without += *without;
    learnt->held_out_bytes_with += *with;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LearntImuProfile> LearnImuProfile(
    Store* store, const LearnImuProfileOptions& options,
    const Progress& progress, const std::atomic<bool>* stop) {
  if (options.sources.empty()) {
    return absl::InvalidArgumentError("imu profile: nothing to learn from");
  }
  Recordings recordings(options, progress, stop);
  for (const std::string& source : options.sources) {
    if (recordings.full()) break;
    const absl::Status read =
        ReadSource(store, source, options, stop, &recordings);
    if (!read.ok()) return read;
    if (Stopped(stop)) return absl::CancelledError("interrupted");
  }
  LearntImuProfile learnt;
  learnt.metadata = recordings.metadata();
  learnt.rows = recordings.rows();
  learnt.pieces = static_cast<int64_t>(recordings.pieces().size());
  std::vector<std::vector<double>> values;
  for (const SeriesBatch& piece : recordings.pieces()) {
    values.push_back(piece.values);
  }
  auto bytes = LearnSeriesProfile(values, recordings.metadata());
  if (!bytes.ok()) return bytes.status();
  learnt.bytes = *std::move(bytes);
  const auto profile = SeriesProfile::Parse(learnt.bytes);
  if (!profile.ok()) return profile.status();
  learnt.id = profile->id();
  const absl::Status judged = HoldOut(recordings, stop, &learnt);
  if (!judged.ok()) return judged;
  return learnt;
}

absl::Status KeepImuProfile(Store* store, const LearntImuProfile& learnt) {
  if (learnt.metadata.device.empty()) {
    return absl::InvalidArgumentError(
        "imu profile: the sources do not say what recorded them; name the "
        "device");
  }
  CommitBatch batch;
  const absl::Status put =
      PutDeviceTable(store->chunks(), CodingTableKind::kSeriesProfile,
                     learnt.metadata.device, learnt.bytes, &batch);
  if (!put.ok()) return put;
  return store->chunks()->Commit(std::move(batch)).status();
}

}  // namespace fovea
