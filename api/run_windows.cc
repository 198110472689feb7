// SPDX-License-Identifier: GPL-2.0-or-later
//
// The samples are gone through twice: once to find the windows that are to be
// looked at, of which what the model said before is taken out, and once to
// look at them. Cutting windows takes little beside any model.

#include "api/run_windows.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/look_book.h"
#include "api/look_spans.h"
#include "api/observation_book.h"
#include "api/stop_flag.h"
#include "api/stream_commit.h"
#include "api/system_clock.h"
#include "api/window_reader.h"
#include "index/observations.h"

namespace fovea {
namespace {

constexpr uint64_t kCommitWindows = 4096;

const ModelDescription& DescriptionOf(const RunWindowsOptions& options) {
  return options.model != nullptr ? options.model->description()
                                  : *options.absent;
}

// Samples of the series between two windows.
uint64_t StepOf(const ModelCard& card, const SeriesInfo& series, int hop) {
  const double ratio = series.rate_hz > 0 ? series.rate_hz / card.rate_hz : 1;
  return static_cast<uint64_t>(std::max(1.0, std::ceil(ratio * hop)));
}

class WindowRun {
 public:
  WindowRun(Store* store, StreamSummary stream,
            const RunWindowsOptions& options,
            const std::function<void(int64_t, int64_t)>& progress,
            const std::atomic<bool>* stop)
      : whole_(store),
        store_(store->chunks()),
        stream_(std::move(stream)),
        options_(options),
        model_(DescriptionOf(options)),
        hop_(HopOf(model_.card, options.hop)),
        step_(StepOf(model_.card, stream_.description.series, hop_)),
        progress_(progress),
        stop_(stop),
        book_(stream_.id) {
    report_.model = model_.id;
    report_.window = model_.card.window;
    report_.hop = hop_;
    report_.rate_hz = model_.card.rate_hz;
  }

  absl::StatusOr<RunWindowsReport> Go() {
    if (absl::Status s = Plan(); !s.ok()) return s;
    if (options_.dry_run) {
      report_.inferences = to_do_;
      return std::move(report_);
    }
    if (to_do_ > 0 && !report_.stopped) {
      const absl::ReaderMutexLock lock(whole_->observed());
      if (absl::Status s = Begin(); !s.ok()) return s;
      absl::Status s = Visit([this](const StoredWindow& window, bool is_to_do) {
        return Take(window, is_to_do);
      });
      if (!s.ok()) return s;
      EndSpan();
      if (reuse_ != nullptr) reuse_->Reset();
      if (absl::Status end = Commit(); !end.ok()) return end;
    }
    return std::move(report_);
  }

 private:
  using Visitor =
      std::function<absl::StatusOr<bool>(const StoredWindow&, bool)>;

  int64_t Now() const {
    return options_.monotonic_ns ? options_.monotonic_ns() : MonotonicNowNs();
  }

  bool IsToDo(uint64_t index) const {
    return std::ranges::none_of(known_, [&](const LookSpan& span) {
      return span.step <= step_ && span.first_index <= index &&
             index < span.end_index;
    });
  }

  // Each window once, and whether it is to be looked at, until `visit` returns
  // false or the caller stops.
  absl::Status Visit(const Visitor& visit) {
    uint64_t next = 0;
    report_.repeated = 0;
    const auto read =
        ReadWindows(store_, stream_, model_.card, hop_, options_.range,
                    [&](const StoredWindow& window) -> absl::StatusOr<bool> {
                      report_.stopped = Stopped(stop_);
                      if (report_.stopped) return false;
                      const uint64_t index = window.place.first_index;
                      if (index < next) {
                        ++report_.repeated;
                        return true;
                      }
                      next = index + 1;
                      return visit(window, IsToDo(index));
                    });
    if (!read.ok()) return read.status();
    report_.counts = *read;
    return absl::OkStatus();
  }

