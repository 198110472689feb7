// SPDX-License-Identifier: GPL-2.0-or-later
//
// H.264 access units back to pixels, through libavcodec.

#ifndef FOVEA_CODEC_DECODE_VIDEO_DECODER_H_
#define FOVEA_CODEC_DECODE_VIDEO_DECODER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/coded_motion.h"
#include "codec/sample.h"

namespace fovea {

struct VideoDecoderOptions {
  // Pictures are cropped to this size, the true one of the stream; zero
  // keeps the coded size.
  int width = 0;
  int height = 0;
  int threads = 1;
  // Also read the QP of every macroblock back: TakeQps().
  bool read_qp = false;
  // Also read the motion vectors: TakeMotion(). 1 to 4 % of decoding.
  bool export_motion = false;
  // Each picture comes out of the call that decodes it, in decoding order,
  // and not once those shown before it are there. Needs one thread. Damage
  // that libavcodec does not refuse at once is told by a later call: at the
  // latest by Flush(), which appends nothing.
  bool decoding_order = false;
};

// The luma QPs a picture was really coded with, row-major, 16x16 blocks of
// the coded size. A block without residual carries none and shows that of
// the block before it.
struct MacroblockQps {
  int columns = 0;
  int rows = 0;
  std::vector<int8_t> qp;
};

// Decodes Annex B access units of one stream. Not thread-safe.
class VideoDecoder {
 public:
  static absl::StatusOr<std::unique_ptr<VideoDecoder>> Create(
      const VideoDecoderOptions& options);
  ~VideoDecoder();

  // Feeds one access unit; appends finished pictures, in presentation
  // order unless decoding_order, with the pts given. kDataLoss when the
  // decoder reports damage.
  absl::Status Decode(std::span<const uint8_t> access_unit, int64_t pts,
                      std::vector<Frame>* out);

  // Appends the pictures still inside and makes the decoder ready for
  // another GOP.
  absl::Status Flush(std::vector<Frame>* out);

  // One entry per picture that became ready to be shown since the last call,
  // in presentation order. Empty unless read_qp.
  std::vector<MacroblockQps> TakeQps();

  // The same of motion, unless not export_motion.
  std::vector<CodedMotion> TakeMotion();

 private:
  class State;
  explicit VideoDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_DECODE_VIDEO_DECODER_H_
