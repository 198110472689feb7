// SPDX-License-Identifier: GPL-2.0-or-later
//
// Model ids as both the sensitivity file and side data have them:
//
//   varint models, each: varint size, name, 32 bytes of digest

#ifndef FOVEA_CODEC_INTERNAL_MODEL_LIST_H_
#define FOVEA_CODEC_INTERNAL_MODEL_LIST_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "codec/byte_stream.h"
#include "codec/limits.h"
#include "codec/model_id.h"

namespace fovea::internal {

// kInvalidArgument: too many, or a name too long or with control characters.
absl::Status CheckModels(const std::vector<ModelId>& models,
                         const CodecLimits& limits);

void PutModels(const std::vector<ModelId>& models, std::vector<uint8_t>* out);

// False when the bytes end early or go beyond `limits`.
bool TakeModels(const CodecLimits& limits, ByteReader* in,
                std::vector<ModelId>* models);

}  // namespace fovea::internal

#endif  // FOVEA_CODEC_INTERNAL_MODEL_LIST_H_
