// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/decoder.h"

#include "sensitivity/internal/decoders.h"

namespace fovea {

std::unique_ptr<Decoder> NewDecoder(const ModelCard& card, size_t label_count) {
  switch (card.decoder) {
    case DecoderKind::kFastestDet:
      return internal::NewFastestDet(card, label_count);
    case DecoderKind::kYolox:
      return internal::NewYolox(card, label_count);
    case DecoderKind::kSsd:
      return internal::NewSsd(card, label_count);
    case DecoderKind::kSegmentation:
      return internal::NewSegmenter(card, label_count);
    case DecoderKind::kEmbedding:
      return internal::NewEmbedder(card);
    case DecoderKind::kProgram:
    case DecoderKind::kWindowProgram:
      return nullptr;
    case DecoderKind::kClassifier:
    case DecoderKind::kImuClassifier:
      break;
  }
  return internal::NewClassifier(card, label_count);
}

}  // namespace fovea
