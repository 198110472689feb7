// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/annotate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/stop_flag.h"
#include "api/store.h"
#include "index/frame_index.h"
#include "index/observations.h"
#include "store/chunk_id.h"

namespace fovea {
namespace {

constexpr size_t kObservationsPerCommit = 1 << 14;
// Numbers of models' tracks lie below (api/observation_book.cc).
constexpr uint64_t kFirstTrack = uint64_t{1} << 63;
constexpr int kTrackBits = 40;

// Numbers of one annotator's tracks begin here, so that two who use the same
// numbers do not overwrite each other.
uint64_t FirstTrackOf(const ModelKey& by) {
  const uint64_t name = (uint64_t{by[0]} << 8 | by[1]) & 0x7FFF;
  return kFirstTrack | name << kTrackBits;
}

// One track, or box without one, that grows frame by frame.
class Growing {
 public:
  Growing(StreamId stream, const std::string& label, uint64_t track,
          const ModelKey& by) {
    observation_.stream = stream;
    observation_.label = label;
    observation_.track = track;
    observation_.model = by;
  }

  bool empty() const { return observation_.boxes.empty(); }
  size_t last_frame() const { return last_frame_; }

  bool IsFull(const FrameTime& time) const {
    return observation_.boxes.size() >= kObservationLimits.max_boxes ||
           time.index - observation_.first_index >=
               kObservationLimits.max_frames ||
           time.end_ns - observation_.start_ns >
               kObservationLimits.max_length_ns ||
           time.time_ns < observation_.boxes.back().time_ns;
  }

  void Add(const AnnotatedBox& annotated, const FrameTime& time, size_t frame) {
    Observation& o = observation_;
    if (o.boxes.empty()) {
      o.first_index = time.index;
      o.start_ns = time.time_ns;
    }
    o.last_index = time.index;
    o.end_ns = std::max(time.time_ns, time.end_ns - 1);
    const Box& box = annotated.box;
    const auto score = static_cast<double>(annotated.score);
    o.boxes.push_back(ToObservedBox(
        time.index, time.time_ns, static_cast<double>(box.left),
        static_cast<double>(box.top), static_cast<double>(box.right),
        static_cast<double>(box.bottom), score));
    score_sum_ += score;
    o.mean_score =
        ToObservedScore(score_sum_ / static_cast<double>(o.boxes.size()));
    o.max_score = std::max(o.max_score, ToObservedScore(score));
    for (const auto& [name, value] : annotated.attributes) Set(name, value);
    last_frame_ = frame;
  }

  Observation Take() { return std::move(observation_); }

 private:
  // The first frame that says something of it counts.
  void Set(const std::string& name, const std::string& value) {
    auto& attributes = observation_.attributes;
    const bool known = std::ranges::any_of(
        attributes, [&](const auto& a) { return a.name == name; });
    if (!known) attributes.push_back({name, value});
  }

  Observation observation_;
  double score_sum_ = 0;
  size_t last_frame_ = 0;  // of the annotations
};

class Tracks {
 public:
  Tracks(StreamId stream, const ModelKey& by) : stream_(stream), by_(by) {}

  absl::Status Add(const AnnotatedBox& box, const FrameTime& time,
                   size_t frame) {
    if (!IsLabel(box.label)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "frame ", time.index, ": a box whose label has ", box.label.size(),
          " bytes: 1 to ", kRowLimits.max_label_bytes, " are expected"));
    }
    if (!box.track.has_value()) {
      Growing alone(stream_, box.label, NextLoose(), by_);
      alone.Add(box, time, frame);
      return Put(alone.Take());
    }
    const auto name = std::pair(box.label, *box.track);
    auto found = open_.find(name);
    if (found != open_.end() && (found->second.last_frame() + 1 != frame ||
                                 found->second.IsFull(time))) {
      if (absl::Status s = Put(found->second.Take()); !s.ok()) return s;
      open_.erase(found);
      found = open_.end();
    }
    if (found == open_.end()) {
      found = open_
                  .emplace(name, Growing(stream_, box.label,
                                         NumberOf(*box.track), by_))
                  .first;
    }
    found->second.Add(box, time, frame);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Observation>> Finish() {
    for (auto& [name, track] : open_) {
      if (absl::Status s = Put(track.Take()); !s.ok()) return s;
    }
    return std::move(done_);
  }

 private:
  // Files count their tracks from small numbers, which are kept; others are
  // given one.
  uint64_t NumberOf(uint64_t track) {
    if (track < kLoose) return FirstTrackOf(by_) + track;
    const auto [number, is_new] = renumbered_.emplace(track, 0);
    if (is_new) number->second = NextLoose();
    return number->second;
  }
  uint64_t NextLoose() { return FirstTrackOf(by_) + kLoose + loose_++; }

  absl::Status Put(Observation observation) {
    if (absl::Status s = CheckObservation(observation); !s.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("frame ", observation.first_index, ", '",
                       observation.label, "': ", std::string(s.message())));
    }
    done_.push_back(std::move(observation));
    return absl::OkStatus();
  }

  static constexpr uint64_t kLoose = uint64_t{1} << (kTrackBits - 1);

  const StreamId stream_;
  const ModelKey by_;
  std::map<std::pair<std::string, uint64_t>, Growing> open_;
  std::map<uint64_t, uint64_t> renumbered_;
  uint64_t loose_ = 0;
  std::vector<Observation> done_;
};

