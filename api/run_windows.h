// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model over the windows of a stored imu or series stream: what it tells
// becomes observations of the stream, a span of time for each class that lasts.
// The sibling of api/run_model.h for cameras.

#ifndef FOVEA_API_RUN_WINDOWS_H_
#define FOVEA_API_RUN_WINDOWS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/store.h"
#include "api/window_model.h"
#include "api/window_reuse.h"
#include "codec/model_id.h"
#include "sensitivity/model_description.h"
#include "sensitivity/window_cutter.h"

namespace fovea {

struct RunWindowsOptions {
  // One of the two; it outlives the run. One that is absent is not asked: in a
  // dry run, or with `reuse` that is offline, where a window whose answer is
  // not known is a gap.
  WindowModel* model = nullptr;
  const ModelDescription* absent = nullptr;
  // A window begins every so many samples of the card's rate; 0: as the card
  // says, else half a window. Where the model looked that often or more it is
  // not asked again.
  int hop = 0;
  // Of the stream; windows lie wholly in it.
  TimeRange range;
  // Answers are held and reused where few enough of them are wrong. Not set:
  // each window asks.
  std::optional<WindowReuseOptions> reuse;
  bool again = false;    // replace what the model said before
  bool dry_run = false;  // count, change nothing
  // Longest wait for an answer, whatever the card says.
  int64_t longest_answer_ns = INT64_MAX;
  // What was told is committed after so long. Less: less to do again after a
  // crash.
  int64_t commit_age_ns = 2'000'000'000;

  std::function<int64_t()> monotonic_ns;  // null: the system's
};

// What a class was told of.
struct LabelTime {
  int64_t spans = 0;  // that follow on no window of the same class
  int64_t time_ns = 0;
};

struct RunWindowsReport {
  ModelId model;
  int window = 0, hop = 0;  // samples of the card's rate
  double rate_hz = 0;
  WindowCounts counts;  // of the samples gone through
  // Windows that begin at the same sample as one before, since the hop is
  // shorter than a sample of the series takes; they are passed over.
  int64_t repeated = 0;
  int64_t inferences = 0;    // run; of a dry run, to be run
  int64_t looked_at = 0;     // windows that it was asked about before
  int64_t replaced = 0;      // observations that went, wholly or in part
  int64_t observations = 0;  // put
  std::map<std::string, LabelTime> labels;
  std::optional<ReuseReport> reuse;  // where answers are
  // Not OK: it failed at the window from sample `failed_index` on and was not
  // asked again.
  absl::Status error;
  uint64_t failed_index = 0;
  bool stopped = false;  // by the caller; the next run goes on from there
};

// A window's answer is held to be that of the hop in its middle. Time that no
// window has in its middle, before the first, after the last and around gaps,
// has none. What is committed on the way holds, with what was looked at for
// it, so that a run that broke off goes on where it was. `progress` (may be
// null) gets windows done and to do. kNotFound: no such stream;
// kInvalidArgument: no model, or one that takes no windows, a hop out of
// range, errors of ReadWindows() and WindowReuse::Open(); those of the store.
absl::StatusOr<RunWindowsReport> RunWindows(
    Store* store, const std::string& stream, const RunWindowsOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop);

// The hop that `hop` asks for, of a card.
int HopOf(const ModelCard& card, int hop);

}  // namespace fovea

#endif  // FOVEA_API_RUN_WINDOWS_H_
