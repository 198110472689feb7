// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages that Foxglove and Rerun know by name, as Protocol Buffers, with
// the descriptors that MCAP wants beside them. Field numbers are the public
// ones (https://docs.foxglove.dev/docs/sdk/schemas).

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_FOXGLOVE_MESSAGES_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_FOXGLOVE_MESSAGES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "codec/formats/annotations.h"

namespace fovea::codec_internal {

inline constexpr std::string_view kCompressedVideo = "foxglove.CompressedVideo";
inline constexpr std::string_view kImageAnnotations =
    "foxglove.ImageAnnotations";

// A FileDescriptorSet that defines the message and all it is made of.
std::string CompressedVideoSchema();
std::string ImageAnnotationsSchema();

// `annex_b`: one H.264 access unit.
std::string CompressedVideoMessage(uint64_t time_ns, std::string_view frame_id,
                                   std::string_view annex_b);

// Each box as a closed outline with its label, score and track as text above
// it; label, score, track and attributes are the outline's metadata as well.
// One label has one colour everywhere.
std::string ImageAnnotationsMessage(uint64_t time_ns,
                                    std::span<const AnnotatedBox> boxes);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_FOXGLOVE_MESSAGES_H_