// When the annotated frames are shown.
absl::StatusOr<std::vector<FrameTime>> TimesOf(const Annotations& annotations,
                                               const StreamSummary& stream,
                                               StoreReader* store) {
  std::vector<FrameTime> times;
  const FrameIndex index(store);
  std::vector<FrameTime> in_gop;
  uint64_t first = 0;
  for (const AnnotatedFrame& frame : annotations.frames) {
    const uint64_t wanted = frame.index.value_or(0);
    if (in_gop.empty() || wanted - first >= in_gop.size()) {
      const auto found = index.AtIndex(stream.id, wanted);
      if (absl::IsNotFound(found.status())) {
        return absl::InvalidArgumentError(absl::StrCat(
            "frame ", wanted, " is not in stream '", stream.name,
            "', which has ", stream.end_index,
            " frames; --first-number tells what the file counts from"));
      }
      if (!found.ok()) return found.status();
      const auto table = index.Table(found->gop);
      if (!table.ok()) return table.status();
      in_gop = ShownTimes(found->gop, *table);
      first = found->gop.first_index;
    }
    times.push_back(in_gop[wanted - first]);
  }
  return times;
}

absl::StatusOr<int64_t> TakeOut(ChunkStore* store, StreamId stream,
                                const ModelKey& by, bool commit) {
  CommitBatch batch;
  const auto removed = Observations(store).RemoveModel(stream, "", by, &batch);
  if (!removed.ok() || *removed == 0 || !commit) return removed;
  if (auto s = store->Commit(std::move(batch)); !s.ok()) return s.status();
  return removed;
}

absl::Status PutInCommits(ChunkStore* store,
                          std::span<const Observation> observations,
                          const std::atomic<bool>* stop) {
  for (size_t at = 0; at < observations.size(); at += kObservationsPerCommit) {
    if (Stopped(stop)) {
      return absl::CancelledError(
          absl::StrCat("interrupted: ", at, " of ", observations.size(),
                       " observations are in; --replace begins anew"));
    }
    CommitBatch batch;
    const size_t count =
        std::min(kObservationsPerCommit, observations.size() - at);
    if (absl::Status s =
            Observations(store).PutAll(observations.subspan(at, count), &batch);
        !s.ok()) {
      return s;
    }
    if (auto s = store->Commit(std::move(batch)); !s.ok()) return s.status();
  }
  return absl::OkStatus();
}

AnnotateReport ReportOf(Annotations annotations,
                        std::span<const Observation> observations) {
  AnnotateReport report;
  report.frames = static_cast<int64_t>(annotations.frames.size());
  for (const AnnotatedFrame& frame : annotations.frames) {
    report.boxes += static_cast<int64_t>(frame.boxes.size());
  }
  report.observations = static_cast<int64_t>(observations.size());
  for (const Observation& o : observations) ++report.labels[o.label];
  report.made_boxes = std::move(annotations.made_boxes);
  report.passed_over = std::move(annotations.passed_over);
  return report;
}

}  // namespace

ModelKey AnnotatorKey(const std::string& by) {
  const std::string text = "fovea annotations/1 by " + by;
  return ChunkId::Of(
             {reinterpret_cast<const uint8_t*>(text.data()), text.size()})
      .bytes;
}

absl::StatusOr<std::vector<Observation>> ObservationsOf(
    const Annotations& annotations, std::span<const FrameTime> times,
    StreamId stream, const ModelKey& by) {
  Tracks tracks(stream, by);
  for (size_t i = 0; i < annotations.frames.size(); ++i) {
    for (const AnnotatedBox& box : annotations.frames[i].boxes) {
      if (absl::Status s = tracks.Add(box, times[i], i); !s.ok()) return s;
    }
  }
  return tracks.Finish();
}

absl::StatusOr<AnnotateReport> Store::Annotate(const std::string& stream,
                                               const std::string& path,
                                               const AnnotateOptions& options,
                                               const std::atomic<bool>* stop) {
  const auto summary = Describe(stream);
  if (!summary.ok()) return summary.status();
  if (summary->description.kind != StreamKind::kCamera) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream '", stream, "' is no camera"));
  }
  AnnotationOptions file = options.file;
  file.width = summary->description.camera.width;
  file.height = summary->description.camera.height;
  auto annotations = ReadAnnotations(path, file);
  if (!annotations.ok()) return annotations.status();
  const auto named = [&](const absl::Status& status) {
    return absl::Status(
        status.code(), absl::StrCat(path, ": ", std::string(status.message())));
  };
  const auto times = TimesOf(*annotations, *summary, chunks_.get());
  if (!times.ok()) return named(times.status());
  const ModelKey by = AnnotatorKey(options.by);
  const auto observations =
      ObservationsOf(*annotations, *times, summary->id, by);
  if (!observations.ok()) return named(observations.status());
  const absl::ReaderMutexLock lock(&observed_);
  const auto before =
      TakeOut(chunks_.get(), summary->id, by, /*commit=*/options.replace);
  if (!before.ok()) return before.status();
  if (*before > 0 && !options.replace) {
    return absl::AlreadyExistsError(absl::StrCat(
        "stream '", stream, "' has ", *before, " observations by '", options.by,
        "'; --replace takes them out, --by adds another's"));
  }
  if (auto s = PutInCommits(chunks_.get(), *observations, stop); !s.ok()) {
    return s;
  }
  AnnotateReport report = ReportOf(*std::move(annotations), *observations);
  report.replaced = *before;
  return report;
}

}  // namespace fovea
