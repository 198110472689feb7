// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one door to a store: ingest recordings and live feeds, list, read
// back, export, remove, verify. Everything the command line does goes
// through here.

#ifndef FOVEA_API_STORE_H_
#define FOVEA_API_STORE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "api/align.h"
#include "api/annotate.h"
#include "api/clip_boxes.h"
#include "api/frame_selection.h"
#include "api/ingest_input.h"
#include "api/query_answer.h"
#include "api/query_results.h"
#include "api/store_options.h"
#include "api/store_reports.h"
#include "api/stream_registry.h"
#include "api/stream_summary.h"
#include "api/time_range.h"
#include "api/upkeep.h"
#include "api/verify_options.h"
#include "codec/sample.h"
#include "index/presence_rebuild.h"
#include "store/chunk_store.h"
#include "store/rows.h"

namespace fovea {

class StoreServer;
struct Query;

// Thread-safe; one Ingest() at a time per stream name. Long
// calls heed `stop` (may be null): soon after it became true they return
// kCancelled and leave nothing half done.
class Store {
 public:
  // As ChunkStore::Open(). To write, it first adds rows that a store of an
  // older format lacks (api/migration.h).
  static absl::StatusOr<std::unique_ptr<Store>> Open(
      const StoreOptions& options);
  ~Store();

  // Reads `location` to its end (or until *stop) through the pipeline into
  // the store. Blocks. What the observer saw acknowledged stays, whatever
  // comes after. Errors: those of OpenSource(); kAlreadyExists when the
  // name is taken (neither append nor resume), kFailedPrecondition when
  // append or resume does not fit the stream. An error in mid-source
  // commits what came before it and is returned in the report.
  absl::StatusOr<IngestReport> Ingest(const std::string& location,
                                      const IngestOptions& options,
                                      IngestObserver* observer,
                                      const std::atomic<bool>* stop);
  // The same over a source opened already. Before it begins, room is made
  // and looked for: kResourceExhausted where what is to be stored as it is
  // does not fit on the disk.
  absl::StatusOr<IngestReport> Ingest(IngestInput input,
                                      const IngestOptions& options,
                                      IngestObserver* observer,
                                      const std::atomic<bool>* stop);

  // All streams by name.
  absl::StatusOr<std::vector<StreamSummary>> Streams();
  // kNotFound, with the nearest name, when there is none called so.
  absl::StatusOr<StreamSummary> Describe(const std::string& stream);

  // Calls `visit` for the frames selected, in index order, until it
  // returns false. Decodes only the GOPs needed, and returns how many
  // pictures that were. kNotFound when a selected frame does not exist.
  absl::StatusOr<int64_t> ReadFrames(
      const std::string& stream, const FrameSelection& selection,
      const std::function<bool(const ReadFrame&)>& visit);

  // The clips in which the query's condition holds, over the store as it is
  // now: a range that finds them while it is walked (api/query_results.h), with
  // what the store holds of each there to be read. Finding reads indexes,
  // observations and sensor blocks and decodes no picture. kInvalidArgument:
  // what CheckQuery() refuses, pixels outside a picture; kNotFound: names
  // that are misspelt.
  absl::StatusOr<QueryResults> Query(const fovea::Query& query,
                                     const std::atomic<bool>* stop = nullptr);

  // One page of the same. Pages follow each other without a gap and without
  // a clip twice as long as nothing is committed meanwhile. Besides,
  // kInvalidArgument: a cursor of another query; kResourceExhausted: too
  // much matches at one time.
  absl::StatusOr<QueryAnswer> QueryPage(const fovea::Query& query,
                                        const QueryOptions& options = {});

  // Calls `visit`, frame by frame, with the boxes of what the query asks for
  // in a clip of its answer, until it returns false. Decodes nothing.
  absl::Status QueryBoxes(const fovea::Query& query, const QueryClip& clip,
                          const std::function<bool(const ClipBox&)>& visit);

  // What was observed, by label, then stream; of one stream, or (empty) of
  // all. Reads the beginning of every row of observations. kNotFound, with
  // the nearest name, when there is no such stream.
  absl::StatusOr<std::vector<LabelSummary>> Labels(const std::string& stream);

