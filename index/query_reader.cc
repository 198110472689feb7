// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/query_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace fovea {

absl::StatusOr<TimeSpan> QueryReader::Extent(StreamId stream) {
  if (absl::Status s = CheckStop(); !s.ok()) return s;
  return facts_->Extent(stream);
}

absl::StatusOr<Timeline> QueryReader::Held(StreamId stream, TimeSpan window) {
  if (absl::Status s = CheckStop(); !s.ok()) return s;
  auto held = facts_->Held(stream, window);
  if (!held.ok()) return held.status();
  return held->Within(window);
}

absl::StatusOr<Timeline> QueryReader::WhereSensor(
    StreamId stream, const SensorCondition& condition, TimeSpan window) {
  if (absl::Status s = CheckStop(); !s.ok()) return s;
  ++work_.sensor_windows;
  auto where = facts_->WhereSensor(stream, condition, window);
  if (!where.ok()) return where.status();
  return where->Within(window);
}

absl::StatusOr<Timeline> QueryReader::MayHold(
    StreamId stream, std::span<const std::string> labels, TimeSpan window) {
  if (absl::Status s = CheckStop(); !s.ok()) return s;
  auto may_hold = facts_->MayHold(stream, labels, window);
  if (!may_hold.ok()) return may_hold.status();
  return may_hold->Within(window);
}

absl::Status QueryReader::VisitObservations(
    StreamId stream, std::span<const std::string> labels, TimeSpan window,
    absl::FunctionRef<size_t(const Observation&)> visit) {
  absl::Status status = CheckStop();
  if (!status.ok()) return status;
  const auto wanted = [&](const Observation& o) {
    return !(LifeOf(o) & window).empty() &&
           (labels.empty() ||
            std::ranges::find(labels, o.label) != labels.end());
  };
  const absl::Status visited = facts_->VisitObservations(
      stream, labels, window, [&](const Observation& o) {
        ++work_.observations;
        if (wanted(o)) kept_ += visit(o);
        status = CheckStop();
        if (status.ok() && kept_ > limits_.max_boxes) {
          status = absl::ResourceExhaustedError(
              absl::StrCat("more than ", limits_.max_boxes,
                           " boxes match at once: ask for fewer labels, a "
                           "higher score or a smaller place"));
        }
        return status.ok();
      });
  return status.ok() ? visited : status;
}

absl::Status QueryReader::CheckStop() const {
  if (stop_ == nullptr || !stop_->load(std::memory_order_relaxed)) {
    return absl::OkStatus();
  }
  return absl::CancelledError("the query was stopped");
}

TimeSpan LifeOf(const Observation& observation) {
  return {observation.start_ns, SaturatedSum(observation.end_ns, 1)};
}

}  // namespace fovea
