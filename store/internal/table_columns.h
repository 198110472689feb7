// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the columns of a frame table become bytes.
//
// Integer column: order (1 byte), kept (varint), `kept` signed varints. They
// are the differences of that order (0: the values themselves), each taken
// against an imagined run of zeros before the first; the values after the
// kept ones are zero. All sums wrap at 64 bits, so every int64_t has its
// place. Byte column: kept (varint), `kept` first-order differences mod 256.
//
// Fingerprint column: mode (1 byte).
//   0 kNone    all bits of all pictures are zero
//   1 kSame    40 bytes: the one fingerprint all pictures share
//   2 kPlanes  40 bytes: the first picture's; then, for each of the 320 bits
//              in order, ceil((frames - 1) / 8) bytes: whether it flipped
//              against the picture before, high bit first
// Bits that never flip become runs of zero bytes, which zstd takes for
// nothing; on fixed cameras that is 10 % smaller than flips kept picture by
// picture, or as positions.

#ifndef FOVEA_STORE_INTERNAL_TABLE_COLUMNS_H_
#define FOVEA_STORE_INTERNAL_TABLE_COLUMNS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "store/row_codec.h"

namespace fovea {

// The coarse hash, then the four words of the fine one.
using FingerprintWords = std::array<uint64_t, 5>;

// Picks the order that needs fewest bytes.
void WriteIntegers(const std::vector<int64_t>& values, RowWriter& out);
void WriteBytes(const std::vector<uint8_t>& values, RowWriter& out);
void WriteFingerprints(const std::vector<FingerprintWords>& prints,
                       RowWriter& out);

// Give `count` values whatever the bytes say; damage is left in `in`.
std::vector<int64_t> ReadIntegers(RowReader& in, size_t count);
std::vector<uint8_t> ReadBytes(RowReader& in, size_t count);
std::vector<FingerprintWords> ReadFingerprints(RowReader& in, size_t count);

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_TABLE_COLUMNS_H_
