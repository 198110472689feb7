// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/timed_source.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/time_text.h"

namespace fovea {

TimeSorted::TimeSorted(std::string stream, std::unique_ptr<TimedSource> source,
                       size_t window)
    : stream_(std::move(stream)), source_(std::move(source)), window_(window) {}

absl::Status TimeSorted::Fill() {
  while (!ended_ && held_.size() <= window_) {
    const auto sample = source_->Next();
    if (!sample.ok()) return sample.status();
    if (!sample->has_value()) {
      ended_ = true;
      break;
    }
    const TimedSample& s = **sample;
    if (s.time_ns < passed_ns_) {
      return absl::FailedPreconditionError(absl::StrCat(
          "stream '", stream_, "' index ", s.index, ": its time ",
          FormatStreamTime(s.time_ns), " is before ",
          FormatStreamTime(passed_ns_), " of one more than ", window_,
          " before it; choose a range of times without it"));
    }
    held_.emplace(s.time_ns, Held{s.index, {s.values.begin(), s.values.end()}});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<TimedSample>> TimeSorted::Next() {
  if (absl::Status s = Fill(); !s.ok()) return s;
  if (held_.empty()) return std::optional<TimedSample>();
  auto first = held_.extract(held_.begin());
  passed_ns_ = first.key();
  current_ = std::move(first.mapped());
  return std::optional<TimedSample>(
      {current_.index, passed_ns_, current_.values});
}

}  // namespace fovea
