// SPDX-License-Identifier: GPL-2.0-or-later
//
// libjpeg reports errors by a call that must not return; it jumps back to
// Compress(), which holds nothing that needs destruction.

#include "codec/formats/internal/jpeg_writer.h"

#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

// After cstdio, which it needs.
#include <jpeglib.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

struct ErrorTrap {
  jpeg_error_mgr manager;  // first: libjpeg hands back its address
  jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

void OnError(j_common_ptr info) {
  auto* trap = reinterpret_cast<ErrorTrap*>(info->err);
  trap->manager.format_message(info, trap->message);
  longjmp(trap->back, 1);
}

void OnMessage(j_common_ptr) {}

void SetParameters(const JpegPlanes& planes, int quality,
                   jpeg_compress_struct* info) {
  info->image_width = static_cast<JDIMENSION>(planes.width);
  info->image_height = static_cast<JDIMENSION>(planes.height);
  info->input_components = 3;
  info->in_color_space = JCS_YCbCr;
  jpeg_set_defaults(info);  // 4:2:0
  jpeg_set_quality(info, quality, TRUE);
  info->raw_data_in = TRUE;
  info->optimize_coding = TRUE;
}

void WriteBand(const JpegPlanes& planes, int top, jpeg_compress_struct* info) {
  JSAMPROW rows[3][16];
  JSAMPARRAY arrays[3] = {rows[0], rows[1], rows[2]};
  for (int plane = 0; plane < 3; ++plane) {
    const int count = plane == 0 ? 16 : 8;
    const int first = plane == 0 ? top : top / 2;
    for (int i = 0; i < count; ++i) {
      // libjpeg's interface lacks const; it only reads.
      rows[plane][i] =
          const_cast<JSAMPROW>(planes.data[plane] + std::ptrdiff_t{first + i} *
                                                        planes.stride[plane]);
    }
  }
  jpeg_write_raw_data(info, arrays, 16);
}

// False with trap->message set. *out is malloc'ed.
bool Compress(const JpegPlanes& planes, int quality, ErrorTrap* trap,
              jpeg_compress_struct* info, unsigned char** out,
              unsigned long* size) {  // NOLINT: libjpeg's type
  if (setjmp(trap->back) != 0) return false;
  jpeg_create_compress(info);
  jpeg_mem_dest(info, out, size);
  SetParameters(planes, quality, info);
  jpeg_start_compress(info, TRUE);
  while (info->next_scanline < info->image_height) {
    WriteBand(planes, static_cast<int>(info->next_scanline), info);
  }
  jpeg_finish_compress(info);
  return true;
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> WriteJpeg(const JpegPlanes& planes,
                                               int quality) {
  jpeg_compress_struct info = {};
  ErrorTrap trap = {};
  info.err = jpeg_std_error(&trap.manager);
  trap.manager.error_exit = OnError;
  trap.manager.output_message = OnMessage;
  unsigned char* bytes = nullptr;
  unsigned long size = 0;  // NOLINT: libjpeg's type
  const bool ok = Compress(planes, quality, &trap, &info, &bytes, &size);
  jpeg_destroy_compress(&info);
  std::vector<uint8_t> file;
  if (ok) file.assign(bytes, bytes + size);
  std::free(bytes);
  if (!ok) {
    return absl::InternalError(absl::StrCat("JPEG of ", planes.width, "x",
                                            planes.height, ": ",
                                            std::string(trap.message)));
  }
  return file;
}

}  // namespace fovea