  // Reads boxes from a file about a camera stream and puts them as
  // observations, in commits of some thousands. kInvalidArgument names file
  // and place: what ReadAnnotations() refuses, a frame that the stream does
  // not have, a label that no observation can have; kAlreadyExists: that
  // annotator has spoken of the stream before.
  absl::StatusOr<AnnotateReport> Annotate(
      const std::string& stream, const std::string& path,
      const AnnotateOptions& options, const std::atomic<bool>* stop = nullptr);

  // Calls `visit` with the access units of the GOPs of a camera stream that
  // touch `range`, in decoding order, until it returns false: the source's
  // own bytes where the stream was copied (framing and configuration in its
  // description), else Annex B as it left the encoder, side data with it.
  absl::Status ReadUnits(const std::string& stream, TimeRange range,
                         const std::function<bool(const AccessUnit&)>& visit);

  // Calls `visit` with batches of an imu or series stream, in order.
  absl::Status ReadSeries(const std::string& stream, TimeRange range,
                          const std::function<bool(const SeriesBatch&)>& visit);

  // Calls `visit` for the frames of a camera, or samples of a series, in
  // order of time, with what each of `streams` (imu, series) held then,
  // until it returns false. api/align.h says how, and when it fails.
  absl::StatusOr<AlignReport> ReadAligned(
      const std::string& reference, const std::vector<std::string>& streams,
      const AlignOptions& options,
      const std::function<bool(const AlignedRow&)>& visit);

  absl::Status ReadOpaque(
      const std::string& stream, TimeRange range,
      const std::function<bool(const OpaquePacket&)>& visit);

  // Writes a stream to `path`: .mp4, .mov, .mkv, .h264 for cameras, .csv
  // for imu and series, any name for opaque packets one after another; .mcap
  // for a camera with its boxes and what was recorded beside it.
  // `original`: the source's own bytes (camera streams ingested with copy).
  // Only a complete file appears under that name.
  absl::StatusOr<ExportReport> Export(const std::string& stream,
                                      TimeRange range, bool original,
                                      const std::string& path,
                                      const std::atomic<bool>* stop = nullptr);

  // Removes all GOPs and blocks that touch `range` (whole GOPs: no part of
  // what was asked stays) with all that was observed on them, and priors,
  // which are means over it all; then erases their bytes. Not while the
  // stream is ingested.
  absl::StatusOr<RemoveReport> Remove(const std::string& stream,
                                      TimeRange range);

  // ChunkStore::Scrub(), then every row against its bytes: pictures and
  // samples counted, trims restored, conservation summed.
  absl::StatusOr<VerifyReport> Verify(const VerifyOptions& options);

  // As CheckPresence(), or else RebuildPresence().
  absl::StatusOr<PresenceReport> RebuildIndex(bool check_only,
                                              const PresenceProgress& progress);

  absl::StatusOr<DiskUsage> Usage() { return chunks_->Usage(); }

  // As ChunkStore::Backup(); `stop` as above.
  absl::StatusOr<BackupReport> Backup(
      const std::string& target, const BackupOptions& options,
      const std::function<void(uint64_t, uint64_t)>& progress,
      const std::atomic<bool>* stop = nullptr);

  // What the store stands on.
  ChunkStore* chunks() { return chunks_.get(); }

  // Held shared by calls that change what was observed of stored time; alone
  // by upkeep while it joins packs.
  absl::Mutex* observed() { return &observed_; }

 private:
  Store(std::unique_ptr<ChunkStore> chunks,
        std::unique_ptr<StoreServer> server);

  static absl::StatusOr<StreamSummary> Summarise(StreamRegistry* registry,
                                                 const StreamRow& row);
  absl::StatusOr<int64_t> ReadEvery(
      const FrameSelection& selection, const StreamSummary& stream,
      const std::function<bool(const ReadFrame&)>& visit);
  std::unique_ptr<ChunkStore> chunks_;
  absl::Mutex observed_;
  StreamRegistry registry_;
  std::unique_ptr<StoreServer> server_;  // of one that writes
  std::unique_ptr<Upkeep> upkeep_;       // ends first
};

}  // namespace fovea

#endif  // FOVEA_API_STORE_H_
