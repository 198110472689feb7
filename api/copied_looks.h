// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a model said of pictures that lie elsewhere in the store too is known
// of them here: it is copied, and nobody is asked. Of one model in a run over
// one stream.
//
// Copied are GOPs whose twins (api/twin_gops.h) the model has looked at in
// every frame that the run is to look at, and what it saw there between them:
// its tracks go on through GOPs that follow each other in both places, and are
// cut where these end.

#ifndef FOVEA_API_COPIED_LOOKS_H_
#define FOVEA_API_COPIED_LOOKS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/look_book.h"
#include "api/look_spans.h"
#include "api/model_reuse.h"
#include "api/shown_frames.h"
#include "api/twin_gops.h"
#include "index/frame_index.h"
#include "index/observation.h"
#include "store/look_rows.h"
#include "store/store_reader.h"

namespace fovea {

// What of GOPs that follow each other is known from others.
struct KnownLooks {
  StreamId from = 0;
  uint64_t shift = 0;            // index here less index there, modulo 2^64
  int64_t later_ns = 0;          // times likewise
  size_t gops = 0;               // how many, from the first one asked about on
  std::vector<FrameSpan> spans;  // frames here, by index
  std::vector<LookSpan> looks;   // to be noted of them
};

// All calls fail as the store does; what is said of another stream names it.
// Not thread-safe.
class CopiedLooks {
 public:
  // All outlive this. Without `reuse` only what a model itself said is
  // copied; with it also what was held and reused elsewhere for a target that
  // is no laxer.
  CopiedLooks(StoreReader* store, TwinGops* twins, StreamId stream,
              const ModelKey& model, const std::optional<ReuseOptions>& reuse);

  // What is known of the frames in `todo` of the first of `gops`, and with it
  // of those after it; none: it is to be looked at. Frames whose index divides
  // by `step` are due. `own`: looks at the stream itself that are committed.
  absl::StatusOr<std::optional<KnownLooks>> Find(
      std::span<const GopRef> gops, const std::vector<FrameSpan>& todo,
      uint64_t step, const LookBook& own);

  // Copies what was found for these very `gops`; tracks are numbered by
  // `book`, which the model is in. False: it went meanwhile, and nothing is
  // copied.
  absl::StatusOr<bool> Take(const KnownLooks& known,
                            std::span<const GopRef> gops, const LookBook& book);

  // Observations here that are new or have grown since the last call.
  std::vector<Observation> TakeChanged();

 private:
  // GOPs that follow each other here and there, so far.
  struct Region {
    KnownLooks of;   // from where
    FrameSpan span;  // here
    // There: the first look, where it was given an answer held from before.
    std::optional<uint64_t> held;
    std::map<uint64_t, uint64_t> tracks;      // there, here
    std::set<uint64_t> numbers;               // of tracks here
    std::map<std::string, Observation> open;  // here, by key there
  };
  using Seen = std::vector<Observation>;

  absl::StatusOr<std::vector<LookSpan>> LooksOf(StreamId stream,
                                                const LookBook& own);
  absl::StatusOr<bool> IsAsGood(StreamId stream);
  absl::StatusOr<bool> Extend(const GopRef& gop,
                              const std::vector<FrameSpan>& todo, uint64_t step,
                              const LookBook& own, KnownLooks* known);
  bool GoesOn(const KnownLooks& known, uint64_t first_index) const;

  absl::StatusOr<std::optional<Seen>> ReadSeen(const KnownLooks& known,
                                               FrameSpan here) const;
  absl::StatusOr<bool> IsStillKnown(const KnownLooks& known) const;
  absl::Status Begin(const KnownLooks& known, FrameSpan here, const Seen& seen);
  absl::Status CopySpan(const KnownLooks& known, FrameSpan here,
                        const Seen& seen, const LookBook& book,
                        std::span<const FrameTime> times);
  std::optional<Observation> PartOf(const Observation& seen) const;
  void Move(const Observation* before, std::span<const FrameTime> times,
            Observation* part) const;
  absl::StatusOr<uint64_t> TrackOf(uint64_t there, uint64_t index,
                                   const LookBook& book);

  StoreReader* const store_;
  TwinGops* const twins_;
  const StreamId stream_;
  const ModelKey model_;
  const std::optional<ReuseOptions>& reuse_;
  std::map<StreamId, std::vector<LookSpan>> looks_;  // of other streams
  std::map<StreamId, bool> as_good_;
  Region region_;
  std::map<std::string, Observation> changed_;  // by key
};

}  // namespace fovea

#endif  // FOVEA_API_COPIED_LOOKS_H_
