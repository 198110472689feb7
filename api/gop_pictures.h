// SPDX-License-Identifier: GPL-2.0-or-later
//
// Single pictures of stored GOPs, decoded one after the other as somebody
// wants them, and none besides.

#ifndef FOVEA_API_GOP_PICTURES_H_
#define FOVEA_API_GOP_PICTURES_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/gop_reader.h"
#include "api/stream_description.h"
#include "codec/decode/video_decoder.h"
#include "codec/sample.h"
#include "index/frame_index.h"
#include "store/store_reader.h"

namespace fovea {

// Of one camera, stills too. Not thread-safe.
class GopPictures {
 public:
  // Both outlive this.
  GopPictures(StoreReader* store, const StreamDescription* stream)
      : stream_(stream), reader_(store, stream) {}

  // Pictures of this GOP are wanted from here on. Nothing is read yet.
  void Begin(const GopRef& gop);

  // Reads the GOP, unless it has been. Errors of GopReader.
  absl::Status Read();
  bool has_read() const { return !units_.empty(); }

  // Of a GOP that has been read: others refer to picture `number`, in
  // decoding order, so that it is decoded before them.
  bool IsReferredTo(size_t number) const;

  // Decodes picture `number` of a GOP that has been read. All before it that
  // it refers to were decoded, and none behind it. kDataLoss where it is
  // damaged.
  struct Picture {
    Frame frame;
    ColorInfo color;
  };
  absl::StatusOr<Picture> Decode(size_t number);

  // After the last picture of a GOP. kDataLoss: one of those decoded was
  // damaged.
  absl::Status End();

 private:
  absl::StatusOr<Picture> DecodeStill() const;

  const StreamDescription* const stream_;
  const GopReader reader_;
  GopRef gop_;
  std::vector<AccessUnit> units_;
  std::unique_ptr<VideoDecoder> decoder_;  // null: nothing decoded yet
};

}  // namespace fovea

#endif  // FOVEA_API_GOP_PICTURES_H_
