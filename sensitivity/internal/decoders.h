// SPDX-License-Identifier: GPL-2.0-or-later
//
// One factory per kind of decoder; the card's decoder is that kind.

#ifndef FOVEA_SENSITIVITY_INTERNAL_DECODERS_H_
#define FOVEA_SENSITIVITY_INTERNAL_DECODERS_H_

#include <cstddef>
#include <memory>

#include "sensitivity/decoder.h"

namespace fovea::internal {

std::unique_ptr<Decoder> NewFastestDet(const ModelCard& card,
                                       size_t label_count);
std::unique_ptr<Decoder> NewYolox(const ModelCard& card, size_t label_count);
std::unique_ptr<Decoder> NewSsd(const ModelCard& card, size_t label_count);
std::unique_ptr<Decoder> NewClassifier(const ModelCard& card,
                                       size_t label_count);
std::unique_ptr<Decoder> NewSegmenter(const ModelCard& card,
                                      size_t label_count);
std::unique_ptr<Decoder> NewEmbedder(const ModelCard& card);

}  // namespace fovea::internal

#endif  // FOVEA_SENSITIVITY_INTERNAL_DECODERS_H_
