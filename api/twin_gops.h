// SPDX-License-Identifier: GPL-2.0-or-later
//
// GOPs of a store that show the very same pictures as one of a stream: a clip
// that came in twice, or was copied, or is part of another.

#ifndef FOVEA_API_TWIN_GOPS_H_
#define FOVEA_API_TWIN_GOPS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "api/stream_description.h"
#include "api/stream_summary.h"
#include "index/frame_index.h"
#include "store/store_reader.h"

namespace fovea {

// Not thread-safe.
class TwinGops {
 public:
  // Owners of a chunk that are looked at, the first by key: a picture that
  // stands still for a day has more than any search should go through.
  static constexpr size_t kMostTwins = 32;

  // Both outlive this.
  TwinGops(StoreReader* store, const StreamSummary* stream)
      : store_(store), index_(store), stream_(stream) {}

  // By stream and index, `gop` itself, of the stream, not among them. The same
  // are: the chunk, the parameter sets, what leading pictures lean on, and
  // what the stream says of size and colours, which models are told. Good
  // until the next call. kDataLoss names a row that cannot be read.
  absl::StatusOr<const std::vector<GopRef>*> Of(const GopRef& gop);

 private:
  absl::StatusOr<std::vector<GopRef>> Find(const GopRef& gop);
  absl::StatusOr<bool> IsTwin(const GopRef& gop, const GopRef& other);
  absl::StatusOr<std::optional<GopRef>> LeadOf(const GopRef& gop) const;
  absl::StatusOr<bool> LooksAlike(StreamId other);

  StoreReader* const store_;
  const FrameIndex index_;
  const StreamSummary* const stream_;
  std::map<uint64_t, std::vector<GopRef>> known_;  // by first index; the latest
  std::map<StreamId, bool> alike_;
};

}  // namespace fovea

#endif  // FOVEA_API_TWIN_GOPS_H_