  absl::Status Plan() {
    auto looks = LookBook::Read(store_, stream_.id);
    if (!looks.ok()) return looks.status();
    looks_ = *std::move(looks);
    if (!options_.again) known_ = looks_->SpansOf(model_.id.digest);
    bool follows = false;
    return Visit([&](const StoredWindow& window, bool is_to_do) {
      const FrameTime middle = MiddleOf(window.place);
      if (!is_to_do) {
        ++report_.looked_at;
      } else {
        ++to_do_;
        if (!follows) todo_.push_back({middle.index, 0, middle.time_ns, 0});
        todo_.back().end_index = middle.index + 1;
        todo_.back().end_ns = std::max(todo_.back().end_ns, middle.end_ns);
      }
      follows = is_to_do;
      return true;
    });
  }

  // The hop in its middle, under the window's own index.
  FrameTime MiddleOf(const WindowPlace& place) const {
    const int held = std::min(hop_, model_.card.window);
    const double period_ns = 1e9 / model_.card.rate_hz;
    const double before = period_ns * (model_.card.window - held) / 2;
    const int64_t start = place.start_ns + std::llround(before);
    return {place.first_index, start, start + std::llround(period_ns * held)};
  }

  // Takes out what the model said before of the windows it is to look at, in
  // one commit with the note that it has not.
  absl::Status Begin() {
    if (absl::Status s = looks_->Enter(model_.id); !s.ok()) return s;
    const auto cut =
        Observations(store_).Cut(stream_.id, todo_, &batch_, &model_.id.digest);
    if (!cut.ok()) return cut.status();
    report_.replaced = cut->removed + cut->trimmed;
    for (const IndexSpan& span : todo_) {
      looks_->Cut(model_.id.digest, {span.first_index, span.end_index});
    }
    if (options_.model != nullptr) {
      if (absl::Status s = options_.model->Restart(); !s.ok()) return s;
    }
    if (options_.reuse) {
      auto reuse = WindowReuse::Open(store_, stream_, &model_, *options_.reuse,
                                     [this] { return Now(); });
      if (!reuse.ok()) return reuse.status();
      reuse_ = *std::move(reuse);
    }
    return Commit();
  }

  absl::StatusOr<bool> Take(const StoredWindow& window, bool is_to_do) {
    if (!is_to_do) {
      LieElsewhere();
      return true;
    }
    if (absl::Status s = Look(window); !s.ok()) return s;
    if (!report_.error.ok()) return false;
    if (progress_) progress_(++done_, to_do_);
    const bool due = ++pending_ >= kCommitWindows ||
                     Now() - committed_ns_ >= options_.commit_age_ns;
    if (due) {
      if (absl::Status s = Commit(); !s.ok()) return s;
    }
    return true;
  }

  void LieElsewhere() {
    if (!looked_from_) return;
    NoteLooks();
    looked_from_.reset();
    EndSpan();
    if (reuse_ != nullptr) reuse_->Reset();
  }

  void EndSpan() {
    book_.EndAll();
    label_.reset();
  }

  absl::Status Look(const StoredWindow& window) {
    const uint64_t index = window.place.first_index;
    if (window.place.stretch != stretch_) EndSpan();
    stretch_ = window.place.stretch;
    const auto answered = AnswerTo(window);
    if (!answered.ok()) return answered.status();
    if (!answered->error.ok()) {
      report_.error = answered->error;
      report_.failed_index = index;
      return absl::OkStatus();
    }
    report_.inferences += answered->run;
    Observe(answered->answer.value_or(Answer()), MiddleOf(window.place));
    if (!looked_from_) looked_from_ = index;
    looked_to_ = index + 1;
    return absl::OkStatus();
  }

  absl::StatusOr<Answered> AnswerTo(const StoredWindow& window) {
    const auto ask = [&]() -> absl::StatusOr<Answer> {
      return options_.model->Ask(window.values, options_.longest_answer_ns);
    };
    if (reuse_ != nullptr) {
      return reuse_->GetOrAsk({window.place.first_index,
                               window.place.end_ns,
                               {window.values, model_.card.rate_hz}},
                              ask);
    }
    Answered answered;
    auto answer = ask();
    answered.run = true;
    answered.error = answer.status();
    if (answer.ok()) answered.answer = *std::move(answer);
    return answered;
  }

