// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/packet_run.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/answer_bytes.h"
#include "api/packet_camera.h"
#include "api/packet_rounds.h"
#include "api/stop_flag.h"
#include "api/system_clock.h"
#include "filter/packet_gate.h"

namespace fovea {
namespace {

// Of which round gets how much, in whole pictures.
class BudgetAccount {
 public:
  explicit BudgetAccount(const DecodeBudget& budget) : budget_(budget) {}

  // Of the next round, which has so many packets.
  double Next(size_t packets) {
    ++rounds_;
    packets_ += static_cast<int64_t>(packets);
    const double granted = std::floor(
        budget_.pictures > 0 ? budget_.pictures * static_cast<double>(rounds_)
                             : budget_.share * static_cast<double>(packets_));
    return granted - std::exchange(granted_, granted);
  }

 private:
  const DecodeBudget budget_;
  int64_t rounds_ = 0, packets_ = 0;
  double granted_ = 0;  // so far
};

class PacketRun {
 public:
  PacketRun(Store* store, const PacketRunOptions& options,
            const std::function<void(int64_t, int64_t)>& progress,
            const std::atomic<bool>* stop)
      : store_(store),
        options_(options),
        asked_{options.model, options.external_model, nullptr},
        progress_(progress),
        stop_(stop),
        account_(options.budget) {}

  void Add(StreamSummary stream) {
    cameras_.push_back(std::make_unique<PacketCamera>(
        store_->chunks(), std::move(stream), asked_, &options_));
  }

  absl::StatusOr<PacketRunReport> Go() {
    for (const auto& camera : cameras_) {
      if (absl::Status s = camera->Plan(); !s.ok()) return s;
      to_do_ += camera->packets_to_do();
    }
    if (to_do_ > 0) {
      const absl::ReaderMutexLock lock(store_->observed());
      if (absl::Status s = Start(); !s.ok()) return s;
      if (absl::Status s = RunRounds(); !s.ok()) return s;
      for (const auto& camera : cameras_) {
        if (absl::Status s = camera->End(); !s.ok()) return s;
      }
      if (absl::Status s = Commit(); !s.ok()) return s;
    }
    for (const auto& camera : cameras_) {
      report_.cameras.push_back(camera->report());
    }
    return report_;
  }

 private:
  absl::Status Start() {
    if (asked_.program != nullptr) {
      if (absl::Status s = asked_.program->Restart(); !s.ok()) return s;
    }
    for (const auto& camera : cameras_) {
      if (absl::Status s = camera->Clear(); !s.ok()) return s;
    }
    committed_ns_ = Now();
    return absl::OkStatus();
  }

  int64_t FastestIntervalNs() const {
    int64_t fastest = INT64_MAX;
    for (const auto& camera : cameras_) {
      fastest = std::min(fastest, camera->interval_ns().value_or(INT64_MAX));
    }
    return fastest;
  }

  PacketGateOptions GateOptions() const {
    PacketGateOptions options;
    options.streams = cameras_.size();
    options.max_blind_ns = options_.max_blind_ns;
    options.seed = options_.seed;
    options.budget = options_.budget.pictures;
    if (options.budget > 0) return options;
    double packets = 0;  // in a round
    for (const auto& camera : cameras_) {
      const auto interval = camera->interval_ns();
      if (!interval) continue;
      packets += static_cast<double>(FastestIntervalNs()) /
                 static_cast<double>(*interval);
    }
    options.budget = options_.budget.share * packets;
    return options;
  }

