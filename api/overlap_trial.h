// SPDX-License-Identifier: GPL-2.0-or-later
//
// One stored GOP of a camera tried in its joint form: coarse where another
// camera looks. Nothing is written.

#ifndef FOVEA_API_OVERLAP_TRIAL_H_
#define FOVEA_API_OVERLAP_TRIAL_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/gop_reader.h"
#include "api/overlap_admission.h"
#include "api/overlap_encode.h"
#include "api/overlap_geometry.h"
#include "api/store.h"
#include "codec/canonical_gop.h"
#include "index/frame_index.h"
#include "store/chunk_store.h"

namespace fovea {

// Two streams and where the second lies in the first.
struct OverlapRoles {
  StreamSummary first;   // keeps its bytes
  StreamSummary second;  // is coded again
  Homography first_to_second;
  MacroblockMask mask;
};

struct TriedGop {
  std::string why_not;  // nothing could be tried; else empty
  CanonicalGop gop;
  OverlapTrial trial;
  std::vector<Frame> decoded;  // what `gop` decodes to
};

// Not thread-safe. What it is given outlives it.
class OverlapReducer {
 public:
  // Models look every `look_every` frames; `most_bytes` of pictures are
  // held per GOP: larger ones are left as they are.
  OverlapReducer(ChunkStore* store, const OverlapRoles* roles,
                 OverlapJudges* judges, int look_every, uint64_t most_bytes);

  absl::StatusOr<TriedGop> Try(const GopRef& gop, int qp_offset);

 private:
  using Seen = std::vector<std::vector<Detection>>;  // by judge
  // Models' answers at one frame of the GOP.
  struct Look {
    size_t frame = 0;  // rank in the GOP
    Seen first, second;
    MacroblockMask mask;
  };

  bool FirstCovers(const GopRow& row) const;
  uint64_t FirstBytesDuring(const GopRow& row) const;
  absl::Status LoadFirst();
  absl::StatusOr<Seen> AskFirst(int64_t time_ns);
  absl::StatusOr<std::vector<Frame>> Decode(const GopRef& gop);
  absl::StatusOr<std::vector<Look>> LookAt(const std::vector<Frame>& frames);
  absl::StatusOr<std::vector<Frame>> DecodeAgain(const CanonicalGop& gop,
                                                 size_t frames) const;
  absl::Status Measure(const std::vector<Frame>& before,
                       const std::vector<Look>& looks,
                       const std::vector<MacroblockMask>& masks, TriedGop* out);
  ReduceOptions OptionsFor(const GopRef& gop, int qp_offset) const;

  const OverlapRoles& roles_;
  OverlapJudges* const judges_;
  const size_t look_every_;
  const uint64_t most_bytes_;
  const FrameIndex index_;
  const GopReader first_reader_, second_reader_;
  std::vector<GopRef> first_gops_;  // by index
  bool loaded_ = false;
  std::map<int64_t, Seen> first_seen_;  // by the time asked for; of one GOP
};

}  // namespace fovea

#endif  // FOVEA_API_OVERLAP_TRIAL_H_
