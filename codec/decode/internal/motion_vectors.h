// SPDX-License-Identifier: GPL-2.0-or-later
//
// The motion vectors libavcodec exports beside a picture.

#ifndef FOVEA_CODEC_DECODE_INTERNAL_MOTION_VECTORS_H_
#define FOVEA_CODEC_DECODE_INTERNAL_MOTION_VECTORS_H_

#include "codec/coded_motion.h"

struct AVFrame;

namespace fovea {

// Of a picture decoded with AV_CODEC_FLAG2_EXPORT_MVS. All intra where it has
// no vectors.
CodedMotion MotionOf(const AVFrame& picture);

}  // namespace fovea

#endif  // FOVEA_CODEC_DECODE_INTERNAL_MOTION_VECTORS_H_
