// SPDX-License-Identifier: GPL-2.0-or-later
//
// GOP by GOP: the frames up to the last one that somebody is to look at are
// decoded, each model is asked about those that are its to look at, and what
// it saw goes into a commit with the note that it has looked. What it said of
// the same GOP elsewhere goes in beside that, without a frame decoded.

#include "api/run_model.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/gop_reader.h"
#include "api/look_book.h"
#include "api/look_spans.h"
#include "api/run_plan.h"
#include "api/run_task.h"
#include "api/shown_frames.h"
#include "api/stop_flag.h"
#include "api/stream_commit.h"
#include "api/system_clock.h"
#include "api/twin_gops.h"
#include "codec/formats/image_reader.h"
#include "codec/grid.h"
#include "index/observations.h"
#include "index/timeline.h"

namespace fovea {
namespace {

constexpr size_t kGopsAtOnce = 64;  // of which rows are held

int64_t FramesIn(const std::vector<FrameSpan>& spans) {
  uint64_t frames = 0;
  for (const FrameSpan& span : spans) {
    frames += span.end_index - span.first_index;
  }
  return static_cast<int64_t>(frames);
}

Timeline TimelineOf(const std::vector<TimeRange>& ranges) {
  std::vector<TimeSpan> spans;
  for (const TimeRange& range : ranges) {
    spans.push_back({range.from_ns, range.to_ns});
  }
  return Timeline(std::move(spans));
}

class Run {
 public:
  Run(Store* store, StreamSummary stream, const RunOptions& options,
      const std::function<void(int64_t, int64_t)>& progress,
      const std::atomic<bool>* stop)
      : whole_(store),
        store_(store->chunks()),
        stream_(std::move(stream)),
        options_(options),
        progress_(progress),
        stop_(stop),
        step_(static_cast<uint64_t>(options.every)),
        reader_(store_, &stream_.description),
        twins_(store_, &stream_) {
    for (Model* model : options.models) AddTask({model, nullptr, nullptr});
    for (ExternalModel* model : options.external_models) {
      AddTask({nullptr, model, nullptr});
    }
    for (const ModelDescription* model : options.absent_models) {
      AddTask({nullptr, nullptr, model});
    }
  }

  absl::StatusOr<RunReport> Go() {
    if (absl::Status s = Plan(); !s.ok()) return s;
    if (options_.dry_run) {
      const absl::Status copied = VisitToDo(
          [this](std::span<const GopRef> gops) { return Copy(gops); });
      if (!copied.ok()) return copied;
    } else if (looks_to_do_ > 0) {
      const absl::ReaderMutexLock lock(whole_->observed());
      if (absl::Status s = Clear(); !s.ok()) return s;
      if (absl::Status s = LookAll(); !s.ok()) return s;
      for (const auto& task : tasks_) task->End();
      if (absl::Status s = Commit(); !s.ok()) return s;
    }
    report_.frames_decoded += reader_.frames_decoded();
    for (const auto& task : tasks_) {
      if (options_.dry_run) task->run().inferences = task->to_do_looks();
      report_.models.push_back(task->run());
    }
    return report_;
  }

 private:
  void AddTask(const Asked& asked) {
    for (const auto& task : tasks_) {
      if (task->key() == asked.description().id.digest) return;
    }
    tasks_.push_back(std::make_unique<RunTask>(asked, stream_.id));
    if (!options_.again) tasks_.back()->AllowCopies(store_, &twins_, options_);
  }

  absl::Status Plan() {
    auto looks = LookBook::Read(store_, stream_.id);
    if (!looks.ok()) return looks.status();
    looks_ = *std::move(looks);
    committed_looks_ = looks_;
    const auto wanted = Wanted();
    if (!wanted.ok()) return wanted.status();
    std::vector<FrameSpan> any;
    for (const auto& task : tasks_) {
      const auto known = options_.again ? std::vector<LookSpan>()
                                        : looks_->SpansOf(task->key());
      task->Plan(*wanted, known, step_);
      any.insert(any.end(), task->todo().begin(), task->todo().end());
      looks_to_do_ += task->to_do_looks();
    }
    todo_ = Joined(std::move(any));
    return absl::OkStatus();
  }