  absl::Status RunRounds() {
    auto gate = PacketGate::Create(GateOptions());
    if (!gate.ok()) return gate.status();
    std::vector<PacketCursor*> cursors;
    for (const auto& camera : cameras_) cursors.push_back(camera->cursor());
    PacketRounds rounds(std::move(cursors), FastestIntervalNs());
    while (!failed_) {
      if (Stopped(stop_)) {
        report_.stopped = true;
        return absl::OkStatus();
      }
      const auto round = rounds.Next();
      if (!round.ok()) return round.status();
      if (round->packets.empty()) return absl::OkStatus();
      if (absl::Status s = RunRound(*round, &*gate); !s.ok()) return s;
      if (absl::Status s = CommitIfDue(); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status RunRound(const PacketRound& round, PacketGate* gate) {
    GateRound told{round.time_ns, {}, account_.Next(round.packets.size())};
    for (const RoundPacket& each : round.packets) {
      const auto packet = cameras_[each.camera]->Take(each.packet, each.camera);
      if (!packet.ok()) return packet.status();
      if (*packet) told.packets.push_back(**packet);
    }
    const auto decisions = gate->Decide(told);
    if (!decisions.ok()) return decisions.status();
    if (absl::Status s = Obey(*decisions, gate); !s.ok()) return s;
    std::vector<bool> overdue(cameras_.size());
    for (const PacketDecision& each : *decisions) {
      overdue[each.stream] = each.overdue;
    }
    for (const RoundPacket& each : round.packets) {
      cameras_[each.camera]->EndRound(round.time_ns, overdue[each.camera]);
    }
    ++report_.rounds;
    done_ += static_cast<int64_t>(round.packets.size());
    if (progress_) progress_(done_, to_do_);
    return absl::OkStatus();
  }

  absl::Status Obey(const std::vector<PacketDecision>& decisions,
                    PacketGate* gate) {
    const int64_t before = Decoded();
    for (const PacketDecision& each : decisions) {
      PacketCamera& camera = *cameras_[each.stream];
      const auto changed = camera.Obey(each);
      if (!changed.ok()) return changed.status();
      failed_ = camera.failed();
      if (failed_) break;
      if (!*changed) continue;
      absl::Status s = gate->Feedback(each.stream, **changed);
      if (!s.ok()) return s;
    }
    report_.most_decoded = std::max(report_.most_decoded, Decoded() - before);
    return absl::OkStatus();
  }

  int64_t Decoded() const {
    int64_t decoded = 0;
    for (const auto& camera : cameras_) decoded += camera->report().decoded;
    return decoded;
  }

  int64_t Now() const {
    return options_.monotonic_ns ? options_.monotonic_ns() : MonotonicNowNs();
  }

  absl::Status CommitIfDue() {
    int gops = 0;
    for (const auto& camera : cameras_) gops += camera->gops_pending();
    const bool due = gops >= options_.commit_gops ||
                     Now() - committed_ns_ >= options_.commit_age_ns;
    return due && gops > 0 ? Commit() : absl::OkStatus();
  }

  absl::Status Commit() {
    for (const auto& camera : cameras_) {
      if (absl::Status s = camera->Commit(); !s.ok()) return s;
    }
    committed_ns_ = Now();
    return absl::OkStatus();
  }

  Store* const store_;
  const PacketRunOptions& options_;
  const Asked asked_;
  const std::function<void(int64_t, int64_t)>& progress_;
  const std::atomic<bool>* const stop_;
  BudgetAccount account_;
  std::vector<std::unique_ptr<PacketCamera>> cameras_;
  PacketRunReport report_;
  bool failed_ = false;
  int64_t to_do_ = 0, done_ = 0;
  int64_t committed_ns_ = 0;
};

absl::Status CheckBudget(const DecodeBudget& budget) {
  const bool pictures = std::isfinite(budget.pictures) && budget.pictures > 0 &&
                        budget.share == 0;
  const bool share =
      budget.share > 0 && budget.share <= 1 && budget.pictures == 0;
  if (pictures || share) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("run: a decode budget of ", budget.pictures,
                   " pictures a round and ", budget.share,
                   " of all; expected pictures above 0, or else a share of 0 "
                   "to 1"));
}

absl::Status Check(const std::vector<std::string>& streams,
                   const PacketRunOptions& options) {
  if ((options.model == nullptr) == (options.external_model == nullptr)) {
    return absl::InvalidArgumentError(
        "run: a decode budget is shared out for one model, no more and no "
        "less");
  }
  if (streams.empty()) return absl::InvalidArgumentError("run: needs a stream");
  std::set<std::string> names;
  for (const std::string& stream : streams) {
    if (names.insert(stream).second) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("run: stream '", stream, "' is named twice"));
  }
  const ModelDescription& model =
      Asked{options.model, options.external_model, nullptr}.description();
  const absl::Status kept = EncodeAnswer({}, model.card).status();
  if (!kept.ok()) {
    return absl::Status(kept.code(), absl::StrCat("model '", model.id.name,
                                                  "': ", kept.message()));
  }
  return CheckBudget(options.budget);
}

}  // namespace

PacketCameraReport PacketRunReport::Total() const {
  PacketCameraReport total;
  for (const PacketCameraReport& camera : cameras) {
    total.known += camera.known;
    total.packets += camera.packets;
    total.decoded += camera.decoded;
    total.looked += camera.looked;
    total.changed += camera.changed;
    total.held += camera.held;
    total.unanswered += camera.unanswered;
    total.overdue += camera.overdue;
    total.gops_unread += camera.gops_unread;
    total.run.model = camera.run.model;
    total.run.inferences += camera.run.inferences;
    total.run.replaced += camera.run.replaced;
    total.run.observations += camera.run.observations;
    if (camera.oldest_ns <= total.oldest_ns) continue;
    total.oldest_ns = camera.oldest_ns;
    total.oldest_at_ns = camera.oldest_at_ns;
  }
  return total;
}

bool PacketRunReport::lossy() const {
  return std::ranges::any_of(cameras, [](const PacketCameraReport& camera) {
    return camera.gops_unread > 0 || !camera.run.error.ok();
  });
}

absl::StatusOr<PacketRunReport> RunWithinBudget(
    Store* store, const std::vector<std::string>& streams,
    const PacketRunOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop) {
  if (absl::Status s = Check(streams, options); !s.ok()) return s;
  PacketRun run(store, options, progress, stop);
  for (const std::string& stream : streams) {
    auto summary = store->Describe(stream);
    if (!summary.ok()) return summary.status();
    if (summary->description.kind != StreamKind::kCamera) {
      return absl::InvalidArgumentError(
          absl::StrCat("stream '", stream, "' is of kind ",
                       StreamKindName(summary->description.kind),
                       "; a decode budget is of cameras"));
    }
    run.Add(*std::move(summary));
  }
  return run.Go();
}

}  // namespace fovea
