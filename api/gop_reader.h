// SPDX-License-Identifier: GPL-2.0-or-later
//
// A stored GOP back to access units and frames.

#ifndef FOVEA_API_GOP_READER_H_
#define FOVEA_API_GOP_READER_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "api/stream_description.h"
#include "codec/sample.h"
#include "index/frame_index.h"
#include "store/store_reader.h"

namespace fovea {

// Not thread-safe.
class GopReader {
 public:
  // Both must outlive this object.
  GopReader(StoreReader* store, const StreamDescription* stream)
      : store_(store), index_(store), stream_(stream) {}

  // Access units in decoding order: playable Annex B with the parameter
  // sets at the front, or the source's own bytes. Leading pictures of an
  // open GOP are included.
  absl::StatusOr<std::vector<AccessUnit>> Units(const GopRef& gop,
                                                bool original) const;

  // A still's file.
  absl::StatusOr<StillImage> Still(const GopRef& gop) const;

  // Decodes `gop` and visits its frames in presentation order with their
  // rank, until `visit` returns false. The GOP before is decoded first when
  // leading pictures need it. kDataLoss unless every picture comes out.
  using Visitor = std::function<bool(uint32_t rank, const Frame& frame)>;
  absl::Status Frames(const GopRef& gop, const Visitor& visit) const;

  // Pictures that came out of decoders so far, wanted or not.
  int64_t frames_decoded() const { return frames_decoded_; }

 private:
  absl::StatusOr<FrameTable> CheckedTable(const GopRef& gop) const;
  absl::StatusOr<std::vector<AccessUnit>> UnitsWithLead(const GopRef& gop,
                                                        size_t* lead) const;

  StoreReader* const store_;
  const FrameIndex index_;
  const StreamDescription* const stream_;
  mutable int64_t frames_decoded_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_API_GOP_READER_H_
