// SPDX-License-Identifier: GPL-2.0-or-later
//
// The switch to the joint form. View 1 of a GOP is where the new form stands
// until it has been read back; a kill in between leaves that row and its
// chunk, which the next call removes, and the GOP as it was.

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/overlap_job.h"
#include "api/overlap_trial.h"
#include "api/picture_features.h"
#include "api/stop_flag.h"
#include "index/frame_index.h"

namespace fovea {
namespace {

constexpr ViewId kTriedView = 1;

bool SamePlane(const Plane& a, const Plane& b, int width, int height) {
  for (int y = 0; y < height; ++y) {
    if (std::memcmp(a.data + y * a.stride, b.data + y * b.stride,
                    static_cast<size_t>(width)) != 0) {
      return false;
    }
  }
  return true;
}

bool SamePixels(const Frame& a, const Frame& b) {
  return a.width == b.width && a.height == b.height &&
         SamePlane(a.y, b.y, a.width, a.height) &&
         SamePlane(a.u, b.u, a.chroma_width(), a.chroma_height()) &&
         SamePlane(a.v, b.v, a.chroma_width(), a.chroma_height());
}

class Applier {
 public:
  Applier(ChunkStore* store, const OverlapOptions& options, OverlapRoles roles,
          OverlapNote note, OverlapJudges* judges)
      : store_(store),
        options_(options),
        roles_(std::move(roles)),
        note_(std::move(note)),
        reducer_(store_, &roles_, judges, options.look_every,
                 options.most_gop_bytes),
        reader_(store_, &roles_.second.description) {}

  // `step` is called after each GOP; false from it ends the job here.
  absl::Status Run(const std::function<bool()>& step) {
    if (absl::Status s = RemoveTried(); !s.ok()) return s;
    const auto gops =
        FrameIndex(store_).Gops(roles_.second.id, INT64_MIN, INT64_MAX);
    if (!gops.ok()) return gops.status();
    bool going = true;
    for (const GopRef& gop : *gops) {
      if (gop.first_index < note_.next_index) continue;
      if (!going) return PutNote();
      if (absl::Status s = Decide(gop); !s.ok()) return s;
      going = step();
    }
    note_.done = going;
    // A stream of which nothing was admitted is as it was, and says nothing.
    if (going && note_.gops_reduced == 0) return absl::OkStatus();
    return PutNote();
  }

  const OverlapNote& note() const { return note_; }

 private:
  // What a killed job left.
  absl::Status RemoveTried() {
    CommitBatch batch;
    absl::Status inner;
    absl::Status status =
        store_->Scan(Family::kGop, GopPrefix(roles_.second.id, kTriedView),
                     GopPrefix(roles_.second.id, kTriedView + 1),
                     [&](std::string_view key, std::string_view value) {
                       const auto row = DecodeGopRow(value);
                       inner = row.status();
                       if (!inner.ok()) return false;
                       Drop(key, row->chunk, &batch);
                       return true;
                     });
    status.Update(inner);
    if (!status.ok() || batch.empty()) return status;
    return store_->Commit(std::move(batch)).status();
  }

  static void Drop(std::string_view key, const ChunkId& chunk,
                   CommitBatch* batch) {
    batch->DeleteRow(Family::kGop, key);
    batch->DeleteRow(Family::kFtab, key);
    batch->DropChunk(chunk, key);
  }

  // The coarsest form that is admitted, alone and with all that was reduced
  // before it: a bound that holds for the whole, not for its mean of GOPs.
  absl::StatusOr<TriedGop> Choose(const GopRef& gop) {
    TriedGop tried;
    for (const int offset : options_.qp_offsets) {
      if (offset > note_.qp_offset) continue;
      auto form = reducer_.Try(gop, offset);
      if (!form.ok()) return form.status();
      tried = *std::move(form);
      if (!tried.why_not.empty()) return tried;
      OverlapTrial all = reduced_;
      all += tried.trial;
      tried.why_not = WhyNotAdmitted(all, options_.admission);
      if (tried.trial.Saving() < options_.admission.min_saving) {
        tried.why_not = WhyNotAdmitted(tried.trial, options_.admission);
        return tried;  // a finer form saves less yet
      }
      if (tried.why_not.empty()) {
        reduced_ = std::move(all);
        return tried;
      }
    }
    if (tried.why_not.empty()) tried.why_not = "no QP offset to try";
    return tried;
  }

