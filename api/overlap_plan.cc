// SPDX-License-Identifier: GPL-2.0-or-later
//
// From all cameras of a store to pairs worth coding again: candidates by
// what their pictures are like, pairs by what is in them, savings by trial.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/overlap_candidates.h"
#include "api/overlap_job.h"
#include "api/overlap_trial.h"
#include "api/stop_flag.h"
#include "index/frame_index.h"

namespace fovea {
namespace {

// Long enough for what moves to have moved, short enough for it to be there.
constexpr int64_t kLaterNs = 200'000'000;

absl::StatusOr<Frame> FrameAt(Store* store, const StreamSummary& stream,
                              int64_t time_ns) {
  FrameSelection at;
  at.at_ns = std::max(time_ns, stream.start_ns);
  Frame shown;
  absl::Status status = store
                            ->ReadFrames(stream.name, at,
                                         [&](const ReadFrame& read) {
                                           shown = read.frame;
                                           return false;
                                         })
                            .status();
  if (!status.ok()) return status;
  return shown;
}

// Times spread over [from, to), in the middle of equal parts.
std::vector<int64_t> Spread(int64_t from_ns, int64_t to_ns, int count) {
  std::vector<int64_t> times;
  const int64_t part = (to_ns - from_ns) / std::max(1, count);
  for (int i = 0; i < count; ++i) {
    times.push_back(from_ns + part * i + part / 2);
  }
  return times;
}

bool HasVideo(const StreamSummary& stream) {
  return stream.description.kind == StreamKind::kCamera &&
         !stream.description.stills && stream.chunks > 0;
}

PairFinding TurnedRound(PairFinding finding, PictureSize first,
                        PictureSize second, int margin) {
  const auto back = InverseOf(finding.first_to_second);
  if (!back) return finding;  // a verified one has an inverse
  finding.first_to_second = *back;
  finding.mask = SeenByFirst(*back, second, first, margin);
  return finding;
}

PictureSize SizeOf(const StreamSummary& stream) {
  return {stream.description.camera.width, stream.description.camera.height};
}

class Planner {
 public:
  Planner(Store* store, const OverlapOptions& options,
          const OverlapProgress& progress, const std::atomic<bool>* stop)
      : store_(store),
        options_(options),
        progress_(progress),
        stop_(stop),
        judges_(options.models, options.external_models) {}

  absl::StatusOr<OverlapPlan> Run() {
    if (absl::Status s = Choose(); !s.ok()) return s;
    plan_.cameras = cameras_.size();
    total_ = static_cast<int64_t>(cameras_.size());
    const auto views = View();
    if (!views.ok()) return views.status();
    const auto candidates = FindCandidates(*views, options_.nearest);
    plan_.candidates = candidates.size();
    total_ += static_cast<int64_t>(candidates.size());
    for (const Candidate& candidate : candidates) {
      if (absl::Status s = LookAt(candidate); !s.ok()) return s;
    }
    for (OverlapPairPlan& pair : plan_.pairs) {
      total_ += pair.finding.verified ? options_.sample_gops : 0;
    }
    if (absl::Status s = TryAll(); !s.ok()) return s;
    std::stable_sort(plan_.pairs.begin(), plan_.pairs.end(),
                     [](const auto& a, const auto& b) {
                       return a.finding.verified > b.finding.verified;
                     });
    return std::move(plan_);
  }

 private:
  absl::Status Choose() {
    auto all = store_->Streams();
    if (!all.ok()) return all.status();
    for (const std::string& name : options_.streams) {
      const auto named = store_->Describe(name);
      if (!named.ok()) return named.status();
      if (!HasVideo(*named)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "stream '", name, "' is no video: only cameras overlap"));
      }
    }
    const std::set<std::string> wanted(options_.streams.begin(),
                                       options_.streams.end());
    for (StreamSummary& stream : *all) {
      if (stream.description.overlap) {
        references_.insert(stream.description.overlap->with_id);
      }
      if (!HasVideo(stream)) continue;
      if (!wanted.empty() && wanted.count(stream.name) == 0) continue;
      cameras_.push_back(std::move(stream));
    }
    return absl::OkStatus();
  }

