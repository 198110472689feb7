// SPDX-License-Identifier: GPL-2.0-or-later
//
// Columns of numbers as bits, most significant first.
//
//   column := 0 (1 bit)                       all numbers are zero
//           | 1, k (6 bits), number*
//   number := n ones, a zero, the n - 1 bits below the highest one of v >> k,
//             the k lowest bits of v; n is the bit length of v >> k
//
// Elias gamma codes of the upper bits (IEEE Trans. Inf. Theory 21, 1975), with
// the k that makes the column shortest: small numbers cost little more than
// their bits, a far one among them costs itself alone. Packs of tracks are a
// sixth smaller than varints under zstd at 65 tracks each, a quarter at 9:
// tables of its own do not pay for a kilobyte or two.

#ifndef FOVEA_INDEX_INTERNAL_BIT_COLUMNS_H_
#define FOVEA_INDEX_INTERNAL_BIT_COLUMNS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fovea {

// Not thread-safe.
class BitWriter {
 public:
  // The `count` lowest bits of `v`; 0 to 64.
  void Bits(uint64_t v, int count);
  // What was written, filled up with zeros to whole bytes.
  std::string Take();

 private:
  void PutWord(uint64_t word);

  std::string bytes_;
  uint64_t last_ = 0;  // bits not yet in bytes_, in its lowest `held_`
  int held_ = 0;       // below 64
};

// Gives zeros behind the end, and is not ok() from then on. `bytes` must
// outlive it. Not thread-safe.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}

  uint64_t Bits(int count);
  // A number as above.
  uint64_t Number(int k);

  bool ok() const { return ok_; }
  // True where nothing but the zeros that fill the last byte is left.
  bool AtEnd();

 private:
  uint64_t Peek() const;
  bool Has(int count) const {
    return ok_ && static_cast<size_t>(count) <= 8 * bytes_.size() - at_;
  }
  uint64_t LongNumber(int k);

  std::string_view bytes_;
  size_t at_ = 0;  // in bits
  bool ok_ = true;
};

void WriteColumn(const std::vector<uint64_t>& values, BitWriter* out);

// Always gives `count` values.
std::vector<uint64_t> ReadColumn(BitReader* in, size_t count);

}  // namespace fovea

#endif  // FOVEA_INDEX_INTERNAL_BIT_COLUMNS_H_
