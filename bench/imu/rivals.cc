// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/imu/rivals.h"

#include <zstd.h>

#include <algorithm>

#ifdef FOVEA_FLAC
#include <FLAC/stream_encoder.h>
#endif

namespace fovea::bench {
namespace {

#ifdef FOVEA_FLAC
constexpr size_t kMostFlacChannels = 8;
constexpr size_t kMostFlacRows = 65535;
constexpr size_t kLeastFlacRows = 16;

FLAC__StreamEncoderWriteStatus CountFrame(const FLAC__StreamEncoder*,
                                          const FLAC__byte*, size_t bytes,
                                          uint32_t samples, uint32_t,
                                          void* total) {
  if (samples > 0) *static_cast<long*>(total) += static_cast<long>(bytes);
  return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
}

long FlacGroup(const std::vector<int32_t>& rows, size_t channels) {
  const size_t count = rows.size() / channels;
  const size_t frame = std::clamp(count, kLeastFlacRows, kMostFlacRows);
  FLAC__StreamEncoder* encoder = FLAC__stream_encoder_new();
  FLAC__stream_encoder_set_channels(encoder, static_cast<uint32_t>(channels));
  FLAC__stream_encoder_set_bits_per_sample(encoder, 16);
  FLAC__stream_encoder_set_sample_rate(encoder, 1000);
  FLAC__stream_encoder_set_streamable_subset(encoder, false);
  FLAC__stream_encoder_set_compression_level(encoder, 8);
  FLAC__stream_encoder_set_blocksize(encoder, static_cast<uint32_t>(frame));
  long bytes = 0;
  bool good = FLAC__stream_encoder_init_stream(encoder, CountFrame, nullptr,
                                               nullptr, nullptr, &bytes) ==
              FLAC__STREAM_ENCODER_INIT_STATUS_OK;
  good = good && FLAC__stream_encoder_process_interleaved(
                     encoder, rows.data(), static_cast<uint32_t>(count));
  good = FLAC__stream_encoder_finish(encoder) && good;
  FLAC__stream_encoder_delete(encoder);
  return good ? bytes : -1;
}
#endif

}  // namespace

#ifdef FOVEA_FLAC
long FlacBytes(std::span<const int32_t> rows, size_t channels) {
  for (const int32_t value : rows) {
    if (value != static_cast<int16_t>(value)) return -1;
  }
  long sum = 0;
  for (size_t from = 0; from < channels; from += kMostFlacChannels) {
    const size_t some = std::min(kMostFlacChannels, channels - from);
    std::vector<int32_t> group;
    for (size_t i = 0; i < rows.size(); i += channels) {
      for (size_t c = from; c < from + some; ++c) group.push_back(rows[i + c]);
    }
    const long bytes = FlacGroup(group, some);
    if (bytes < 0) return -1;
    sum += bytes;
  }
  return sum;
}
#else
long FlacBytes(std::span<const int32_t>, size_t) { return -1; }
#endif

std::vector<uint8_t> ShuffledZstd::Encode(std::span<const int32_t> rows,
                                          size_t channels) {
  const size_t per_plane = (rows.size() + 7) / 8;
  planes_.assign(per_plane * 32, 0);
  uint32_t used = 0;
  size_t at = 0;
  for (size_t c = 0; c < channels; ++c) {
    uint32_t before = 0;
    for (size_t i = c; i < rows.size(); i += channels, ++at) {
      const uint32_t step = static_cast<uint32_t>(rows[i]) - before;
      before = static_cast<uint32_t>(rows[i]);
      uint32_t folded = step << 1 ^ (0U - (step >> 31));
      used |= folded;
      uint8_t* byte = planes_.data() + at / 8;
      for (; folded != 0; folded >>= 1, byte += per_plane) {
        *byte = static_cast<uint8_t>(*byte | (folded & 1) << (at & 7));
      }
    }
  }
  const size_t size = per_plane * (used < 1U << 16 ? 16 : 32);
  std::vector<uint8_t> out(ZSTD_compressBound(size));
  out.resize(ZSTD_compress(out.data(), out.size(), planes_.data(), size, 3));
  return out;
}

}  // namespace fovea::bench