  // A class ends where another one begins.
  void Observe(const Answer& answer, const FrameTime& time) {
    const FrameAnswer seen = ObserveWindow(model_, answer);
    std::optional<int> label;
    if (!seen.seen.empty()) label = seen.seen[0].box.label;
    if (label != label_) EndSpan();
    if (label) {
      LabelTime& told = report_.labels[LabelOf(model_, *label)];
      told.spans += label != label_;
      told.time_ns += time.end_ns - time.time_ns;
    }
    label_ = label;
    book_.Add(seen, looks_->FirstTrack(model_.id.digest, time.index), time);
  }

  // Where the model was not there it has not looked, whatever was answered.
  void NoteLooks() {
    if (!looked_from_ || options_.model == nullptr) return;
    looks_->Add(model_.id.digest, {*looked_from_, looked_to_, step_});
    looked_from_ = looked_to_;
  }

  absl::Status Commit() {
    NoteLooks();
    for (const Observation& seen : book_.TakeChanged()) {
      absl::Status s = Observations(store_).Put(seen, &batch_);
      if (!s.ok()) return s;
      starts_.emplace(seen.track, seen.start_ns);
    }
    report_.observations = static_cast<int64_t>(starts_.size());
    if (reuse_ != nullptr) {
      report_.reuse = reuse_->Report();
      if (absl::Status s = reuse_->Put(&batch_); !s.ok()) return s;
    }
    looks_->Put(&batch_);
    pending_ = 0;
    committed_ns_ = Now();
    return CommitForStream(store_, stream_.id, std::exchange(batch_, {}));
  }

  Store* const whole_;
  ChunkStore* const store_;
  const StreamSummary stream_;
  const RunWindowsOptions& options_;
  const ModelDescription& model_;
  const int hop_;
  const uint64_t step_;
  const std::function<void(int64_t, int64_t)>& progress_;
  const std::atomic<bool>* const stop_;

  std::optional<LookBook> looks_;
  std::vector<LookSpan> known_;  // what it looked at before
  std::vector<IndexSpan> todo_;  // windows that follow on each other
  int64_t to_do_ = 0, done_ = 0;

  std::unique_ptr<WindowReuse> reuse_;  // null: every window asks the model
  ObservationBook book_;
  std::optional<int> label_;  // told last; none: what comes begins a span
  int64_t stretch_ = 0;
  // Windows looked at since the last commit, or since it lay elsewhere.
  std::optional<uint64_t> looked_from_;
  uint64_t looked_to_ = 0;
  std::set<std::pair<uint64_t, int64_t>> starts_;  // of observations
  CommitBatch batch_;
  uint64_t pending_ = 0;  // windows
  int64_t committed_ns_ = 0;
  RunWindowsReport report_;
};

absl::Status Check(const RunWindowsOptions& options) {
  if ((options.model == nullptr) == (options.absent == nullptr)) {
    return absl::InvalidArgumentError("run: needs a model");
  }
  if (options.model == nullptr && !options.dry_run &&
      !(options.reuse && options.reuse->reuse.offline)) {
    return absl::InvalidArgumentError(
        "run: a model that is not there answers offline alone");
  }
  const ModelDescription& model = DescriptionOf(options);
  if (!TakesWindows(model.card.decoder)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "model ", model.id.name, ": takes pictures, not windows of a series"));
  }
  return absl::OkStatus();
}

}  // namespace

int HopOf(const ModelCard& card, int hop) {
  if (hop != 0) return hop;
  return card.hop > 0 ? card.hop : std::max(1, card.window / 2);
}

absl::StatusOr<RunWindowsReport> RunWindows(
    Store* store, const std::string& stream, const RunWindowsOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop) {
  if (absl::Status s = Check(options); !s.ok()) return s;
  auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  return WindowRun(store, *std::move(summary), options, progress, stop).Go();
}

}  // namespace fovea