  absl::Status Decide(const GopRef& gop) {
    auto tried = Choose(gop);
    if (!tried.ok()) return tried.status();
    note_.next_index = gop.first_index + gop.row.frames;
    note_.bytes_before += static_cast<int64_t>(gop.row.size);
    if (!tried->why_not.empty()) {
      ++note_.gops_kept;
      note_.bytes_after += static_cast<int64_t>(gop.row.size);
      return absl::OkStatus();  // told with the next commit, or at the end
    }
    ++note_.gops_reduced;
    note_.bytes_after += static_cast<int64_t>(tried->gop.payload.size());
    return Switch(gop, *tried);
  }

  absl::Status Switch(const GopRef& gop, const TriedGop& tried) {
    auto table = NewTable(gop, tried.gop);
    if (!table.ok()) return table.status();
    const std::string tried_key =
        GopKey(gop.stream, kTriedView, gop.first_index);
    CommitBatch write;
    GopRow row = gop.row;
    row.parameter_sets.clear();
    for (const CanonicalGop::ParameterSet& set : tried.gop.parameter_sets) {
      row.parameter_sets.append(reinterpret_cast<const char*>(set.name.data()),
                                set.name.size());
      write.PutRow(Family::kMeta, ParameterSetKey(set.name),
                   EncodeParameterSet(set.nal));
    }
    row.codec = kCodecH264;
    row.size = tried.gop.payload.size();
    row.chunk = write.PutChunk(tried.gop.payload, tried_key);
    GopRow beside = row;
    beside.parent_view = gop.view;
    write.PutRow(Family::kGop, tried_key, EncodeGopRow(beside));
    write.PutRow(Family::kFtab, tried_key, EncodeFrameTable(*table));
    auto written = store_->Commit(std::move(write));
    if (!written.ok()) return written.status();
    absl::Status same =
        ReadBack({gop.stream, kTriedView, gop.first_index, beside}, tried);
    if (!same.ok()) return same;

    CommitBatch turn;
    const std::string key = GopKey(gop.stream, gop.view, gop.first_index);
    turn.PutChunk(tried.gop.payload, key);
    turn.PutRow(Family::kGop, key, EncodeGopRow(row));
    turn.PutRow(Family::kFtab, key, EncodeFrameTable(*table));
    if (gop.row.chunk != row.chunk) turn.DropChunk(gop.row.chunk, key);
    Drop(tried_key, row.chunk, &turn);
    StreamCounts& counts = roles_.second.counts;
    counts.stored_bytes +=
        static_cast<int64_t>(row.size) - static_cast<int64_t>(gop.row.size);
    turn.PutRow(Family::kMeta, StreamCountsKey(gop.stream),
                EncodeStreamCounts(counts));
    AddNote(&turn);
    return store_->Commit(std::move(turn)).status();
  }

  // Grid and fingerprint are of the scene, and stay.
  absl::StatusOr<FrameTable> NewTable(const GopRef& gop,
                                      const CanonicalGop& reduced) {
    auto table = FrameIndex(store_).Table(gop);
    if (!table.ok()) return table.status();
    const std::vector<uint32_t> order = PresentationOrder(*table);
    if (order.size() != reduced.pictures.size()) {
      return absl::DataLossError(absl::StrCat(
          "GOP at index ", gop.first_index, ": frame table of ", order.size(),
          " entries for ", reduced.pictures.size(), " pictures"));
    }
    FrameTable out;
    out.fingerprint_version = table->fingerprint_version;
    for (size_t i = 0; i < order.size(); ++i) {
      FrameEntry entry = table->frames[order[i]];
      SetPicture(reduced.pictures[i], &entry);
      out.frames.push_back(entry);
    }
    out.trim.assign(reduced.trim.begin(), reduced.trim.end());
    if (absl::Status s = CheckFrameTable(out); !s.ok()) return s;
    return out;
  }

  absl::Status ReadBack(const GopRef& written, const TriedGop& tried) {
    size_t frames = 0, same = 0;
    absl::Status status =
        reader_.Frames(written, [&](uint32_t rank, const Frame& frame) {
          ++frames;
          same += rank < tried.decoded.size() &&
                  SamePixels(frame, tried.decoded[rank]);
          return true;
        });
    if (!status.ok()) return status;
    if (same == tried.decoded.size() && frames == same) {
      return absl::OkStatus();
    }
    return absl::DataLossError(absl::StrCat(
        "stream '", roles_.second.name, "', GOP at index ", written.first_index,
        ": ", same, " of ", tried.decoded.size(),
        " pictures read back as they were written; the stored "
        "ones were left as they are"));
  }

  void AddNote(CommitBatch* batch) {
    roles_.second.description.overlap = note_;
    StreamRow row;
    row.id = roles_.second.id;
    row.kind = static_cast<uint8_t>(roles_.second.description.kind);
    row.name = roles_.second.name;
    row.description = EncodeStreamDescription(roles_.second.description);
    batch->PutRow(Family::kMeta, StreamKey(row.id), EncodeStreamRow(row));
  }

