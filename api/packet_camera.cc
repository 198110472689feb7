// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/packet_camera.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/answer_bytes.h"
#include "api/answer_promise.h"
#include "api/run_plan.h"
#include "api/stream_commit.h"
#include "index/observations.h"

namespace fovea {

PacketCamera::PacketCamera(ChunkStore* store, StreamSummary stream,
                           const Asked& asked, const PacketRunOptions* options)
    : store_(store),
      stream_(std::move(stream)),
      asked_(asked),
      options_(*options),
      decoder_(store, &stream_.description),
      book_(stream_.id),
      decisions_(store, stream_.id) {
  report_.stream = stream_.name;
  report_.run.model = asked_.description().id;
}

absl::Status PacketCamera::Plan() {
  auto looks = LookBook::Read(store_, stream_.id);
  if (!looks.ok()) return looks.status();
  looks_ = *std::move(looks);
  const auto wanted =
      FramesShown(store_, stream_.id, OrderOfFrames(stream_.counts),
                  options_.ranges, /*step=*/1);
  if (!wanted.ok()) return wanted.status();
  const std::vector<LookSpan> known =
      options_.again ? std::vector<LookSpan>()
                     : looks_->SpansOf(report_.run.model.digest);
  std::vector<FrameSpan> missing;
  for (const FrameSpan& span : *wanted) {
    report_.known += static_cast<int64_t>(span.end_index - span.first_index);
    // However seldom it looked.
    for (const FrameSpan& part : NotLookedAt(known, span, UINT64_MAX)) {
      missing.push_back(part);
    }
  }
  auto todo = WholeGops(missing);
  if (!todo.ok()) return todo.status();
  todo_ = *std::move(todo);
  report_.known = std::max<int64_t>(0, report_.known - packets_to_do_);
  cursor_.emplace(store_, stream_.id, todo_);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<FrameSpan>> PacketCamera::WholeGops(
    const std::vector<FrameSpan>& frames) {
  std::vector<FrameSpan> whole;
  uint64_t done = 0;
  for (const FrameSpan& span : frames) {
    const auto gops =
        GopsOf(store_, stream_.id,
               {std::max(span.first_index, done), span.end_index}, SIZE_MAX);
    if (!gops.ok()) return gops.status();
    for (const GopRef& gop : *gops) {
      done = gop.first_index + gop.row.frames;
      whole.push_back({gop.first_index, done});
      packets_to_do_ += gop.row.frames;
      duration_ns_ += gop.row.duration_ns;
    }
  }
  return Joined(std::move(whole));
}

std::optional<int64_t> PacketCamera::interval_ns() const {
  if (packets_to_do_ == 0) return std::nullopt;
  return std::max<int64_t>(1, duration_ns_ / packets_to_do_);
}

absl::Status PacketCamera::Clear() {
  const ModelId& model = report_.run.model;
  if (absl::Status s = looks_->Enter(model); !s.ok()) return s;
  const auto spans = WithTimes(store_, stream_.id, todo_);
  if (!spans.ok()) return spans.status();
  const auto cut =
      Observations(store_).Cut(stream_.id, *spans, &batch_, &model.digest);
  if (!cut.ok()) return cut.status();
  report_.run.replaced = cut->removed + cut->trimmed;
  for (const FrameSpan& span : todo_) looks_->Cut(model.digest, span);
  if (!todo_.empty()) {
    // Any share of what is held may be wrong.
    absl::Status promised = PutPromise(store_, stream_.id, model.digest,
                                       {1, options_.loss}, false, &batch_);
    if (!promised.ok()) return promised;
  }
  return Commit();
}

absl::StatusOr<std::optional<GatePacket>> PacketCamera::Take(
    const StoredPacket& packet, size_t number) {
  if (packet.gop != gop_) {
    if (absl::Status s = Close(); !s.ok()) return s;
    if (absl::Status s = Begin(packet.gop); !s.ok()) return s;
  }
  ++report_.packets;
  Picture& picture = pictures_[packet.number];
  picture.arrived = true;
  picture.time_ns = packet.time_ns;
  if (damaged_ || packet.entry().leading) {
    picture.decided = true;
    return std::nullopt;
  }
  GatePacket told;
  told.stream = number;
  told.bytes = std::max<int64_t>(1, packet.entry().size);
  told.type = TypeOf(packet.number);
  picture.referred = told.type != PictureType::kB;
  current_ = packet.number;
  return told;
}

absl::Status PacketCamera::Begin(std::shared_ptr<const TimedGop> gop) {
  gop_ = std::move(gop);
  decoder_.Begin(gop_->ref);
  pictures_.assign(gop_->table.frames.size(), {});
  waiting_.clear();
  damaged_ = false;
  if (gop_->ref.first_index != end_index_) {  // nothing goes on
    book_.EndAll();
    held_.reset();
    look_index_.reset();
    unlooked_ = 0;
  }
  return absl::OkStatus();
}

// Whether a B-picture is referred to is known of GOPs that have been read. Of
// others what those before them were like is supposed, and more at a doubt:
// so that what looks turn out to cost is not above what they were taken to.
PictureType PacketCamera::TypeOf(uint32_t number) {
  if (number == 0) return PictureType::kI;
  if (decoder_.has_read()) {
    return decoder_.IsReferredTo(number) ? PictureType::kP : PictureType::kB;
  }
  const auto type = static_cast<PictureType>(gop_->table.frames[number].type);
  const bool alone = type == PictureType::kB && !b_is_referred_to_;
  return alone ? PictureType::kB : PictureType::kP;
}

absl::StatusOr<std::optional<bool>> PacketCamera::Obey(
    const PacketDecision& decision) {
  std::optional<bool> changed;
  if (decision.action != PacketAction::kSkip && !damaged_ && gop_ != nullptr) {
    auto looked = DecodeAndLook(decision);
    if (!looked.ok()) {
      if (absl::Status s = Damaged(looked.status()); !s.ok()) return s;
    } else {
      changed = *looked;
    }
  }
  if (!current_) return changed;
  const uint32_t number = *std::exchange(current_, std::nullopt);
  Picture& picture = pictures_[number];
  picture.decided = true;
  if (!picture.answer) picture.need = decision.need;
  if (!picture.decoded && picture.referred) waiting_.push_back(number);
  return changed;
}

// From here on it is known what refers to what.
absl::Status PacketCamera::ReadGop() {
  if (decoder_.has_read()) return absl::OkStatus();
  if (absl::Status s = decoder_.Read(); !s.ok()) return s;
  waiting_.clear();
  for (uint32_t i = 0; i < pictures_.size(); ++i) {
    const FrameEntry& entry = gop_->table.frames[i];
    const bool referred = decoder_.IsReferredTo(i);
    if (referred && entry.type == static_cast<uint8_t>(PictureType::kB)) {
      b_is_referred_to_ = true;
    }
    pictures_[i].referred = referred;
    const bool waits = pictures_[i].arrived && i != current_;
    if (waits && referred && !entry.leading) waiting_.push_back(i);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<bool>> PacketCamera::DecodeAndLook(
    const PacketDecision& decision) {
  if (absl::Status s = ReadGop(); !s.ok()) return s;
  const auto most = static_cast<size_t>(decision.cost);
  const bool wants_this = decision.action == PacketAction::kLook && current_;
  const bool reaches_it = wants_this && waiting_.size() < most;
  const size_t references = std::min(waiting_.size(), most);
  std::optional<GopPictures::Picture> picture;
  uint32_t last = 0;
  for (size_t i = 0; i < references; ++i) {
    last = waiting_.front();
    waiting_.pop_front();
    if (absl::Status s = DecodeNext(last, &picture); !s.ok()) return s;
  }
  if (reaches_it) {
    last = *current_;
    if (absl::Status s = DecodeNext(last, &picture); !s.ok()) return s;
  }
  if (!picture || decision.action == PacketAction::kPrepare) {
    return std::nullopt;
  }
  return Look(last, decision, *picture);
}

absl::Status PacketCamera::DecodeNext(
    uint32_t number, std::optional<GopPictures::Picture>* picture) {
  pictures_[number].decoded = true;
  ++report_.decoded;
  auto decoded = decoder_.Decode(number);
  if (!decoded.ok()) return decoded.status();
  *picture = *std::move(decoded);
  return absl::OkStatus();
}

std::optional<bool> PacketCamera::Look(uint32_t number,
                                       const PacketDecision& decision,
                                       const GopPictures::Picture& shown) {
  Picture& picture = pictures_[number];
  picture.cause = decision.cause;
  picture.need = decision.need;
  const ModelDescription& model = asked_.description();
  auto answer =
      asked_.Ask(shown.frame, shown.color, options_.longest_answer_ns);
  // What could not be kept is no answer, as where answers are reused.
  absl::Status said = answer.status();
  if (said.ok()) said = EncodeAnswer(*answer, model.card).status();
  if (!said.ok()) {
    picture.failed = true;
    report_.run.error = said;
    report_.run.failed_index = gop_->ref.first_index + gop_->ranks[number];
    return std::nullopt;
  }
  ++report_.run.inferences;
  const bool changed =
      !held_ || Differs(*answer, *held_, model.card, options_.loss);
  report_.changed += changed;
  picture.answer = Observe(model, *answer, shown.frame);
  looked_ns_ = picture.time_ns;
  held_ = *std::move(answer);
  return changed;
}

// Of a GOP that expired meanwhile nothing is missing.
absl::Status PacketCamera::Damaged(const absl::Status& error) {
  if (!absl::IsDataLoss(error) && !absl::IsNotFound(error)) return error;
  damaged_ = true;
  held_.reset();
  const uint64_t first = gop_->ref.first_index;
  const auto there = FrameIndex(store_).AtIndex(stream_.id, first);
  if (!absl::IsNotFound(there.status())) NoteUnread(first, error);
  return absl::OkStatus();
}

void PacketCamera::NoteUnread(uint64_t first_index, const absl::Status& error) {
  ++report_.gops_unread;
  if (report_.unread.size() < RunReport::kMostUnread) {
    report_.unread.push_back({first_index, error});
  }
}

void PacketCamera::EndRound(int64_t round_ns, bool overdue) {
  report_.overdue += overdue;
  if (!looked_ns_ || round_ns - *looked_ns_ <= report_.oldest_ns) return;
  report_.oldest_ns = round_ns - *looked_ns_;
  report_.oldest_at_ns = round_ns;
}

absl::Status PacketCamera::End() { return Close(); }

// The GOP under way is over, or as much of it as has been decided about.
absl::Status PacketCamera::Close() {
  for (const auto& [first_index, error] : cursor_->TakeUnread()) {
    NoteUnread(first_index, error);
  }
  if (gop_ == nullptr) return absl::OkStatus();
  if (!damaged_) {
    if (absl::Status end = decoder_.End(); !end.ok()) {
      if (absl::Status s = Damaged(end); !s.ok()) return s;
    }
  }
  if (damaged_) {
    book_.EndAll();
    look_index_.reset();
  }
  std::vector<const Picture*> shown(pictures_.size());
  for (uint32_t i = 0; i < pictures_.size(); ++i) {
    shown[gop_->ranks[i]] = &pictures_[i];
  }
  longest_unlooked_ = 0;
  const uint64_t first = gop_->ref.first_index;
  uint64_t end = first;
  for (uint32_t rank = 0; rank < shown.size(); ++rank, ++end) {
    if (!shown[rank]->decided || shown[rank]->failed) break;
    if (absl::Status s = CloseFrame(rank, *shown[rank]); !s.ok()) return s;
  }
  for (uint32_t rank = 0; rank < shown.size(); ++rank) {
    if (!shown[rank]->failed || damaged_) continue;
    absl::Status s = Note(first + rank, DecisionKind::kRunFailed, *shown[rank]);
    if (!s.ok()) return s;
  }
  // One in so many was looked at. A power of two, so that spans may join.
  if (!damaged_) {
    looks_->Add(report_.run.model.digest,
                {first, end, std::bit_ceil(longest_unlooked_ + 1)});
  }
  end_index_ = end;
  gop_.reset();
  ++gops_pending_;
  return absl::OkStatus();
}

absl::Status PacketCamera::CloseFrame(uint32_t rank, const Picture& picture) {
  const FrameTime& frame = gop_->shown[rank];
  if (picture.answer && !damaged_) {
    absl::Status s = Note(frame.index, DecisionKind::kRun, picture);
    if (!s.ok()) return s;
    book_.Add(*picture.answer,
              looks_->FirstTrack(report_.run.model.digest, frame.index), frame);
    look_index_ = frame.index;
    unlooked_ = 0;
    ++report_.looked;
    return absl::OkStatus();
  }
  longest_unlooked_ = std::max(longest_unlooked_, ++unlooked_);
  if (!look_index_) {
    ++report_.unanswered;
    return Note(frame.index, DecisionKind::kGap, picture);
  }
  ++report_.held;
  book_.HoldOn(&asked_.description(), frame);
  return Note(frame.index, DecisionKind::kHold, picture);
}

absl::Status PacketCamera::Note(uint64_t index, DecisionKind kind,
                                const Picture& picture) {
  DecidedInput decided;
  decided.model = report_.run.model.digest;
  decided.index = index;
  decided.decision.kind = kind;
  decided.decision.cause = picture.cause;
  decided.decision.reference_stream = stream_.id;
  decided.decision.reference_index = look_index_.value_or(index);
  decided.decision.distance = picture.need;
  return decisions_.Add(decided);
}

absl::Status PacketCamera::PutObservations() {
  for (const Observation& seen : book_.TakeChanged()) {
    absl::Status s = Observations(store_).Put(seen, &batch_);
    if (!s.ok()) return s;
    if (tracks_.insert(seen.track).second) ++report_.run.labels[seen.label];
    if (starts_.emplace(seen.track, seen.start_ns).second) {
      ++report_.run.observations;
    }
  }
  report_.run.tracks = static_cast<int64_t>(tracks_.size());
  return absl::OkStatus();
}

absl::Status PacketCamera::Commit() {
  gops_pending_ = 0;
  if (absl::Status s = PutObservations(); !s.ok()) return s;
  if (absl::Status s = decisions_.Put(&batch_); !s.ok()) return s;
  looks_->Put(&batch_);
  return CommitForStream(store_, stream_.id, std::exchange(batch_, {}));
}

}  // namespace fovea
