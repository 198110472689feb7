// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/zstd_pack.h"

#include <zstd.h>

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea::codec_internal {
namespace {

constexpr int kLevel = 3;
constexpr size_t kFirstBytes = 256U << 10;
constexpr int kMostWindowLog = 27;  // 128 MiB, as the zstd tool allows

struct FreeStream {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

std::string ZstdPack(std::string_view plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const size_t size = ZSTD_compress(packed.data(), packed.size(), plain.data(),
                                    plain.size(), kLevel);
  if (ZSTD_isError(size) != 0) return "";
  packed.resize(size);
  return packed;
}

absl::StatusOr<std::vector<uint8_t>> ZstdUnpack(std::span<const uint8_t> packed,
                                                size_t size) {
  const std::unique_ptr<ZSTD_DCtx, FreeStream> context(ZSTD_createDCtx());
  if (context == nullptr) return absl::ResourceExhaustedError("no memory");
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kMostWindowLog);
  ZSTD_inBuffer in = {packed.data(), packed.size(), 0};
  std::vector<uint8_t> plain;
  size_t got = 0, hint = 1;
  while (in.pos < in.size || (hint != 0 && got == plain.size())) {
    if (got == plain.size()) {
      if (got > size) break;
      // A byte more than there should be tells what is too long.
      plain.resize(std::min(size + 1, std::max(kFirstBytes, got * 2)));
    }
    ZSTD_outBuffer out = {plain.data(), plain.size(), got};
    const size_t before = in.pos;
    hint = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(hint) != 0) {
      return absl::DataLossError(
          absl::StrCat("zstd: ", ZSTD_getErrorName(hint)));
    }
    if (out.pos == got && in.pos == before) break;
    got = out.pos;
  }
  if (hint != 0 || got != size) {
    return absl::DataLossError(
        absl::StrCat("zstd: ", got > size ? "more than " : "",
                     std::min(got, size), " bytes of ", size));
  }
  plain.resize(size);
  return plain;
}

}  // namespace fovea::codec_internal