  absl::Status Step() {
    if (progress_) progress_(++done_, total_);
    if (!Stopped(stop_)) return absl::OkStatus();
    return absl::CancelledError("interrupted; nothing was changed");
  }

  absl::StatusOr<std::vector<ViewedStream>> View() {
    std::vector<ViewedStream> views;
    for (const StreamSummary& camera : cameras_) {
      ViewedStream& view = views.emplace_back();
      view.start_ns = camera.start_ns;
      view.end_ns = camera.end_ns;
      for (const int64_t time :
           Spread(camera.start_ns, camera.end_ns, options_.looks)) {
        const auto frame = FrameAt(store_, camera, time);
        if (!frame.ok()) return frame.status();
        view.views.push_back({time, DescribeView(*frame)});
      }
      if (absl::Status s = Step(); !s.ok()) return s;
    }
    return views;
  }

  absl::StatusOr<std::vector<PairLook>> LooksAt(const StreamSummary& first,
                                                const StreamSummary& second) {
    std::vector<PairLook> looks;
    const int64_t from = std::max(first.start_ns, second.start_ns);
    const int64_t to = std::min(first.end_ns, second.end_ns);
    for (const int64_t time : Spread(from, to, options_.looks)) {
      PairLook& look = looks.emplace_back();
      const int64_t later = std::min(time + kLaterNs, to - 1);
      const struct {
        const StreamSummary& stream;
        int64_t time_ns;
        Frame* frame;
      } wanted[] = {{first, time, &look.first},
                    {first, later, &look.first_later},
                    {second, time, &look.second},
                    {second, later, &look.second_later}};
      for (const auto& want : wanted) {
        auto frame = FrameAt(store_, want.stream, want.time_ns);
        if (!frame.ok()) return frame.status();
        *want.frame = *std::move(frame);
      }
    }
    return looks;
  }

  absl::Status LookAt(const Candidate& candidate) {
    const StreamSummary* first = &cameras_[candidate.first];
    const StreamSummary* second = &cameras_[candidate.second];
    const auto looks = LooksAt(*first, *second);
    if (!looks.ok()) return looks.status();
    auto finding = VerifyPair(*looks, options_.pair);
    if (!finding.ok()) return finding.status();
    OverlapPairPlan pair;
    pair.finding = *std::move(finding);
    if (pair.finding.verified && SecondKeeps(pair.finding, *first, *second)) {
      pair.finding = TurnedRound(pair.finding, SizeOf(*first), SizeOf(*second),
                                 options_.pair.margin);
      std::swap(first, second);
    }
    pair.first = first->name;
    pair.second = second->name;
    pair.second_bytes = static_cast<uint64_t>(second->counts.stored_bytes);
    pair.why_not = pair.finding.why_not;
    plan_.pairs.push_back(std::move(pair));
    return Step();
  }

  // Whether there is more to be saved the other way round, or only there.
  bool SecondKeeps(const PairFinding& finding, const StreamSummary& first,
                   const StreamSummary& second) const {
    if (!WhyNotReduced(second).empty() && WhyNotReduced(first).empty()) {
      return true;
    }
    if (!WhyNotReduced(first).empty()) return false;
    const PairFinding turned = TurnedRound(
        finding, SizeOf(first), SizeOf(second), options_.pair.margin);
    return turned.mask.share() *
               static_cast<double>(first.counts.stored_bytes) >
           finding.mask.share() *
               static_cast<double>(second.counts.stored_bytes) * 1.05;
  }

  std::string WhyNotReduced(const StreamSummary& stream) const {
    if (stream.description.copied) {
      return absl::StrCat("'", stream.name,
                          "' was ingested with --copy: its bytes stay");
    }
    if (stream.description.overlap) {
      return absl::StrCat("'", stream.name, "' is reduced already, with '",
                          stream.description.overlap->with, "'");
    }
    if (references_.count(stream.id) > 0) {
      return absl::StrCat("another stream was reduced with '", stream.name,
                          "': it keeps all it has");
    }
    return "";
  }

  std::string WhyNoReference(const StreamSummary& stream) const {
    if (stream.description.overlap || reduced_.count(stream.id) > 0) {
      return absl::StrCat("'", stream.name,
                          "' is reduced itself: it cannot keep for another");
    }
    return "";
  }

