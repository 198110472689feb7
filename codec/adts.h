// SPDX-License-Identifier: GPL-2.0-or-later
//
// AAC as MPEG-TS carries it: each frame behind an ADTS header (ISO/IEC
// 13818-7, 6.2), which MP4 and Matroska leave out. Without the headers the
// same sound is the same bytes in all of them.

#ifndef FOVEA_CODEC_ADTS_H_
#define FOVEA_CODEC_ADTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fovea {

inline constexpr size_t kAdtsHeaderBytes = 7;
inline constexpr size_t kMaxAdtsFrameBytes = (1 << 13) - 1;

using AdtsHeader = std::array<uint8_t, kAdtsHeaderBytes>;

// kAdtsHeaderBytes when `packet` is one frame behind a header without a
// checksum, which gives the packet's own size as the frame's; else 0.
size_t AdtsHeaderBytesOf(std::span<const uint8_t> packet);

// The header of such a packet, its length field zeros.
AdtsHeader AdtsHeaderWithoutLength(std::span<const uint8_t> packet);

// `header`, its length field zeros, with `frame_bytes` in it. Requires at
// most kMaxAdtsFrameBytes.
AdtsHeader WithAdtsLength(AdtsHeader header, size_t frame_bytes);

}  // namespace fovea

#endif  // FOVEA_CODEC_ADTS_H_
