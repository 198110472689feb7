// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/revalidation.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/old_answers.h"
#include "api/stop_flag.h"
#include "store/result_rows.h"

namespace fovea {
namespace {

constexpr size_t kLeastDigits = 6;

std::string Hex(const ModelDigest& digest) {
  return absl::BytesToHexString(
      {reinterpret_cast<const char*>(digest.data()), digest.size()});
}

absl::Status CheckOptions(const RevalidationOptions& options) {
  const auto refuse = [](const auto&... what) {
    return absl::InvalidArgumentError(absl::StrCat("revalidate: ", what...));
  };
  if (!(options.max_error >= 0 && options.max_error <= 1)) {
    return refuse("at most ", options.max_error,
                  " that differ; a share of 0 to 1 was expected");
  }
  if (!(options.confidence > 0 && options.confidence < 1)) {
    return refuse("a confidence of ", options.confidence,
                  "; one between 0 and 1 was expected");
  }
  if (options.samples < 1) {
    return refuse(options.samples, " samples; 1 or more were expected");
  }
  if (options.from == options.model.description().id.digest) {
    return refuse("the answers are those of model '",
                  options.model.description().id.name, "' itself");
  }
  return absl::OkStatus();
}

class Revalidation {
 public:
  Revalidation(Store* store, const RevalidationOptions& options,
               const std::function<void(int64_t, int64_t)>& progress,
               const std::atomic<bool>* stop)
      : store_(store), options_(options), progress_(progress), stop_(stop) {}

  absl::StatusOr<RevalidationReport> Go() {
    absl::Status status = Collect();
    if (!status.ok()) return status;
    const auto claims = std::ranges::count_if(
        streams_, [](const auto& old) { return old->report().answers > 0; });
    const double alpha = (1 - options_.confidence) /
                         static_cast<double>(std::max<int64_t>(claims, 1));
    report_.each = 1 - alpha;
    for (const auto& old : streams_) {
      status = old->Sample([this] { Asked(); }, stop_);
      if (!status.ok()) return status;
      old->Bound(alpha);
      if (old->report().passed && !options_.dry_run) {
        status = old->Carry(report_.each);
        if (!status.ok()) return status;
      }
      report_.streams.push_back(old->report());
    }
    return report_;
  }

 private:
  absl::Status Collect() {
    const auto chosen = Chosen();
    if (!chosen.ok()) return chosen.status();
    for (const StreamSummary& stream : *chosen) {
      if (Stopped(stop_)) return absl::CancelledError("interrupted");
      auto old =
          std::make_unique<OldAnswers>(store_->chunks(), stream, options_);
      if (absl::Status s = old->Collect(); !s.ok()) return s;
      to_ask_ += old->to_sample();
      streams_.push_back(std::move(old));
    }
    return CountImported();
  }

  // Those named, or all of which there are answers; by name.
  absl::StatusOr<std::vector<StreamSummary>> Chosen() {
    if (options_.streams.empty()) return WithAnswers();
    std::map<std::string, StreamSummary> named;
    for (const std::string& name : options_.streams) {
      auto stream = store_->Describe(name);
      if (!stream.ok()) return stream.status();
      if (stream->description.kind != StreamKind::kCamera) {
        return absl::InvalidArgumentError(
            absl::StrCat("stream '", name,
                         "' is no camera; answers about "
                         "frames are revalidated"));
      }
      named.emplace(name, *std::move(stream));
    }
    std::vector<StreamSummary> chosen;
    for (auto& [name, stream] : named) chosen.push_back(std::move(stream));
    return chosen;
  }

  absl::StatusOr<std::vector<StreamSummary>> WithAnswers() {
    auto streams = store_->Streams();
    if (!streams.ok()) return streams.status();
    std::vector<StreamSummary> chosen;
    for (StreamSummary& stream : *streams) {
      if (stream.description.kind != StreamKind::kCamera) continue;
      bool any = false;
      const absl::Status read = store_->chunks()->Scan(
          Family::kRes, ResultPrefix(options_.from, stream.id),
          ResultPrefix(options_.from, stream.id + 1),
          [&any](std::string_view, std::string_view) {
            any = true;
            return false;
          });
      if (!read.ok()) return read;
      if (any) chosen.push_back(std::move(stream));
    }
    return chosen;
  }

  absl::Status CountImported() {
    return store_->chunks()->Scan(Family::kRes, ResultPrefix(options_.from, 0),
                                  ResultPrefix(options_.from, 1),
                                  [this](std::string_view, std::string_view) {
                                    ++report_.imported;
                                    return true;
                                  });
  }

  void Asked() {
    ++asked_;
    if (progress_) progress_(asked_, to_ask_);
  }

  Store* const store_;
  const RevalidationOptions& options_;
  const std::function<void(int64_t, int64_t)>& progress_;
  const std::atomic<bool>* const stop_;
  std::vector<std::unique_ptr<OldAnswers>> streams_;
  RevalidationReport report_;
  int64_t asked_ = 0, to_ask_ = 0;
};

}  // namespace

bool RevalidationReport::lossy() const {
  return std::ranges::any_of(streams, [](const RevalidatedStream& stream) {
    return stream.damaged > 0 || stream.unread > 0;
  });
}

int64_t RevalidationReport::passed() const {
  return std::ranges::count_if(streams, &RevalidatedStream::passed);
}

absl::StatusOr<ModelDigest> FindCachedModel(
    const std::vector<CachedModel>& models, const std::string& called,
    const ModelDigest& other_than) {
  std::vector<const CachedModel*> found;
  const std::string digits = absl::AsciiStrToLower(called);
  for (const CachedModel& model : models) {
    if (model.digest == other_than || model.results == 0) continue;
    const bool by_digest = digits.size() >= kLeastDigits &&
                           absl::StartsWith(Hex(model.digest), digits);
    if (by_digest || (!called.empty() && model.name == called)) {
      found.push_back(&model);
    }
  }
  if (found.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no answers of another model '", called,
                     "' are kept; 'fovea cache stats' lists models"));
  }
  if (found.size() == 1) return found[0]->digest;
  std::string names;
  for (const CachedModel* model : found) {
    absl::StrAppend(&names, names.empty() ? "" : ", ",
                    Hex(model->digest).substr(0, 12));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", called, "' are ", found.size(), " models: ", names,
                   "; name one by its digest"));
}

absl::StatusOr<RevalidationReport> Revalidate(
    Store* store, const RevalidationOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop) {
  if (absl::Status s = CheckOptions(options); !s.ok()) return s;
  return Revalidation(store, options, progress, stop).Go();
}

}  // namespace fovea