  const StreamSummary& Named(const std::string& name) const {
    return *std::find_if(
        cameras_.begin(), cameras_.end(),
        [&](const StreamSummary& stream) { return stream.name == name; });
  }

  // Largest share first, so that roles go where most is to be had.
  absl::Status TryAll() {
    std::vector<OverlapPairPlan*> order;
    for (OverlapPairPlan& pair : plan_.pairs) {
      if (pair.finding.verified) order.push_back(&pair);
    }
    const auto worth = [](const OverlapPairPlan* pair) {
      return pair->finding.mask.share() *
             static_cast<double>(pair->second_bytes);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](auto* a, auto* b) { return worth(a) > worth(b); });
    for (OverlapPairPlan* pair : order) {
      if (absl::Status s = TryPair(pair); !s.ok()) return s;
      if (!pair->admitted) continue;
      reduced_.insert(Named(pair->second).id);
      references_.insert(Named(pair->first).id);
    }
    return absl::OkStatus();
  }

  absl::Status TryPair(OverlapPairPlan* pair) {
    const StreamSummary& second = Named(pair->second);
    pair->why_not = WhyNoReference(Named(pair->first));
    if (pair->why_not.empty()) pair->why_not = WhyNotReduced(second);
    if (reduced_.count(second.id) > 0) {
      pair->why_not = absl::StrCat("'", second.name,
                                   "' is to be reduced with another camera");
    }
    if (!pair->why_not.empty()) return absl::OkStatus();
    const OverlapRoles roles{Named(pair->first), second,
                             pair->finding.first_to_second, pair->finding.mask};
    OverlapReducer reducer(store_->chunks(), &roles, &judges_,
                           options_.look_every, options_.most_gop_bytes);
    for (const int offset : options_.qp_offsets) {
      if (absl::Status s = TrySample(offset, roles, &reducer, pair); !s.ok()) {
        return s;
      }
      if (pair->admitted) break;
    }
    return absl::OkStatus();
  }

  absl::Status TrySample(int qp_offset, const OverlapRoles& roles,
                         OverlapReducer* reducer, OverlapPairPlan* pair) {
    const auto gops =
        FrameIndex(store_->chunks())
            .Gops(roles.second.id,
                  std::max(roles.first.start_ns, roles.second.start_ns),
                  roles.first.end_ns);
    if (!gops.ok()) return gops.status();
    pair->qp_offset = qp_offset;
    pair->sample = OverlapTrial();
    std::string nothing = "no GOP at a time both run";
    const size_t step = std::max<size_t>(
        1,
        gops->size() / static_cast<size_t>(std::max(1, options_.sample_gops)));
    for (size_t i = step / 2; i < gops->size(); i += step) {
      auto tried = reducer->Try((*gops)[i], qp_offset);
      if (!tried.ok()) return tried.status();
      if (!tried->why_not.empty()) nothing = tried->why_not;
      if (tried->why_not.empty()) pair->sample += tried->trial;
      if (absl::Status s = Step(); !s.ok()) return s;
    }
    if (pair->sample.bytes_before == 0) {
      pair->why_not = nothing;
      return absl::OkStatus();
    }
    pair->why_not = WhyNotAdmitted(pair->sample, options_.admission);
    pair->admitted = pair->why_not.empty();
    const double share = 1 - static_cast<double>(pair->sample.bytes_after) /
                                 static_cast<double>(pair->sample.bytes_before);
    if (pair->admitted) {
      pair->expected_saving = static_cast<uint64_t>(
          share * static_cast<double>(pair->second_bytes));
    }
    return absl::OkStatus();
  }

  Store* const store_;
  const OverlapOptions& options_;
  const OverlapProgress& progress_;
  const std::atomic<bool>* const stop_;
  OverlapJudges judges_;
  OverlapPlan plan_;
  std::vector<StreamSummary> cameras_;
  std::set<StreamId> references_;  // streams that keep for another
  std::set<StreamId> reduced_;     // by this plan
  int64_t done_ = 0, total_ = 0;
};

}  // namespace

absl::StatusOr<OverlapPlan> PlanOverlap(Store* store,
                                        const OverlapOptions& options,
                                        const OverlapProgress& progress,
                                        const std::atomic<bool>* stop) {
  return Planner(store, options, progress, stop).Run();
}

}  // namespace fovea
