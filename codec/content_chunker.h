// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where to cut bytes so that equal stretches of two files give equal chunks,
// whatever stands before them: FastCDC (Xia et al., USENIX ATC 2016), a
// rolling Gear hash with normalised chunk sizes.

#ifndef FOVEA_CODEC_CONTENT_CHUNKER_H_
#define FOVEA_CODEC_CONTENT_CHUNKER_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace fovea {

struct ChunkSizes {
  size_t least = 16 << 10;
  size_t usual = 64 << 10;  // a power of two
  size_t most = 256 << 10;
};

// Length of the first chunk of `bytes`, which hold sizes.most bytes or all
// there are. 0 for none. The same on every machine.
size_t FirstChunkLength(std::span<const uint8_t> bytes,
                        const ChunkSizes& sizes = {});

// True for about one in `one_in` (a power of two) byte strings, decided by
// their last 64 bytes: where to end a group of packets.
bool EndsGroup(std::span<const uint8_t> bytes, uint64_t one_in);

}  // namespace fovea

#endif  // FOVEA_CODEC_CONTENT_CHUNKER_H_
