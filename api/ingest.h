// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an ingest is asked to do, tells on the way, and reports at the end.

#ifndef FOVEA_API_INGEST_H_
#define FOVEA_API_INGEST_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/external_model.h"
#include "api/imu_coding.h"
#include "api/map_source.h"
#include "api/model_reuse.h"
#include "api/original_answers.h"
#include "codec/formats/source.h"
#include "codec/sample.h"
#include "sensitivity/model.h"
#include "store/chunk_id.h"
#include "store/rows.h"

namespace fovea {

struct IngestOptions {
  // Name of the camera stream; its other tracks are NAME.imu, NAME.gps,
  // NAME.audio and so on. Empty: the source's file name without suffix.
  std::string name;

  // An inertial CSV recorded with the video: becomes NAME.imu.
  std::string imu_path;

  // Of imu streams; the level is that of series, too.
  ImuCodingOptions imu;

  double crf = 23;  // see VideoEncoderOptions
  std::string preset = "veryfast";
  double gop_seconds = 2;      // longest closed GOP
  MapSourceOptions map;        // how quality is spread; paths for one source
  std::optional<bool> freeze;  // as EncodeFileOptions::freeze

  // Instead of the proxy: the priors of this camera, a stream of the store,
  // which models left when they looked along. Empty: the stream's own, where
  // there are any. Those of another must fit the picture's size.
  bool use_prior = true;
  std::string prior_stream;

  // A stored camera that sees part of this one's view: that part is coded
  // coarsely from the first (api/overlap_job.h does so later, from footage
  // that has been coded once more). Where the one lies in the other is what
  // the stream says of itself when it is added to, else is measured
  // beforehand. On the user's word: no model is asked. Empty: none, but for
  // a stream that is added to and says so of itself.
  std::string overlap_stream;

  // Models that look along, instead of `map`: their gradients make the maps,
  // their answers become observations. They outlive the ingest.
  std::vector<Model*> models;
  int gradient_every = 10;  // frames between two gradient passes

  // The same of models that only answer: maps come from their boxes
  // (api/answer_source.h), asked as often. Per macroblock the model that
  // needs most decides. From where one fails the proxy stands for it.
  std::vector<ExternalModel*> external_models;
  // Longest wait for an answer, whatever a card says. Of a live source at
  // most kLongestLiveAnswerNs: it goes on while a model is waited for.
  int64_t longest_answer_ns = INT64_MAX;

  // The models look at every frame then, but are run on those alone whose
  // answer is not known well enough (api/model_reuse.h); maps are made as
  // before. Not set: they are asked every `gradient_every` frames.
  std::optional<ReuseOptions> reuse;

  // What the models say of frames that a coin chooses is kept, so that what is
  // given about the coded pictures later is audited against the original.
  std::optional<OriginalsOptions> originals;

  // What moves in encoded and copied footage becomes observations labelled
  // `motion` and a summary in frame tables (index/motion_spans.h reads both):
  // costs half a percent of encoding.
  bool motion = true;

  bool append = false;   // add to streams of that name
  bool resume = false;   // go on where an interrupted ingest stopped
  bool dry_run = false;  // read and report, store nothing

  // Threads for decoding and for encoding; 0: one per core.
  int jobs = 0;

  // Pending payload or age at which a commit is made. Smaller: less to
  // lose in a crash. Larger: fewer syncs, less write amplification.
  uint64_t commit_bytes = 4 << 20;
  int64_t commit_age_ns = 1'000'000'000;

  SourceOptions source;  // copy, duration, CSV units, live time-outs
  std::function<int64_t()> monotonic_ns;  // null: the system's
  std::function<int64_t()> now_ns;        // wall clock; null: the system's
};

// Half of what may wait between a live source and the encoder.
inline constexpr int64_t kLongestLiveAnswerNs = 5'000'000'000;

// options.jobs, or one per core.
int JobsOf(const IngestOptions& options);

// With the system's clocks and one job per core where nothing else is said.
IngestOptions WithIngestDefaults(IngestOptions options);

// A GOP or block that is now on stable storage.
struct Acknowledgement {
  std::string stream;
  uint64_t first_index = 0, last_index = 0;
  ChunkId chunk;
};

struct IngestProgress {
  int64_t frames = 0;           // camera frames read so far
  int64_t frames_expected = 0;  // 0 unknown
  int64_t stream_ns = 0;        // how far into the source
  int64_t duration_ns = 0;      // 0 unknown
  uint64_t bytes_in = 0;        // estimated from the source's size
  uint64_t bytes_out = 0;       // payload committed, before dedup
  uint64_t bytes_known = 0;     // of those, already stored
  int64_t samples = 0;          // imu and series
  int64_t rejected = 0, gaps = 0;
};

// Calls come from one thread at a time.
class IngestObserver {
 public:
  virtual ~IngestObserver() = default;
  virtual void OnOpened(const SourceInfo&) {}
  virtual void OnAcknowledged(const Acknowledgement&) {}
  virtual void OnProgress(const IngestProgress&) {}
  virtual void OnNote(const std::string&) {}  // one line, for the user
};

struct IngestedStream {
  std::string name;
  StreamKind kind = StreamKind::kCamera;
  StreamCounts counts;  // of this ingest alone
  int64_t chunks = 0;
  uint64_t bytes = 0;        // payload, before dedup
  uint64_t bytes_known = 0;  // of those, already stored
  int64_t start_ns = 0, end_ns = 0;
};

struct RejectedTrack {
  std::string name, reason;
};

// A model that ceased to answer: a stream's maps and observations are without
// it from frame `index` of the source on.
struct FailedModel {
  std::string stream;
  ModelId model;
  int64_t index = 0;
  absl::Status error;
};

// What came of holding and reusing a model's answers about a stream.
struct ReusedModel {
  std::string stream;
  ReuseReport report;
};

struct IngestReport {
  std::vector<IngestedStream> streams;
  std::vector<ReusedModel> reuse;
  std::vector<RejectedTrack> rejected_tracks;
  std::vector<FailedModel> failed_models;
  uint64_t source_bytes = 0;
  uint64_t stored_bytes = 0;  // appended to segments, after dedup
  bool stopped = false;       // by the caller, cleanly
  bool live = false;          // gaps are this ingest's, not the recorder's
  absl::Status source_error;  // not OK: the source ended badly after this

  // Something the source held is not stored, or a model failed: exit code 3.
  bool lossy() const;
};

}  // namespace fovea

#endif  // FOVEA_API_INGEST_H_
