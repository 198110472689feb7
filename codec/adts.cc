// SPDX-License-Identifier: GPL-2.0-or-later
//
//   byte  0        1          2        3          4        5          6
//         11111111 1111i00a   ........ ......ll   llllllll lll.....   ........
//
// i: MPEG-2, a: no checksum follows, l: length of the frame, header and all.

#include "codec/adts.h"

#include <algorithm>

namespace fovea {
namespace {

size_t FrameBytes(std::span<const uint8_t> header) {
  return static_cast<size_t>((header[3] & 3) << 11 | header[4] << 3 |
                             header[5] >> 5);
}

}  // namespace

size_t AdtsHeaderBytesOf(std::span<const uint8_t> packet) {
  const bool is_header = packet.size() >= kAdtsHeaderBytes &&
                         packet[0] == 0xff && (packet[1] & 0xf7) == 0xf1 &&
                         FrameBytes(packet) == packet.size();
  return is_header ? kAdtsHeaderBytes : 0;
}

AdtsHeader AdtsHeaderWithoutLength(std::span<const uint8_t> packet) {
  AdtsHeader header;
  std::copy_n(packet.begin(), header.size(), header.begin());
  header[3] &= 0xfc;
  header[4] = 0;
  header[5] &= 0x1f;
  return header;
}

AdtsHeader WithAdtsLength(AdtsHeader header, size_t frame_bytes) {
  header[3] |= static_cast<uint8_t>(frame_bytes >> 11);
  header[4] = static_cast<uint8_t>(frame_bytes >> 3);
  header[5] |= static_cast<uint8_t>((frame_bytes & 7) << 5);
  return header;
}

}  // namespace fovea
