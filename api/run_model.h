// SPDX-License-Identifier: GPL-2.0-or-later
//
// Models over footage that is stored already: what they see becomes
// observations, as if they had looked along when it came in. What a model
// has looked at is kept with it (api/look_book.h), so none is asked twice; nor
// about pictures that lie in the store more than once (api/copied_looks.h).

#ifndef FOVEA_API_RUN_MODEL_H_
#define FOVEA_API_RUN_MODEL_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/external_model.h"
#include "api/model_reuse.h"
#include "api/store.h"
#include "codec/model_id.h"
#include "index/motion_spans.h"
#include "index/query.h"
#include "sensitivity/model.h"
#include "sensitivity/model_description.h"

namespace fovea {

struct RunOptions {
  // At least one of either kind; they outlive the run.
  std::vector<Model*> models;
  std::vector<ExternalModel*> external_models;
  // Models that are not there: stored answers alone, and every frame they do
  // not answer is a gap. With `reuse` only, which is then offline.
  std::vector<const ModelDescription*> absent_models;
  // Frames whose index divides by this are looked at. A model that looked
  // that often or more is not asked again; where it looked less often, what
  // it said is replaced.
  int every = 10;
  // Frames shown in any of these are looked at, and the looks they hold
  // from. Empty: all.
  std::vector<TimeRange> ranges;
  // Of those, frames alone that are shown in a clip of this query in the
  // stream (no `among`: asked of it alone), and frames alone in which something
  // moves. Both are told from catalogue rows, without a frame decoded. Frames
  // passed over are not noted as looked at.
  std::optional<Query> only;
  std::optional<MovingSpanOptions> moving;
  // Answers are held and reused where few enough of them are wrong
  // (api/model_reuse.h), most of all with `every` 1. Not set: each look asks.
  std::optional<ReuseOptions> reuse;
  // Replace what the models said before; nothing is copied either.
  bool again = false;
  bool dry_run = false;  // count, change nothing
  // Longest wait for an answer, whatever a card says.
  int64_t longest_answer_ns = INT64_MAX;
  // What was seen is committed after so long, or so many GOPs. Less: less to
  // do again after a crash. More: rows of tracks under way are written less
  // often.
  int64_t commit_age_ns = 2'000'000'000;
  int commit_gops = 256;

  std::function<int64_t()> monotonic_ns;  // null: the system's
};

struct ModelRun {
  ModelId model;
  int64_t inferences = 0;  // run; of a dry run, to be run
  int64_t reused = 0;      // looks it had at these frames before
  int64_t copied = 0;      // at the same pictures elsewhere in the store
  int64_t replaced = 0;    // observations that went, wholly or in part
  int64_t observations = 0;
  int64_t tracks = 0;
  std::map<std::string, int64_t> labels;  // tracks of each
  std::optional<ReuseReport> reuse;       // where answers are
  // Not OK: it failed at frame `failed_index` and was not asked again.
  absl::Status error;
  uint64_t failed_index = 0;
};

struct RunReport {
  std::vector<ModelRun> models;  // networks first, in the order given
  int64_t frames = 0;            // that are asked about
  int64_t frames_decoded = 0;
  int64_t frames_passed_over = 0;  // by `only` and `moving`
  MotionSources motion;            // of the stream's frames; with `moving`
  std::vector<std::string> notes;  // QueryAnswer::notes of `only`
  // GOPs that could not be read; no model has looked at them.
  struct Unread {
    uint64_t first_index = 0;
    absl::Status error;
  };
  std::vector<Unread> unread;  // the first kMostUnread
  int64_t gops_unread = 0;
  bool stopped = false;  // by the caller; the next run goes on from there

  static constexpr size_t kMostUnread = 16;

  // A model failed, or not all could be read: exit code 3.
  bool lossy() const;
};

// Runs the models over a camera stream, stills too. What is committed on the
// way holds, with what was looked at for it, so that a run that broke off
// goes on where it was; only its tracks begin anew there. Not while the same
// models look along at the stream. `progress` (may be null) gets looks done
// and to do. Errors: kNotFound: no such stream; kInvalidArgument: no model,
// or one that takes no pictures, `every` below 1, no camera; those of the
// store, and of Store::Query() where it is kept to one.
absl::StatusOr<RunReport> RunModels(
    Store* store, const std::string& stream, const RunOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_RUN_MODEL_H_
