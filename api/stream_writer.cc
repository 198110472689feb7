// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/stream_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/camera_priors.h"
#include "api/shown_frames.h"
#include "api/stream_clock.h"
#include "api/time_text.h"
#include "index/observations.h"

namespace fovea {
namespace {

// Distinct reasons kept per stream; further ones share the last entry.
constexpr size_t kMaxReasons = 32;
constexpr size_t kMaxGaps = 10'000;

// A prior that grew by half is worth its bytes.
constexpr double kPriorGrowth = 1.5;

void AddReason(int64_t samples, const std::string& why, StreamCounts* counts) {
  counts->samples_in += samples;
  for (StreamCounts::Reason& reason : counts->rejected) {
    if (reason.why == why) {
      reason.samples += samples;
      return;
    }
  }
  if (counts->rejected.size() < kMaxReasons) {
    counts->rejected.push_back({why, samples});
  } else {
    counts->rejected.back().why = "further reasons";
    counts->rejected.back().samples += samples;
  }
}

int64_t EndOf(const GopPicture& picture) {
  return picture.time_ns + picture.duration_ns;
}

// First and end time of a GOP. A last picture without a duration gets the
// GOP's average.
void SetTimes(const std::vector<GopPicture>& pictures, GopRow* row) {
  int64_t start = pictures[0].time_ns;
  int64_t last = start;
  int64_t end = EndOf(pictures[0]);
  for (const GopPicture& picture : pictures) {
    start = std::min(start, picture.time_ns);
    last = std::max(last, picture.time_ns);
    end = std::max(end, EndOf(picture));
  }
  if (end == last && pictures.size() > 1) {
    end += (last - start) / static_cast<int64_t>(pictures.size() - 1);
  }
  row->start_ns = start;
  row->duration_ns = end - start;
}

// By pts, and by decoding order where pts repeat.
std::vector<int64_t> PresentationTimes(
    const std::vector<GopPicture>& pictures) {
  std::vector<const GopPicture*> order;
  for (const GopPicture& picture : pictures) order.push_back(&picture);
  std::stable_sort(
      order.begin(), order.end(),
      [](const GopPicture* a, const GopPicture* b) { return a->pts < b->pts; });
  std::vector<int64_t> times;
  for (const GopPicture* picture : order) times.push_back(picture->time_ns);
  return times;
}

}  // namespace

StreamWriter::StreamWriter(StreamState state, Committer* committer)
    : state_(std::move(state)),
      committer_(committer),
      observations_(state_.row.id),
      motion_(state_.row.id, LookBook::FirstMotionTrack(state_.next_index)) {
  report_.name = state_.row.name;
  report_.kind = static_cast<StreamKind>(state_.row.kind);
  committer_->BeforeCommit([this](CommitBatch* batch) {
    PutBooks(batch);
    return absl::OkStatus();
  });
}

void StreamWriter::Reject(int64_t samples, const std::string& reason) {
  pending_rejects_.push_back({delivered_, samples, reason});
  if (delivered_ == stored_) CountStored(0, 0, false, {});
}

void StreamWriter::AddGap(const Gap& gap) {
  const StreamCounts::Gap row{gap.start_ns, gap.end_ns, gap.reason};
  if (state_.counts.gaps.size() < kMaxGaps) state_.counts.gaps.push_back(row);
  report_.counts.gaps.push_back(row);
  has_time_ = false;  // a jump in time here is the gap, not disorder
  motion_.EndAll();
  books_changed_ = true;
}

absl::Status StreamWriter::Finish() {
  delivered_ = stored_;
  for (PendingReject& reject : pending_rejects_) {
    CountRejected(reject.samples, reject.reason);
  }
  pending_rejects_.clear();
  return PutPriors(1);
}

bool StreamWriter::IsKnown(const ChunkId& id) const {
  if (committer_->store() == nullptr) return false;
  const std::string_view key(reinterpret_cast<const char*>(id.bytes.data()),
                             id.bytes.size());
  return committer_->store()->Get(Family::kLoc, key).ok();
}

void StreamWriter::PutParameterSets(const CanonicalGop& gop, GopRow* row) {
  for (const CanonicalGop::ParameterSet& set : gop.parameter_sets) {
    row->parameter_sets.append(reinterpret_cast<const char*>(set.name.data()),
                               set.name.size());
    if (!known_parameter_sets_.insert(set.name).second) continue;
    committer_->batch()->PutRow(Family::kMeta, ParameterSetKey(set.name),
                                EncodeParameterSet(set.nal));
  }
}

bool StreamWriter::PutGop(GopRow row, const FrameTable& table,
                          std::span<const uint8_t> payload) {
  CommitBatch* batch = committer_->batch();
  const uint64_t first = state_.next_index;
  const std::string key = GopKey(state_.row.id, 0, first);
  row.chunk = batch->PutChunk(payload, key);
  row.size = payload.size();
  batch->PutRow(Family::kGop, key, EncodeGopRow(row));
  batch->PutRow(Family::kFtab, key, EncodeFrameTable(table));
  batch->PutRow(Family::kTime, TimeKey(state_.row.id, row.start_ns, first),
                EncodeTimeRow());
  state_.next_index = first + row.frames;
  committer_->Acknowledge({name(), first, state_.next_index - 1, row.chunk});
  return IsKnown(row.chunk);
}

absl::Status StreamWriter::AddGop(const CanonicalGop& gop, FrameTable table,
                                  std::span<const FrameLook> looks,
                                  std::span<const TrackedPicture> motion) {
  const uint64_t first_index = state_.next_index;
  GopRow row;
  row.codec = kCodecH264;
  row.frames = static_cast<uint32_t>(gop.pictures.size());
  row.open = gop.open;
  for (const GopPicture& picture : gop.pictures) {
    row.leading = static_cast<uint16_t>(row.leading + picture.leading);
  }
  SetTimes(gop.pictures, &row);
  PutParameterSets(gop, &row);
  table.trim.assign(gop.trim.begin(), gop.trim.end());
  const bool known = PutGop(row, table, gop.payload);
  CountStored(row.frames, gop.payload.size(), known,
              PresentationTimes(gop.pictures));
  report_.end_ns = std::max(report_.end_ns, row.start_ns + row.duration_ns);
  const std::vector<FrameTime> times =
      ShownTimes({state_.row.id, 0, first_index, row}, table);
  if (absl::Status s = PutLooks(times, looks); !s.ok()) return s;
  if (absl::Status s = PutMotion(gop, first_index, motion); !s.ok()) return s;
  return committer_->CommitIfDue();
}

absl::Status StreamWriter::PutLooks(std::span<const FrameTime> times,
                                    std::span<const FrameLook> looks) {
  ChunkStore* const store = committer_->store();
  if (store == nullptr) return absl::OkStatus();
  for (const FrameLook& look : looks) {
    const FrameTime& frame = times[look.picture];
    const auto first_track = EnterLook(look, frame.index);
    if (!first_track.ok()) return first_track.status();
    if (look.says == FrameLook::Says::kAnswer) {
      observations_.Add(look.answer, *first_track, frame);
    } else if (look.says == FrameLook::Says::kBefore) {
      observations_.HoldOn(look.answer.model, frame);
    }
    if (look.sensitivity.empty()) continue;
    if (absl::Status s = LearnPrior(look); !s.ok()) return s;
  }
  CountLooks();
  for (const Observation& seen : observations_.TakeChanged()) {
    absl::Status s = Observations(store).Put(seen, committer_->batch());
    if (!s.ok()) return s;
  }
  return PutPriors(kPriorGrowth);
}

absl::StatusOr<int64_t> StreamWriter::EnterLook(const FrameLook& look,
                                                uint64_t index) {
  if (!looks_) {
    auto book = LookBook::Read(committer_->store(), state_.row.id);
    if (!book.ok()) return book.status();
    looks_ = *std::move(book);
  }
  const ModelId& model = look.answer.model->id;
  if (absl::Status s = looks_->Enter(model); !s.ok()) return s;
  Looking& looking =
      looking_.try_emplace(model.digest, Looking{index}).first->second;
  looking.last = index;
  looking.every = static_cast<uint64_t>(look.every);
  return looks_->FirstTrack(model.digest, index);
}

// A look counts for the frames up to the next one, those that are stored.
void StreamWriter::CountLooks() {
  for (auto& [model, looking] : looking_) {
    const uint64_t end =
        std::min(looking.last + looking.every, state_.next_index);
    if (end <= looking.counted) continue;
    looks_->Add(model, {looking.counted, end, looking.every});
    looking.counted = end;
  }
}

absl::Status StreamWriter::PutMotion(const CanonicalGop& gop,
                                     uint64_t first_index,
                                     std::span<const TrackedPicture> motion) {
  ChunkStore* const store = committer_->store();
  if (store == nullptr || motion.empty()) return absl::OkStatus();
  const std::vector<int64_t> times = PresentationTimes(gop.pictures);
  for (size_t rank = 0; rank < motion.size(); ++rank) {
    motion_.Add(motion[rank], first_index + rank, times[rank]);
  }
  for (const Observation& moved : motion_.TakeChanged()) {
    absl::Status s = Observations(store).Put(moved, committer_->batch());
    if (!s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status StreamWriter::LearnPrior(const FrameLook& look) {
  const ModelId& model = look.answer.model->id;
  auto known = priors_.find(look.answer.model);
  if (known == priors_.end()) {
    auto stored = FindPrior(committer_->store(), state_.row.id, model.digest,
                            look.columns, look.rows);
    if (!stored.ok()) return stored.status();
    const uint64_t frames = stored->has_value() ? (*stored)->frames : 0;
    known = priors_
                .emplace(look.answer.model,
                         LearntPrior{stored->has_value()
                                         ? *std::move(*stored)
                                         : NewCameraPrior(model, look.columns,
                                                          look.rows),
                                     frames})
                .first;
  }
  return AddToPrior(look.sensitivity, &known->second.prior);
}

absl::Status StreamWriter::PutPriors(double least_growth) {
  for (auto& [model, learnt] : priors_) {
    const auto frames = static_cast<double>(learnt.prior.frames);
    const auto put = static_cast<double>(learnt.put_frames);
    if (frames < least_growth * put || frames == put) continue;
    absl::Status s = PutPrior(committer_->store(), state_.row.id, learnt.prior,
                              committer_->batch());
    if (!s.ok()) return s;
    learnt.put_frames = learnt.prior.frames;
  }
  return absl::OkStatus();
}

absl::Status StreamWriter::AddStill(const StillImage& still) {
  GopRow row;
  row.codec = still.format == "png" ? kCodecPng : kCodecJpeg;
  row.frames = 1;
  row.start_ns = still.time_ns;
  FrameTable table;
  table.frames.resize(1);
  table.frames[0].time_ns = still.time_ns;
  table.frames[0].pts = static_cast<int64_t>(state_.next_index);
  table.frames[0].dts = table.frames[0].pts;
  table.frames[0].size = static_cast<uint32_t>(still.file.size());
  table.frames[0].type = static_cast<uint8_t>(PictureType::kI);
  table.trim = still.name;  // a still's trim record is its file name
  const bool known = PutGop(row, table, still.file);
  const int64_t times[] = {still.time_ns};
  CountStored(1, still.file.size(), known, times);
  return committer_->CommitIfDue();
}

absl::Status StreamWriter::AddBlock(std::span<const uint8_t> block,
                                    std::span<const int64_t> times,
                                    size_t head_bytes) {
  CommitBatch* batch = committer_->batch();
  const std::string key = BlockKey(state_.row.id, state_.next_block++);
  BlockRow row;
  row.start_ns = *std::min_element(times.begin(), times.end());
  row.end_ns = *std::max_element(times.begin(), times.end());
  row.first_index = state_.next_index;
  row.samples = static_cast<uint32_t>(times.size());
  const std::span<const uint8_t> head =
      block.first(std::min(head_bytes, kMaxInlineBlock));
  const std::span<const uint8_t> rest = block.subspan(head.size());
  row.is_chunk = rest.size() > kMostInlineBlock;
  bool known = false;
  if (row.is_chunk) {
    row.bytes.assign(head.begin(), head.end());
    row.chunk_bytes = rest.size();
    row.chunk = batch->PutChunk(rest, key);
    known = IsKnown(row.chunk);
  } else {
    row.chunk = ChunkId::Of(block);
    row.bytes.assign(block.begin(), block.end());
  }
  batch->PutRow(Family::kBlock, key, EncodeBlockRow(row));
  state_.next_index += row.samples;
  committer_->Acknowledge(
      {name(), row.first_index, state_.next_index - 1, row.chunk});
  CountStored(row.samples, block.size(), known, times);
  report_.end_ns = std::max(report_.end_ns, row.end_ns);
  return committer_->CommitIfDue();
}

absl::Status StreamWriter::NameTable(CodingTableKind kind, uint32_t id,
                                     std::span<const uint8_t> bytes) {
  if (store() == nullptr) return absl::OkStatus();
  return fovea::NameTable(store(), state_.row.id, kind, id, bytes,
                          committer_->batch());
}

absl::Status StreamWriter::KeepForDevice(CodingTableKind kind,
                                         const std::string& device,
                                         std::span<const uint8_t> bytes) {
  if (store() == nullptr) return absl::OkStatus();
  return PutDeviceTable(store(), kind, device, bytes, committer_->batch());
}

absl::Status StreamWriter::KeepClock(const ClockMap& clock) {
  if (store() == nullptr) return absl::OkStatus();
  return ExtendClock(store(), state_.row.id, clock, committer_->batch());
}

void StreamWriter::CountStored(int64_t samples, uint64_t bytes, bool known,
                               std::span<const int64_t> times) {
  stored_ += samples;
  for (StreamCounts* counts : {&state_.counts, &report_.counts}) {
    counts->samples_in += samples;
    counts->stored += samples;
    counts->stored_bytes += static_cast<int64_t>(bytes);
    counts->chunks += samples > 0;
  }
  if (samples > 0) {
    report_.chunks += 1;
    report_.bytes += bytes;
    if (known) report_.bytes_known += bytes;
  }
  if (!times.empty()) NoteIngestTime(times.front());
  CountTimes(times);
  while (!pending_rejects_.empty() &&
         pending_rejects_.front().after <= stored_) {
    CountRejected(pending_rejects_.front().samples,
                  pending_rejects_.front().reason);
    pending_rejects_.pop_front();
  }
  books_changed_ = true;
}

void StreamWriter::NoteIngestTime(int64_t time_ns) {
  std::vector<IngestTime>& noted = state_.ingest_times;
  if (IsInstant(time_ns) || noted.size() >= kRowLimits.max_ingest_times) {
    return;
  }
  const int64_t now = committer_->WallNs();
  if (!noted.empty()) {
    const IngestTime& last = noted.back();
    const int64_t expected = last.wall_ns + (time_ns - last.time_ns);
    if (std::abs(now - expected) <= kIngestTimesSlackNs) return;
  }
  noted.push_back({time_ns, now});
  ingest_times_changed_ = true;
}

void StreamWriter::CountTimes(std::span<const int64_t> times) {
  for (const int64_t time : times) {
    for (StreamCounts* counts : {&state_.counts, &report_.counts}) {
      counts->times_backward += has_time_ && time < last_time_ns_;
      counts->times_repeated += has_time_ && time == last_time_ns_;
    }
    report_.start_ns = has_start_ ? std::min(report_.start_ns, time) : time;
    has_start_ = true;
    last_time_ns_ = time;
    has_time_ = true;
  }
}

void StreamWriter::CountRejected(int64_t samples, const std::string& reason) {
  AddReason(samples, reason, &state_.counts);
  AddReason(samples, reason, &report_.counts);
  books_changed_ = true;
}

void StreamWriter::PutBooks(CommitBatch* batch) {
  if (looks_) looks_->Put(batch);
  if (!books_changed_) return;
  if (!state_.registered) {
    batch->PutRow(Family::kMeta, StreamKey(state_.row.id),
                  EncodeStreamRow(state_.row));
    batch->PutRow(Family::kMeta, StreamNameKey(state_.row.name),
                  EncodeStreamId(state_.row.id));
    if (state_.retention_class != 0) {
      batch->PutRow(Family::kMeta, StreamClassKey(state_.row.id),
                    EncodeStreamClass(state_.retention_class));
    }
    state_.registered = true;
  }
  if (ingest_times_changed_) {
    batch->PutRow(Family::kMeta, IngestTimesKey(state_.row.id),
                  EncodeIngestTimes(state_.ingest_times));
    ingest_times_changed_ = false;
  }
  batch->PutRow(Family::kMeta, StreamCountsKey(state_.row.id),
                EncodeStreamCounts(state_.counts));
  books_changed_ = false;
}

}  // namespace fovea
