// SPDX-License-Identifier: GPL-2.0-or-later
//
// One ingest from open sources to committed streams: the pipeline, written
// once. Source -> pipes (grid, sensitivity, codec) -> writers -> store.

#ifndef FOVEA_API_INGEST_RUN_H_
#define FOVEA_API_INGEST_RUN_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "api/committer.h"
#include "api/ingest.h"
#include "api/stop_flag.h"
#include "api/stream_description.h"
#include "api/stream_registry.h"
#include "api/stream_writer.h"
#include "api/track_pipe.h"
#include "codec/camera_prior.h"
#include "codec/formats/source.h"
#include "store/chunk_store.h"

namespace fovea {

// Not thread-safe; used once.
class IngestRun {
 public:
  IngestRun(ChunkStore* store, StreamRegistry* registry,
            const IngestOptions& options, IngestObserver* observer,
            const std::atomic<bool>* stop);
  ~IngestRun();

  // Takes an opened source and opens the streams its tracks become, NAME
  // and NAME.suffix. Nothing is written yet.
  absl::Status Open(std::unique_ptr<Source> source, const std::string& location,
                    const std::string& name);

  // Reads every source opened to its end and commits all of it. An error of
  // a source is kept for the report; one of the store or codec is returned.
  absl::Status Run();

  IngestReport Report() const;

 private:
  struct Lane;  // one track on its way into one stream
  struct Feed;  // one source and its lanes

  absl::Status OpenLane(const Track& track, const std::string& stream_name,
                        const std::string& location, const std::string& digest,
                        Feed* source);
  absl::StatusOr<StreamState> StateFor(const std::string& name,
                                       const StreamDescription& description);
  absl::StatusOr<StreamState> Continue(const StreamRow& row,
                                       const StreamDescription& description);
  StreamDescription Describe(const Track& track, const Feed& source,
                             const std::string& digest) const;
  // Those that maps of this stream come from.
  absl::StatusOr<std::vector<CameraPrior>> PriorsFor(
      const std::string& stream_name, const CameraInfo& camera);
  // What another camera keeps of this one, if any does; noted in
  // `description`.
  absl::StatusOr<std::optional<OverlapSpan>> OverlapOf(
      const std::string& stream_name, const std::string& location,
      StreamDescription* description);
  absl::StatusOr<OverlapNote> MeasureOverlap(const StreamRow& first,
                                             const std::string& location);
  absl::Status OpenPipe(const Track& track,
                        const std::vector<CameraPrior>& priors,
                        const std::optional<OverlapSpan>& overlap, Lane* lane);
  void NoteFailure(const FailedModel& failed);

  absl::Status Pump(Feed* source);
  absl::Status Take(SourceItem item, Feed* source);
  absl::Status Deliver(SourceItem item, Lane* lane);
  absl::Status FinishLanes(Feed* source);
  void ShiftTime(SourceItem* item, Feed* source) const;
  void CountProgress(const SourceItem& item, const Lane& lane);
  bool Interrupted() const { return Stopped(stop_); }

  ChunkStore* const store_;
  StreamRegistry* const registry_;
  IngestOptions options_;
  IngestObserver* const observer_;
  const std::atomic<bool>* const stop_;
  Committer committer_;
  std::vector<std::unique_ptr<Feed>> sources_;
  std::vector<RejectedTrack> rejected_tracks_;
  std::vector<FailedModel> failed_models_;
  IngestProgress progress_;
  absl::Status source_error_;
  int64_t append_after_ns_ = 0;  // where appended streams end
  int64_t last_progress_ns_ = 0;
  bool class_chosen_ = false;
};

}  // namespace fovea

#endif  // FOVEA_API_INGEST_RUN_H_