  absl::Status PutNote() {
    CommitBatch batch;
    AddNote(&batch);
    return store_->Commit(std::move(batch)).status();
  }

  ChunkStore* const store_;
  const OverlapOptions& options_;
  OverlapRoles roles_;
  OverlapNote note_;
  OverlapReducer reducer_;
  OverlapTrial reduced_;  // by this call
  const GopReader reader_;
};

OverlapApplied Applied(const std::string& name, const OverlapNote& note) {
  return {note.with,         name,
          note.gops_reduced, note.gops_kept,
          note.bytes_before, note.bytes_after,
          note.done};
}

struct Job {
  OverlapRoles roles;
  OverlapNote note;
};

absl::StatusOr<Job> JobOf(Store* store, const OverlapPairPlan& pair) {
  auto first = store->Describe(pair.first);
  if (!first.ok()) return first.status();
  auto second = store->Describe(pair.second);
  if (!second.ok()) return second.status();
  OverlapNote note;
  note.with_id = first->id;
  note.with = first->name;
  note.homography = pair.finding.first_to_second;
  note.mask = pair.finding.mask;
  note.qp_offset = pair.qp_offset;
  return Job{
      {*std::move(first), *std::move(second), note.homography, note.mask},
      note};
}

// Those that an earlier call began. One whose other camera has gone since
// then is over: nobody keeps for it what is left.
absl::StatusOr<std::vector<Job>> Unfinished(Store* store) {
  auto streams = store->Streams();
  if (!streams.ok()) return streams.status();
  std::vector<Job> jobs;
  for (const StreamSummary& second : *streams) {
    const auto& note = second.description.overlap;
    if (!note || note->done || note->at_ingest) continue;
    for (const StreamSummary& first : *streams) {
      if (first.id != note->with_id) continue;
      jobs.push_back({{first, second, note->homography, note->mask}, *note});
    }
  }
  return jobs;
}

absl::Status RunJobs(Store* store, const OverlapOptions& options,
                     std::vector<Job> jobs, const OverlapProgress& progress,
                     const std::atomic<bool>* stop, OverlapReport* report) {
  int64_t done = 0, total = 0;
  for (const Job& job : jobs) total += job.roles.second.chunks;
  OverlapJudges judges(options.models, options.external_models);
  for (Job& job : jobs) {
    const std::string name = job.roles.second.name;
    Applier applier(store->chunks(), options, std::move(job.roles),
                    std::move(job.note), &judges);
    absl::Status status = applier.Run([&] {
      if (progress) progress(++done, total);
      report->stopped = Stopped(stop);
      return !report->stopped;
    });
    if (!status.ok()) return status;
    report->streams.push_back(Applied(name, applier.note()));
    if (report->stopped) break;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OverlapReport> ApplyOverlap(Store* store,
                                           const OverlapOptions& options,
                                           const OverlapProgress& progress,
                                           const std::atomic<bool>* stop) {
  OverlapReport report;
  auto left = Unfinished(store);
  if (!left.ok()) return left.status();
  absl::Status status =
      RunJobs(store, options, *std::move(left), progress, stop, &report);
  if (!status.ok()) return status;
  if (report.stopped) return report;
  const auto plan = PlanOverlap(store, options, progress, stop);
  if (!plan.ok()) return plan.status();
  std::vector<Job> jobs;
  for (const OverlapPairPlan& pair : plan->pairs) {
    if (!pair.admitted) continue;
    auto job = JobOf(store, pair);
    if (!job.ok()) return job.status();
    jobs.push_back(*std::move(job));
  }
  status = RunJobs(store, options, std::move(jobs), progress, stop, &report);
  if (!status.ok()) return status;
  if (report.stopped) return report;
  if (report.streams.empty()) {
    // All done, unless an earlier call was killed before it pruned.
    const auto usage = store->chunks()->Usage();
    if (!usage.ok()) return usage.status();
    if (usage->dead_chunk_bytes == 0) return report;
  }
  auto prune = store->chunks()->Prune();
  if (!prune.ok()) return prune.status();
  report.prune = *std::move(prune);
  return report;
}

absl::StatusOr<std::vector<OverlapApplied>> OverlapStatus(Store* store) {
  const auto streams = store->Streams();
  if (!streams.ok()) return streams.status();
  std::vector<OverlapApplied> applied;
  for (const StreamSummary& stream : *streams) {
    if (!stream.description.overlap) continue;
    applied.push_back(Applied(stream.name, *stream.description.overlap));
  }
  return applied;
}

}  // namespace fovea
