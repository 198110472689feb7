// SPDX-License-Identifier: GPL-2.0-or-later
//
// Guesses from the sizes of pictures when something moves. After PacketGame
// (Yuan et al., SIGCOMM 2023), whose signal they are; in place of its
// network stands a size against the small ones around it.

#ifndef FOVEA_INDEX_INTERNAL_PACKET_SIZES_H_
#define FOVEA_INDEX_INTERNAL_PACKET_SIZES_H_

#include <cstdint>
#include <vector>

namespace fovea::internal {

// A picture as the frame table has it, in presentation order.
struct SizedPicture {
  int64_t time_ns = 0;
  uint32_t size = 0;
  uint8_t type = 0;  // PictureType
};

// For each picture whether something may move in it. Pictures of one type are
// compared with each other, over five minutes either way.
std::vector<bool> GuessMoving(const std::vector<SizedPicture>& pictures);

}  // namespace fovea::internal

#endif  // FOVEA_INDEX_INTERNAL_PACKET_SIZES_H_