  // The frames asked about; counts them, and those that are passed over.
  absl::StatusOr<std::vector<FrameSpan>> Wanted() {
    auto shown = Shown(options_.ranges);
    if (!shown.ok()) return shown;
    report_.frames = FramesIn(*shown);
    if (!options_.only && !options_.moving) return shown;
    const auto kept = KeptTo();
    if (!kept.ok()) return kept.status();
    if (kept->empty()) {
      report_.frames_passed_over = std::exchange(report_.frames, 0);
      return std::vector<FrameSpan>();
    }
    auto left = Shown(*kept);
    if (!left.ok()) return left;
    report_.frames_passed_over = report_.frames - FramesIn(*left);
    report_.frames = FramesIn(*left);
    return left;
  }

  absl::StatusOr<std::vector<FrameSpan>> Shown(
      const std::vector<TimeRange>& ranges) {
    return FramesShown(store_, stream_.id, OrderOfFrames(stream_.counts),
                       ranges, step_);
  }

  // What `only` and `moving` leave of the ranges; empty means none.
  absl::StatusOr<std::vector<TimeRange>> KeptTo() {
    Timeline kept =
        options_.ranges.empty() ? Timeline::All() : TimelineOf(options_.ranges);
    if (options_.only) {
      const auto clips = ClipTimes();
      if (!clips.ok()) return clips.status();
      kept = kept & *clips;
    }
    if (options_.moving) {
      const auto moving = MovingSpans(store_, stream_.id, TimeSpan::All(),
                                      *options_.moving, &report_.motion);
      if (!moving.ok()) return moving.status();
      kept = kept & *moving;
    }
    std::vector<TimeRange> ranges;
    for (const TimeSpan& run : kept.runs()) {
      ranges.push_back({run.begin_ns, run.end_ns});
    }
    return ranges;
  }

  // The clips of `only` in the stream; one that names no streams is asked of
  // this one alone.
  absl::StatusOr<Timeline> ClipTimes() {
    Query asked = *options_.only;
    if (asked.streams.empty()) asked.streams = {stream_.name};
    auto results = whole_->Query(asked, stop_);
    if (!results.ok()) return results.status();
    std::vector<TimeSpan> spans;
    for (const QueryResult& result : *results) {
      const QueryClip& clip = result.clip();
      if (clip.stream_id != stream_.id) continue;
      spans.push_back({clip.from_ns, clip.to_ns});
    }
    report_.notes = results->notes();
    if (!results->status().ok()) return results->status();
    return Timeline(std::move(spans));
  }

