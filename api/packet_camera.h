// SPDX-License-Identifier: GPL-2.0-or-later
//
// One stored camera of a run within a decode budget: decodes and looks as the
// gate says, and keeps what has come of each packet until its GOP is over.
// Then all of it goes into the store by the order in which frames are shown:
// decisions, observations, what was looked at.

#ifndef FOVEA_API_PACKET_CAMERA_H_
#define FOVEA_API_PACKET_CAMERA_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/decision_book.h"
#include "api/gop_pictures.h"
#include "api/look_book.h"
#include "api/observation_book.h"
#include "api/packet_rounds.h"
#include "api/packet_run.h"
#include "api/run_task.h"
#include "filter/packet_gate.h"
#include "store/chunk_store.h"
#include "store/commit_batch.h"

namespace fovea {

// Not thread-safe.
class PacketCamera {
 public:
  // All outlive this.
  PacketCamera(ChunkStore* store, StreamSummary stream, const Asked& asked,
               const PacketRunOptions* options);

  // Tells which GOPs are to be gone through.
  absl::Status Plan();
  int64_t packets_to_do() const { return packets_to_do_; }
  // Mean time between two of them; none where there are none.
  std::optional<int64_t> interval_ns() const;

  // Takes out what the model said of them before. Commits.
  absl::Status Clear();

  // After Plan().
  PacketCursor* cursor() { return &*cursor_; }

  // A packet comes. What the gate is to decide about; none where nothing is
  // to be decoded: of pictures that need the GOP before theirs, and of GOPs
  // found damaged. Errors of the store.
  absl::StatusOr<std::optional<GatePacket>> Take(const StoredPacket& packet,
                                                 size_t number);

  // Does what was decided about it, or about packets before it. Of a look
  // whether the answer is another than the one held; none where there was no
  // look, or the model failed at it. Decodes no more than that may cost.
  // Errors of the store.
  absl::StatusOr<std::optional<bool>> Obey(const PacketDecision& decision);

  // A round with a packet of this camera is over.
  void EndRound(int64_t round_ns, bool overdue);

  // No more packets come, of the GOP under way neither. Does not commit.
  absl::Status End();

  bool failed() const { return !report_.run.error.ok(); }
  int gops_pending() const { return gops_pending_; }
  absl::Status Commit();
  const PacketCameraReport& report() const { return report_; }

 private:
  struct Picture {
    bool arrived = false, decided = false, decoded = false, failed = false;
    bool referred = false;  // by others, as far as is known
    int64_t time_ns = 0;    // of its packet
    float need = 0;
    DecisionCause cause = DecisionCause::kGate;
    std::optional<FrameAnswer> answer;  // looked at
  };

  absl::StatusOr<std::vector<FrameSpan>> WholeGops(
      const std::vector<FrameSpan>& frames);
  absl::Status Begin(std::shared_ptr<const TimedGop> gop);
  PictureType TypeOf(uint32_t number);
  absl::Status ReadGop();
  absl::StatusOr<std::optional<bool>> DecodeAndLook(
      const PacketDecision& decision);
  absl::Status DecodeNext(uint32_t number,
                          std::optional<GopPictures::Picture>* picture);
  std::optional<bool> Look(uint32_t number, const PacketDecision& decision,
                           const GopPictures::Picture& picture);
  absl::Status Damaged(const absl::Status& error);
  void NoteUnread(uint64_t first_index, const absl::Status& error);
  absl::Status Close();
  absl::Status CloseFrame(uint32_t rank, const Picture& picture);
  absl::Status Note(uint64_t index, DecisionKind kind, const Picture& picture);
  absl::Status PutObservations();

  ChunkStore* const store_;
  const StreamSummary stream_;
  const Asked asked_;
  const PacketRunOptions& options_;
  PacketCameraReport report_;
  std::optional<LookBook> looks_;
  std::vector<FrameSpan> todo_;
  int64_t packets_to_do_ = 0, duration_ns_ = 0;
  std::optional<PacketCursor> cursor_;

  // The GOP under way; null: none.
  std::shared_ptr<const TimedGop> gop_;
  GopPictures decoder_;
  std::vector<Picture> pictures_;    // in decoding order
  std::deque<uint32_t> waiting_;     // of them, references not decoded
  std::optional<uint32_t> current_;  // whose decision has not come
  bool damaged_ = false;             // and nothing of it holds
  bool b_is_referred_to_ = false;    // has been, in some GOP read

  std::optional<Answer> held_;        // by the look made last
  std::optional<int64_t> looked_ns_;  // when what it shows came
  ObservationBook book_;
  std::optional<uint64_t> look_index_;  // shown last, of GOPs closed
  uint64_t unlooked_ = 0;               // frames since
  uint64_t longest_unlooked_ = 0;       // in the GOP being closed
  uint64_t end_index_ = 0;              // of the GOPs closed
  DecisionBook decisions_;
  CommitBatch batch_;
  int gops_pending_ = 0;
  std::set<uint64_t> tracks_;
  std::set<std::pair<uint64_t, int64_t>> starts_;
};

}  // namespace fovea

#endif  // FOVEA_API_PACKET_CAMERA_H_
