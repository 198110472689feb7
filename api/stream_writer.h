// SPDX-License-Identifier: GPL-2.0-or-later
//
// Turns the GOPs, stills and blocks of one stream into chunks and catalogue
// rows, and keeps the stream's books: samples in = stored + dropped +
// rejected at every commit, so that an interrupted ingest knows where its
// source goes on.

#ifndef FOVEA_API_STREAM_WRITER_H_
#define FOVEA_API_STREAM_WRITER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "api/coding_tables.h"
#include "api/committer.h"
#include "api/ingest.h"
#include "api/look_book.h"
#include "api/motion_book.h"
#include "api/observation_book.h"
#include "codec/camera_prior.h"
#include "codec/canonical_gop.h"
#include "codec/clock_map.h"
#include "codec/sample.h"
#include "filter/motion_tracks.h"
#include "store/frame_table.h"
#include "store/retention_class.h"
#include "store/rows.h"
#include "store/stream_rows.h"

namespace fovea {

// Where a stream stands before an ingest adds to it.
struct StreamState {
  StreamRow row;
  bool registered = false;  // the row is in the store already
  StreamCounts counts;
  uint64_t next_index = 0;  // of frames or samples
  uint64_t next_block = 0;
  int64_t end_ns = 0;  // end of what is stored
  std::vector<IngestTime> ingest_times;
  RetentionClass retention_class = 0;
};

// What a model saw in one picture of a GOP, and how sensitive it was there.
struct FrameLook {
  size_t picture = 0;
  FrameAnswer answer;
  int every = 1;  // frames from one of its looks to the next
  enum class Says : uint8_t {
    kAnswer,   // and nothing else
    kBefore,   // what it said last holds on; `answer` tells whose that is
    kNothing,  // of it, `answer` tells whose look it is
  };
  Says says = Says::kAnswer;
  // Per macroblock, row-major; empty: the model only answers.
  std::vector<double> sensitivity;
  int columns = 0, rows = 0;
};

// Not thread-safe; must stay where it is (its Committer points at it).
class StreamWriter {
 public:
  StreamWriter(StreamState state, Committer* committer);
  StreamWriter(const StreamWriter&) = delete;
  StreamWriter& operator=(const StreamWriter&) = delete;

  const std::string& name() const { return state_.row.name; }
  StreamId id() const { return state_.row.id; }
  // Null of a dry run.
  ChunkStore* store() const { return committer_->store(); }
  // Of the next frame or sample that is stored.
  uint64_t next_index() const { return state_.next_index; }

  // What else belongs into every commit; see Committer.
  void BeforeCommit(Committer::Rows rows) {
    committer_->BeforeCommit(std::move(rows));
  }

  // Samples handed to the pipe, stored or not yet.
  void Delivered(int64_t samples) { delivered_ += samples; }

  // Samples lost at this place of the source. Counted once everything
  // delivered before them is stored.
  void Reject(int64_t samples, const std::string& reason);
  void AddGap(const Gap& gap);

  // A camera GOP. `table` has the pictures of `gop` in its order; `looks` by
  // rising picture; `motion` what moves in each, in presentation order, or is
  // empty.
  absl::Status AddGop(const CanonicalGop& gop, FrameTable table,
                      std::span<const FrameLook> looks = {},
                      std::span<const TrackedPicture> motion = {});
  absl::Status AddStill(const StillImage& still);

  // An encoded imu, series or opaque block of `times.size()` samples. Its
  // first `head_bytes` stay with the row, so that the rest may be known.
  absl::Status AddBlock(std::span<const uint8_t> block,
                        std::span<const int64_t> times, size_t head_bytes = 0);

  // Blocks that follow mean `bytes` by `id`; errors of fovea::NameTable().
  absl::Status NameTable(CodingTableKind kind, uint32_t id,
                         std::span<const uint8_t> bytes);
  // For what the device is yet to record; errors of PutDeviceTable().
  // And that the clock of its device went on so.
  absl::Status KeepClock(const ClockMap& clock);
  absl::Status KeepForDevice(CodingTableKind kind, const std::string& device,
                             std::span<const uint8_t> bytes);

  // All of the source has been handed over: counts what was rejected last,
  // puts what was learnt.
  absl::Status Finish();

  // Of this ingest alone.
  const IngestedStream& report() const { return report_; }

 private:
  struct PendingReject {
    int64_t after;  // samples delivered before it
    int64_t samples;
    std::string reason;
  };

  bool IsKnown(const ChunkId& id) const;
  // Returns whether the store held the payload before.
  bool PutGop(GopRow row, const FrameTable& table,
              std::span<const uint8_t> payload);
  void PutParameterSets(const CanonicalGop& gop, GopRow* row);
  void CountStored(int64_t samples, uint64_t bytes, bool known,
                   std::span<const int64_t> times);
  // `times` of its pictures, by index.
  absl::Status PutLooks(std::span<const FrameTime> times,
                        std::span<const FrameLook> looks);
  // Where the model's tracks begin that begin at frame `index`.
  absl::StatusOr<int64_t> EnterLook(const FrameLook& look, uint64_t index);
  void CountLooks();
  absl::Status PutMotion(const CanonicalGop& gop, uint64_t first_index,
                         std::span<const TrackedPicture> motion);
  absl::Status LearnPrior(const FrameLook& look);
  // Those that grew by `least_growth` since they were last put.
  absl::Status PutPriors(double least_growth);
  void CountTimes(std::span<const int64_t> times);
  void NoteIngestTime(int64_t time_ns);
  void CountRejected(int64_t samples, const std::string& reason);
  void PutBooks(CommitBatch* batch);

  StreamState state_;
  Committer* const committer_;
  IngestedStream report_;
  std::set<ParameterSetName> known_parameter_sets_;
  std::deque<PendingReject> pending_rejects_;
  int64_t delivered_ = 0;
  int64_t stored_ = 0;  // of delivered_
  bool has_start_ = false;
  bool has_time_ = false;
  int64_t last_time_ns_ = 0;
  bool books_changed_ = false;
  bool ingest_times_changed_ = false;
  ObservationBook observations_;
  std::optional<LookBook> looks_;  // read with the first look
  struct Looking {
    uint64_t counted = 0;  // in looks_, up to there
    uint64_t last = 0;     // the frame looked at last
    uint64_t every = 1;
  };
  std::map<ModelKey, Looking> looking_;
  MotionBook motion_;
  struct LearntPrior {
    CameraPrior prior;
    uint64_t put_frames = 0;  // of the one last put
  };
  std::map<const ModelDescription*, LearntPrior> priors_;
};

}  // namespace fovea

#endif  // FOVEA_API_STREAM_WRITER_H_
