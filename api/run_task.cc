// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/run_task.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "api/answer_promise.h"
#include "index/observations.h"

namespace fovea {

const ModelDescription& Asked::description() const {
  if (network != nullptr) return network->description();
  return program != nullptr ? program->description() : *absent;
}

absl::StatusOr<Answer> Asked::Ask(const Frame& frame, const ColorInfo& color,
                                  int64_t longest_ns) const {
  if (network != nullptr) return network->Infer(frame, color);
  if (program != nullptr) return program->Ask(frame, color, longest_ns);
  return absl::UnavailableError(
      absl::StrCat("model '", absent->id.name, "' is not there"));
}

RunTask::RunTask(const Asked& asked, StreamId stream)
    : asked_(asked), stream_(stream), book_(stream) {
  run_.model = description().id;
}

absl::Status RunTask::Start(ChunkStore* store, const RunOptions& options,
                            std::function<int64_t()> monotonic_ns) {
  originals_.emplace(store, stream_, &description());
  if (options.reuse) {
    auto reuse = ModelReuse::Open(store, stream_, &description(),
                                  *options.reuse, std::move(monotonic_ns));
    if (!reuse.ok()) return reuse.status();
    reuse_ = *std::move(reuse);
  }
  return asked_.program == nullptr ? absl::OkStatus()
                                   : asked_.program->Restart();
}

absl::Status RunTask::ForgetGiven() {
  for (const FrameSpan& span : todo_) {
    if (absl::Status s = originals_->Forget(span); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status RunTask::Promise(StoreReader* store, const RunOptions& options,
                              const LookBook& looks, CommitBatch* batch) const {
  if (todo_.empty()) return absl::OkStatus();
  AnswerPromise promise;
  if (options.reuse) promise = {options.reuse->max_error, options.reuse->loss};
  const bool anew = looks.SpansOf(key()).empty();
  return PutPromise(store, stream_, key(), promise, anew, batch);
}

void RunTask::Plan(const std::vector<FrameSpan>& wanted,
                   const std::vector<LookSpan>& looked, uint64_t step) {
  for (const FrameSpan& span : wanted) {
    for (const FrameSpan& missing : NotLookedAt(looked, span, step)) {
      todo_.push_back(missing);
      to_do_looks_ += static_cast<int64_t>(LooksIn(missing, step));
    }
    run_.reused += static_cast<int64_t>(LooksIn(span, step));
  }
  run_.reused -= to_do_looks_;
}

void RunTask::AllowCopies(StoreReader* store, TwinGops* twins,
                          const RunOptions& options) {
  copies_.emplace(store, twins, stream_, key(), options.reuse);
}

absl::StatusOr<std::optional<KnownLooks>> RunTask::FindKnown(
    std::span<const GopRef> gops, uint64_t step, const LookBook& own) {
  if (!copies_ || failed()) return std::nullopt;
  const FrameSpan frames{gops.front().first_index,
                         gops.front().first_index + gops.front().row.frames};
  if (Within(todo_, frames).empty()) return std::nullopt;
  return copies_->Find(gops, todo_, step, own);
}

absl::Status RunTask::Copy(const KnownLooks& known,
                           std::span<const GopRef> gops, uint64_t step,
                           LookBook* looks) {
  const auto taken = copies_->Take(known, gops, *looks);
  if (!taken.ok()) return taken.status();
  if (!*taken) return absl::OkStatus();
  if (absl::Status s = NoteCopied(known, step); !s.ok()) return s;
  for (const LookSpan& span : known.looks) looks->Add(key(), span);
  PassOver(known, step);
  return absl::OkStatus();
}

absl::Status RunTask::NoteCopied(const KnownLooks& known, uint64_t step) {
  for (const FrameSpan& span : known.spans) {
    absl::Status noted = originals_->NoteCopied(span, step);
    if (!noted.ok()) return noted;
    if (reuse_ == nullptr) continue;
    for (uint64_t i = NextLook(span.first_index, step); i < span.end_index;
         i += step) {
      absl::Status s = reuse_->NoteCopied(i, known.from, i - known.shift);
      if (!s.ok()) return s;
    }
  }
  return absl::OkStatus();
}

void RunTask::PassOver(const KnownLooks& known, uint64_t step) {
  for (const FrameSpan& span : known.spans) {
    CutFrames(span, &todo_);
    const auto looks = static_cast<int64_t>(LooksIn(span, step));
    run_.copied += looks;
    to_do_looks_ -= looks;
  }
}

size_t RunTask::SpanAt(uint64_t index) const {
  const auto span =
      std::ranges::upper_bound(todo_, index, {}, &FrameSpan::end_index);
  return static_cast<size_t>(span - todo_.begin());
}

bool RunTask::IsToLookAt(uint64_t index) const {
  if (failed()) return false;
  const size_t span = SpanAt(index);
  return span < todo_.size() && todo_[span].first_index <= index;
}

absl::StatusOr<Answered> RunTask::Answer(const LookedFrame& look,
                                         int64_t longest_ns) {
  const auto ask = [&] {
    return asked_.Ask(*look.frame, *look.color, longest_ns);
  };
  if (reuse_ != nullptr) {
    return reuse_->GetOrAsk(look.shown.index, look.shown.time_ns, *look.grid,
                            *look.frame, ask);
  }
  Answered answered;
  auto answer = ask();
  answered.run = true;
  if (answer.ok()) {
    answered.answer = *std::move(answer);
  } else {
    answered.error = answer.status();
  }
  return answered;
}

absl::Status RunTask::Look(const LookedFrame& look, int64_t longest_ns,
                           const LookBook& looks) {
  const uint64_t index = look.shown.index;
  const uint64_t span = todo_[SpanAt(index)].first_index;
  if (at_ && *at_ != span) {  // it lies elsewhere
    book_.EndAll();
    if (reuse_ != nullptr) reuse_->Reset();
  }
  at_ = span;
  const auto answered = Answer(look, longest_ns);
  if (!answered.ok()) return answered.status();
  GivenAnswer given{nullptr, answered->decision, answered->run, true};
  if (answered->answer) given.answer = &*answered->answer;
  if (!answered->error.ok()) given.decision.kind = DecisionKind::kRunFailed;
  absl::Status judged = originals_->Judge(index, given);
  if (!judged.ok()) return judged;
  if (!answered->error.ok()) {
    run_.error = answered->error;
    run_.failed_index = index;
    return absl::OkStatus();
  }
  run_.inferences += answered->run;
  if (answered->repeated) {
    book_.HoldOn(&description(), look.shown);
    return absl::OkStatus();
  }
  // Where there is no answer, nothing is in sight.
  book_.Add(answered->answer
                ? Observe(description(), *answered->answer, *look.frame)
                : FrameAnswer{&description(), false, {}},
            looks.FirstTrack(key(), index), look.shown);
  return absl::OkStatus();
}

void RunTask::Done(FrameSpan span, uint64_t step, LookBook* looks) const {
  // Where the model was not there it has not looked, whatever was answered.
  if (asked_.absent != nullptr) return;
  if (failed()) span.end_index = std::min(span.end_index, run_.failed_index);
  for (const FrameSpan& part : todo_) {
    const uint64_t first = std::max(part.first_index, span.first_index);
    const uint64_t end = std::min(part.end_index, span.end_index);
    if (first < end) looks->Add(key(), {first, end, step});
  }
}

void RunTask::End() {
  if (reuse_ != nullptr) reuse_->Reset();
}

absl::Status RunTask::Put(ChunkStore* store, CommitBatch* batch) {
  std::vector<Observation> changed = book_.TakeChanged();
  if (copies_) {
    std::ranges::move(copies_->TakeChanged(), std::back_inserter(changed));
  }
  for (const Observation& seen : changed) {
    absl::Status s = Observations(store).Put(seen, batch);
    if (!s.ok()) return s;
    if (tracks_.insert(seen.track).second) ++run_.labels[seen.label];
    if (starts_.emplace(seen.track, seen.start_ns).second) {
      ++run_.observations;
    }
  }
  run_.tracks = static_cast<int64_t>(tracks_.size());
  if (originals_) {
    if (absl::Status s = originals_->MoveTo(batch); !s.ok()) return s;
  }
  if (reuse_ == nullptr) return absl::OkStatus();
  run_.reuse = reuse_->Report();
  return reuse_->Put(batch);
}

}  // namespace fovea