  // Takes out what each model said before of the frames it is to look at, in
  // one commit with the note that it has not.
  absl::Status Clear() {
    for (const auto& task : tasks_) {
      if (absl::Status s = looks_->Enter(task->description().id); !s.ok()) {
        return s;
      }
      const auto now = [this] { return Now(); };
      if (absl::Status s = task->Start(store_, options_, now); !s.ok()) {
        return s;
      }
      const auto spans = WithTimes(store_, stream_.id, task->todo());
      if (!spans.ok()) return spans.status();
      const auto cut =
          Observations(store_).Cut(stream_.id, *spans, &batch_, &task->key());
      if (!cut.ok()) return cut.status();
      task->run().replaced = cut->removed + cut->trimmed;
      for (const FrameSpan& span : task->todo()) {
        looks_->Cut(task->key(), span);
      }
      if (absl::Status s = task->ForgetGiven(); !s.ok()) return s;
      absl::Status promised = task->Promise(store_, options_, *looks_, &batch_);
      if (!promised.ok()) return promised;
      if (absl::Status s = Commit(); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  // Calls `visit` for each GOP with something to do, with others behind it,
  // until it fails or the run has ended.
  absl::Status VisitToDo(
      const std::function<absl::Status(std::span<const GopRef>)>& visit) {
    uint64_t done = 0;  // GOPs are gone through whole
    for (const FrameSpan& span : todo_) {
      FrameSpan rest{std::max(span.first_index, done), span.end_index};
      while (!rest.empty() && !Ended()) {
        const auto gops = GopsOf(store_, stream_.id, rest, kGopsAtOnce);
        if (!gops.ok()) return gops.status();
        if (gops->empty()) break;  // they have gone meanwhile
        for (size_t i = 0; i < gops->size() && !Ended(); ++i) {
          absl::Status s = visit(std::span(*gops).subspan(i));
          if (!s.ok()) return s;
        }
        done = gops->back().first_index + gops->back().row.frames;
        rest.first_index = done;
      }
    }
    report_.stopped = Stopped(stop_);
    return absl::OkStatus();
  }

  absl::Status LookAll() {
    return VisitToDo([this](std::span<const GopRef> gops) {
      if (absl::Status s = Copy(gops); !s.ok()) return s;
      if (absl::Status s = LookAt(gops.front()); !s.ok()) return s;
      return CommitIfDue();
    });
  }

  // What is known of the first of `gops`, and with it of those behind it.
  absl::Status Copy(std::span<const GopRef> gops) {
    for (const auto& task : tasks_) {
      auto known = task->FindKnown(gops, step_, *committed_looks_);
      if (!known.ok()) return known.status();
      if (!*known && gops_pending_ > 0) {
        // What this run saw a moment ago can be copied once it is committed.
        known = task->FindKnown(gops, step_, *looks_);
        if (!known.ok()) return known.status();
        if (*known) {
          if (absl::Status s = Commit(); !s.ok()) return s;
        }
      }
      if (!*known) continue;
      const int64_t before = task->run().copied;
      if (options_.dry_run) {
        task->PassOver(**known, step_);
      } else {
        absl::Status s = task->Copy(**known, gops, step_, &*looks_);
        if (!s.ok()) return s;
      }
      looks_done_ += task->run().copied - before;
    }
    return absl::OkStatus();
  }

  bool Ended() const {
    return Stopped(stop_) || std::ranges::all_of(tasks_, [](const auto& task) {
             return task->failed();
           });
  }

  absl::Status LookAt(const GopRef& gop) {
    const std::vector<uint64_t> due = DueIn(gop);
    FrameSpan done{gop.first_index, gop.first_index + gop.row.frames};
    if (!due.empty()) {
      const absl::Status read = stream_.description.stills
                                    ? LookAtStill(gop)
                                    : LookAtFrames(gop, due, &done);
      if (!read.ok()) return Unread(gop, read);
    }
    for (const auto& task : tasks_) task->Done(done, step_, &*looks_);
    ++gops_pending_;
    return absl::OkStatus();
  }

  std::vector<uint64_t> DueIn(const GopRef& gop) const {
    std::vector<uint64_t> due;
    const uint64_t end = gop.first_index + gop.row.frames;
    for (uint64_t i = NextLook(gop.first_index, step_); i < end; i += step_) {
      const auto wants = [i](const auto& task) { return task->IsToLookAt(i); };
      if (std::ranges::any_of(tasks_, wants)) due.push_back(i);
    }
    return due;
  }

  absl::Status LookAtFrames(const GopRef& gop, const std::vector<uint64_t>& due,
                            FrameSpan* done) {
    const auto table = FrameIndex(store_).Table(gop);
    if (!table.ok()) return table.status();
    const std::vector<FrameTime> times = ShownTimes(gop, *table);
    auto next = due.begin();
    absl::Status asked;
    const absl::Status read =
        reader_.Frames(gop, [&](uint32_t rank, const Frame& frame) {
          const uint64_t index = gop.first_index + rank;
          if (index < *next) return true;
          if (Ended()) {
            done->end_index = index;
            return false;
          }
          asked = Ask(frame, stream_.description.camera.color, times[rank]);
          return asked.ok() && ++next != due.end();
        });
    return asked.ok() ? read : asked;
  }

  absl::Status LookAtStill(const GopRef& gop) {
    const auto still = reader_.Still(gop);
    if (!still.ok()) return still.status();
    auto image = DecodeImage(still->file, FormatLimits());
    if (!image.ok()) return image.status();
    ++report_.frames_decoded;
    image->frame.time_ns = still->time_ns;
    return Ask(image->frame, image->color,
               {gop.first_index, still->time_ns,
                gop.row.start_ns + gop.row.duration_ns});
  }

  absl::Status Ask(const Frame& frame, const ColorInfo& color,
                   const FrameTime& shown) {
    const auto grid = Measure(frame);
    if (!grid.ok()) return grid.status();
    for (const auto& task : tasks_) {
      if (!task->IsToLookAt(shown.index)) continue;
      const absl::Status looked = task->Look(
          {&frame, &color, *grid, shown}, options_.longest_answer_ns, *looks_);
      if (!looked.ok()) return looked;
      ++looks_done_;
    }
    if (progress_) progress_(looks_done_, looks_to_do_);
    return absl::OkStatus();
  }

  // Null where nothing is reused. Pictures of a folder may change in size.
  absl::StatusOr<const Grid*> Measure(const Frame& frame) {
    if (!options_.reuse) return nullptr;
    if (meter_ == nullptr || frame.width != width_ || frame.height != height_) {
      auto meter = GridMeter::Create(frame.width, frame.height);
      if (!meter.ok()) return meter.status();
      meter_ = *std::move(meter);
      width_ = frame.width;
      height_ = frame.height;
    }
    return meter_->Measure(frame);
  }

  // Of a GOP that expired meanwhile nothing is missing.
  absl::Status Unread(const GopRef& gop, const absl::Status& error) {
    const bool damaged = absl::IsDataLoss(error) || absl::IsNotFound(error);
    if (!damaged) return error;
    const auto there = FrameIndex(store_).AtIndex(stream_.id, gop.first_index);
    if (absl::IsNotFound(there.status())) return absl::OkStatus();
    ++report_.gops_unread;
    if (report_.unread.size() < RunReport::kMostUnread) {
      report_.unread.push_back({gop.first_index, error});
    }
    return absl::OkStatus();
  }

  int64_t Now() const {
    return options_.monotonic_ns ? options_.monotonic_ns() : MonotonicNowNs();
  }

  absl::Status CommitIfDue() {
    const bool due = gops_pending_ >= options_.commit_gops ||
                     Now() - committed_ns_ >= options_.commit_age_ns;
    return due ? Commit() : absl::OkStatus();
  }

  absl::Status Commit() {
    for (const auto& task : tasks_) {
      if (absl::Status s = task->Put(store_, &batch_); !s.ok()) return s;
    }
    looks_->Put(&batch_);
    gops_pending_ = 0;
    committed_ns_ = Now();
    committed_looks_ = looks_;
    return CommitForStream(store_, stream_.id, std::exchange(batch_, {}));
  }

  Store* const whole_;
  ChunkStore* const store_;
  const StreamSummary stream_;
  const RunOptions& options_;
  const std::function<void(int64_t, int64_t)>& progress_;
  const std::atomic<bool>* const stop_;
  const uint64_t step_;
  const GopReader reader_;
  TwinGops twins_;
  std::vector<std::unique_ptr<RunTask>> tasks_;
  std::optional<LookBook> looks_, committed_looks_;
  std::unique_ptr<GridMeter> meter_;  // where answers are reused
  int width_ = 0, height_ = 0;        // of its frames
  std::vector<FrameSpan> todo_;       // of any of them
  CommitBatch batch_;
  RunReport report_;
  int64_t looks_to_do_ = 0;
  int64_t looks_done_ = 0;
  int gops_pending_ = 0;
  int64_t committed_ns_ = 0;
};

absl::Status Check(const StreamSummary& stream, const RunOptions& options) {
  if (options.models.empty() && options.external_models.empty() &&
      options.absent_models.empty()) {
    return absl::InvalidArgumentError("run: needs a model");
  }
  if (!options.absent_models.empty() &&
      !(options.reuse && options.reuse->offline)) {
    return absl::InvalidArgumentError(
        "run: a model that is not there answers offline alone");
  }
  if (options.every < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "run: a look every ", options.every, " frames; expected 1 or more"));
  }
  if (stream.description.kind != StreamKind::kCamera) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream '", stream.name, "' is of kind ",
                     StreamKindName(stream.description.kind),
                     "; models are run over cameras"));
  }
  return absl::OkStatus();
}

}  // namespace

bool RunReport::lossy() const {
  return gops_unread > 0 || std::ranges::any_of(models, [](const ModelRun& m) {
           return !m.error.ok();
         });
}

absl::StatusOr<RunReport> RunModels(
    Store* store, const std::string& stream, const RunOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop) {
  auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  if (absl::Status s = Check(*summary, options); !s.ok()) return s;
  return Run(store, *std::move(summary), options, progress, stop).Go();
}

}  // namespace fovea
