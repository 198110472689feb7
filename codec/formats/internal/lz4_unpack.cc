// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/lz4_unpack.h"

#include <lz4frame.h>

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea::codec_internal {
namespace {

constexpr size_t kFirstBytes = 256U << 10;

struct FreeContext {
  void operator()(LZ4F_dctx* context) const {
    LZ4F_freeDecompressionContext(context);
  }
};

}  // namespace

absl::StatusOr<std::vector<uint8_t>> Lz4Unpack(std::span<const uint8_t> packed,
                                               size_t size) {
  LZ4F_dctx* made = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)) != 0) {
    return absl::ResourceExhaustedError("no memory");
  }
  const std::unique_ptr<LZ4F_dctx, FreeContext> context(made);
  std::vector<uint8_t> plain;
  size_t at = 0, got = 0, hint = 1;
  while (at < packed.size() || (hint != 0 && got == plain.size())) {
    if (got == plain.size()) {
      if (got > size) break;
      // A byte more than there should be tells what is too long.
      plain.resize(std::min(size + 1, std::max(kFirstBytes, got * 2)));
    }
    size_t room = plain.size() - got, used = packed.size() - at;
    hint = LZ4F_decompress(context.get(), plain.data() + got, &room,
                           packed.data() + at, &used, nullptr);
    if (LZ4F_isError(hint) != 0) {
      return absl::DataLossError(
          absl::StrCat("LZ4: ", LZ4F_getErrorName(hint)));
    }
    if (room == 0 && used == 0) break;
    got += room;
    at += used;
  }
  if (hint != 0 || got != size) {
    return absl::DataLossError(
        absl::StrCat("LZ4: ", got > size ? "more than " : "",
                     std::min(got, size), " bytes of ", size));
  }
  plain.resize(size);
  return plain;
}

}  // namespace fovea::codec_internal
