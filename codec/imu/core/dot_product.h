// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sums of products of 16-bit numbers, eight at a time where SSE2 is
// there, which is every 64-bit x86; else as plain loops. Both are exact.

#ifndef FOVEA_CODEC_IMU_CORE_DOT_PRODUCT_H_
#define FOVEA_CODEC_IMU_CORE_DOT_PRODUCT_H_

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace fovea::imu {

#if defined(__SSE2__)
inline __m128i Load(const int16_t* eight) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(eight));
}

inline __m128i Products(const int16_t* a, const int16_t* b) {
  return _mm_madd_epi16(Load(a), Load(b));
}

inline int32_t SumOfFour(__m128i sum) {
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
  return _mm_cvtsi128_si32(sum);
}

// a[0..kFirst) * b + a[kFirst..kFirst + kSecond) * c; multiples of eight.
template <int kFirst, int kSecond>
int32_t DotProduct(const int16_t* a, const int16_t* b, const int16_t* c) {
  __m128i sum = Products(a, b);
  for (int i = 8; i < kFirst; i += 8) {
    sum = _mm_add_epi32(sum, Products(a + i, b + i));
  }
  for (int i = 0; i < kSecond; i += 8) {
    sum = _mm_add_epi32(sum, Products(a + kFirst + i, c + i));
  }
  return SumOfFour(sum);
}
#else
template <int kFirst, int kSecond>
int32_t DotProduct(const int16_t* a, const int16_t* b, const int16_t* c) {
  int32_t sum = 0;
  for (int i = 0; i < kFirst; ++i) sum += a[i] * b[i];
  for (int i = 0; i < kSecond; ++i) sum += a[kFirst + i] * c[i];
  return sum;
}
#endif

// One row of differences.
template <int kLanes>
class Row {
 public:
  int16_t operator[](int lane) const { return values_[lane]; }
  void Set(int lane, int16_t value) { values_[lane] = value; }

  // Into memory that is read in vectors soon, so in one piece per vector.
  void Store(int16_t* to) const {
#if defined(__SSE2__)
    for (int lane = 0; lane < kLanes; lane += 8) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + lane), Eight(lane));
    }
#else
    std::memcpy(to, values_, sizeof(values_));
#endif
  }

  // Of products with `taps`; those beyond the row's own are 0.
  int32_t Sum(const int16_t* taps) const {
#if defined(__SSE2__)
    __m128i sum = _mm_setzero_si128();
    for (int lane = 0; lane < kLanes; lane += 8) {
      sum = _mm_add_epi32(sum, _mm_madd_epi16(Load(taps + lane), Eight(lane)));
    }
    return SumOfFour(sum);
#else
    int32_t sum = 0;
    for (int lane = 0; lane < kLanes; ++lane) sum += taps[lane] * values_[lane];
    return sum;
#endif
  }

 private:
#if defined(__SSE2__)
  // One by one: a vector's load would wait for the stores of its parts.
  __m128i Eight(int lane) const {
    const int16_t* v = values_ + lane;
    return _mm_set_epi16(v[7], v[6], v[5], v[4], v[3], v[2], v[1], v[0]);
  }
#endif

  int16_t values_[kLanes] = {};
};

}  // namespace fovea::imu

#endif  // FOVEA_CODEC_IMU_CORE_DOT_PRODUCT_H_
