// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lossless coding of whole numbers from inertial and other slow sensors, for
// C and for small machines: no heap, no operating system, no floating point,
// memory known before it is used. A block (about a second of rows of
// channels) decodes alone and tells any change of its bytes. The same blocks
// come from the C++ side (codec/imu/imu_block.h); codec/FORMAT.md draws them.
//
// A coder holds no state between blocks but its profile. Different coders
// may work in different threads.
#ifndef FOVEA_CODEC_IMU_CORE_FOVEA_IMU_H_
#define FOVEA_CODEC_IMU_CORE_FOVEA_IMU_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FOVEA_IMU_MAX_CHANNELS 64
#define FOVEA_IMU_MAX_ROWS 65536
#define FOVEA_IMU_MAX_PROFILE_CHANNELS 12

// Levels. Blocks of either decode where memory was given for normal.
#define FOVEA_IMU_FAST 0
#define FOVEA_IMU_NORMAL 1

// What calls return besides sizes and counts.
#define FOVEA_IMU_BAD_ARGUMENT (-1)    // null, zero, beyond a limit
#define FOVEA_IMU_NO_ROOM (-2)         // memory given is too small
#define FOVEA_IMU_BAD_PROFILE (-3)     // damaged, or for other channels
#define FOVEA_IMU_BAD_BLOCK (-4)       // damaged, or of another profile
#define FOVEA_IMU_WRONG_CHANNELS (-5)  // a good block, of other channels
#define FOVEA_IMU_UNKNOWN_LEVEL (-6)   // a good block, of a level not here

typedef struct fovea_imu fovea_imu;

// Bytes of working memory for `channels` (1 to 64) at `level`, a profile's
// taps included; 0 for other arguments.
size_t fovea_imu_state_bytes(int channels, int level);

// Bytes that a block of so many rows fits in whatever the values; 0 for
// arguments beyond the limits.
size_t fovea_imu_block_bound(int channels, size_t rows);

// Makes a coder in `memory`, aligned to 8, of at least
// fovea_imu_state_bytes(); null where it is too small or arguments are
// wrong. The memory may be given back without a call.
fovea_imu* fovea_imu_open(void* memory, size_t bytes, int channels, int level);

// A device's profile for all blocks from now on; it is copied. 0 when
// taken; else none is in use. Level normal, up to 12 channels.
int fovea_imu_use_profile(fovea_imu* coder, const uint8_t* profile,
                          size_t bytes);

// Encodes rows x channels values, row by row, into `out` of at least
// fovea_imu_block_bound() bytes. The size of the block: at most 16 bytes
// more than the values in the fewest whole bytes that hold each. Negative:
// see above.
long fovea_imu_encode(fovea_imu* coder, const int32_t* values, size_t rows,
                      uint8_t* out, size_t capacity);

// Rows of a block, whose bytes are checked; negative: see above.
long fovea_imu_rows(const fovea_imu* coder, const uint8_t* block, size_t bytes);

// Decodes a block into `values`, room for `max_rows` rows. Rows decoded;
// negative: see above, and `values` may be half written.
long fovea_imu_decode(fovea_imu* coder, const uint8_t* block, size_t bytes,
                      int32_t* values, size_t max_rows);

#ifdef __cplusplus
}
#endif

#endif  // FOVEA_CODEC_IMU_CORE_FOVEA_IMU_H_
