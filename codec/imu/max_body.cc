// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/imu/max_body.h"

#include "codec/imu/core/body_decoder.h"
#include "codec/imu/core/body_encoder.h"
#include "codec/imu/core/plan.h"
#include "codec/imu/learning_walk.h"

namespace fovea::imu {
namespace {

template <int kLanes>
size_t EncodeLanes(Workspace* work, const int32_t* values, size_t rows,
                   uint8_t* out, uint8_t* end) {
  LearningWalk<kLanes> walk(work);
  BodyEncoder coder(work, &walk, values, rows);
  uint8_t* const stop = coder.Run(out, end);
  return stop == nullptr ? 0 : static_cast<size_t>(stop - out);
}

template <int kLanes>
bool DecodeLanes(Workspace* work, const uint8_t* body, size_t size, size_t rows,
                 int32_t* values) {
  LearningWalk<kLanes> walk(work);
  return BodyDecoder(work, &walk, values, rows).Run(body, size);
}

}  // namespace

size_t EncodeMaxBody(Workspace* work, const int32_t* values, size_t rows,
                     uint8_t* out, size_t capacity) {
  ChoosePlan(work, values, rows);
  return EncodeWithRepeats(work, values, rows, [&] {
    return LanesOf(work->channels) == 8
               ? EncodeLanes<8>(work, values, rows, out, out + capacity)
               : EncodeLanes<16>(work, values, rows, out, out + capacity);
  });
}

bool DecodeMaxBody(Workspace* work, const uint8_t* body, size_t size,
                   size_t rows, int32_t* values) {
  return LanesOf(work->channels) == 8
             ? DecodeLanes<8>(work, body, size, rows, values)
             : DecodeLanes<16>(work, body, size, rows, values);
}

}  // namespace fovea::imu
