// SPDX-License-Identifier: GPL-2.0-or-later
//
// libjpeg leaves by longjmp on error. Everything that owns memory lives in
// JpegDecoder, outside the frames that are jumped over; the steps between
// setjmp and the library hold plain values only.

#include "codec/formats/internal/jpeg_reader.h"

#include <jpeglib.h>

#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>
// After jpeglib.h, which it needs.
#include <jerror.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/internal/rgb_frame.h"

namespace fovea {
namespace {

// A progressive file may send each coefficient many times over; encoders
// use about ten scans.
constexpr int kMaxScans = 100;
constexpr int64_t kMaxWorkingBytes = 32 << 20;  // beside the coefficients
constexpr int kRowsPerStep = 16;                // of luma, with 4:2:0

// Warnings that do not touch the picture.
bool IsHarmless(int message) {
  return message == JWRN_EXTRANEOUS_DATA || message == JWRN_ADOBE_XFORM ||
         message == JWRN_JFIF_MAJOR || message == JWRN_TOO_MUCH_DATA;
}

class JpegDecoder {
 public:
  JpegDecoder() {
    jpeg_.err = jpeg_std_error(&errors_);
    errors_.error_exit = &JpegDecoder::Fail;
    errors_.emit_message = &JpegDecoder::Warn;
    errors_.output_message = [](j_common_ptr) {};
    jpeg_.client_data = this;
    progress_.progress_monitor = &JpegDecoder::CheckScans;
  }
  ~JpegDecoder() {
    if (created_) jpeg_destroy_decompress(&jpeg_);
  }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  absl::StatusOr<Frame> Decode(std::span<const uint8_t> file,
                               const FormatLimits& limits);

 private:
  bool Start(const uint8_t* data, size_t size, int64_t memory);
  absl::Status CheckHeader(const FormatLimits& limits) const;
  bool IsPlain420() const;
  absl::Status ChooseOutput();
  bool ReadPixels();
  void ReadRaw();
  void ReadGrey();
  void ReadInterleaved();
  absl::Status Damage() const;

  static void Fail(j_common_ptr jpeg);
  static void Warn(j_common_ptr jpeg, int level);
  static void CheckScans(j_common_ptr jpeg);

  jpeg_decompress_struct jpeg_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_progress_mgr progress_ = {};
  std::jmp_buf escape_;
  char message_[JMSG_LENGTH_MAX] = {};
  bool created_ = false;
  std::optional<FrameBuffer> out_;
  std::vector<uint8_t> rows_;  // two interleaved rows, or spare raw rows
};

void JpegDecoder::Fail(j_common_ptr jpeg) {
  auto* self = static_cast<JpegDecoder*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, self->message_);
  std::longjmp(self->escape_, 1);
}

void JpegDecoder::Warn(j_common_ptr jpeg, int level) {
  if (level < 0 && !IsHarmless(jpeg->err->msg_code)) Fail(jpeg);
}

void JpegDecoder::CheckScans(j_common_ptr jpeg) {
  auto* self = static_cast<JpegDecoder*>(jpeg->client_data);
  if (self->jpeg_.input_scan_number <= kMaxScans) return;
  std::snprintf(self->message_, sizeof(self->message_), "more than %d scans",
                kMaxScans);
  std::longjmp(self->escape_, 1);
}

bool JpegDecoder::Start(const uint8_t* data, size_t size, int64_t memory) {
  if (setjmp(escape_) != 0) return false;
  created_ = true;
  jpeg_create_decompress(&jpeg_);
  jpeg_.client_data = this;
  jpeg_.progress = &progress_;
  jpeg_.mem->max_memory_to_use = memory;
  jpeg_mem_src(&jpeg_, data, size);
  jpeg_read_header(&jpeg_, TRUE);
  return true;
}

absl::Status JpegDecoder::CheckHeader(const FormatLimits& limits) const {
  const int64_t pixels = int64_t{jpeg_.image_width} * jpeg_.image_height;
  if (jpeg_.image_width > static_cast<unsigned>(limits.max_side) ||
      jpeg_.image_height > static_cast<unsigned>(limits.max_side) ||
      pixels > limits.max_pixels) {
    return absl::ResourceExhaustedError(
        absl::StrCat("JPEG of ", jpeg_.image_width, "x", jpeg_.image_height,
                     " is beyond the limit of ", limits.max_side,
                     " pixels a side and ", limits.max_pixels, " in all"));
  }
  return absl::OkStatus();
}

bool JpegDecoder::IsPlain420() const {
  const jpeg_component_info* c = jpeg_.comp_info;
  return jpeg_.jpeg_color_space == JCS_YCbCr && jpeg_.num_components == 3 &&
         c[0].h_samp_factor == 2 && c[0].v_samp_factor == 2 &&
         c[1].h_samp_factor == 1 && c[1].v_samp_factor == 1 &&
         c[2].h_samp_factor == 1 && c[2].v_samp_factor == 1;
}

absl::Status JpegDecoder::ChooseOutput() {
  switch (jpeg_.jpeg_color_space) {
    case JCS_GRAYSCALE:
    case JCS_YCbCr:
    case JCS_RGB:
      jpeg_.out_color_space = jpeg_.jpeg_color_space;
      break;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("JPEG with ", jpeg_.num_components,
                       " colour components (CMYK?); convert it to RGB first"));
  }
  jpeg_.raw_data_out = IsPlain420() ? TRUE : FALSE;
  jpeg_.dct_method = JDCT_ISLOW;
  return absl::OkStatus();
}

bool JpegDecoder::ReadPixels() {
  if (setjmp(escape_) != 0) return false;
  jpeg_start_decompress(&jpeg_);
  if (jpeg_.raw_data_out != FALSE) {
    ReadRaw();
  } else if (jpeg_.out_color_space == JCS_GRAYSCALE) {
    ReadGrey();
  } else {
    ReadInterleaved();
  }
  jpeg_finish_decompress(&jpeg_);
  return true;
}

// Rows of the buffer are aligned to 64 bytes, wider than the whole blocks
// the library writes; rows below the picture go to a spare one.
void JpegDecoder::ReadRaw() {
  JSAMPROW rows[3][kRowsPerStep];
  JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};
  const int height = static_cast<int>(jpeg_.output_height);
  for (int top = 0; top < height; top += kRowsPerStep) {
    for (int i = 0; i < 3; ++i) {
      const int lines = i == 0 ? kRowsPerStep : kRowsPerStep / 2;
      const int first = i == 0 ? top : top / 2;
      const int end = i == 0 ? height : (height + 1) / 2;
      for (int y = 0; y < lines; ++y) {
        rows[i][y] = first + y < end
                         ? out_->plane(i) + static_cast<ptrdiff_t>(first + y) *
                                                out_->stride(i)
                         : rows_.data();
      }
    }
    jpeg_read_raw_data(&jpeg_, planes, kRowsPerStep);
  }
}

void JpegDecoder::ReadGrey() {
  while (jpeg_.output_scanline < jpeg_.output_height) {
    JSAMPROW row =
        out_->plane(0) +
        static_cast<ptrdiff_t>(jpeg_.output_scanline) * out_->stride(0);
    jpeg_read_scanlines(&jpeg_, &row, 1);
  }
}

void JpegDecoder::ReadInterleaved() {
  const int width = static_cast<int>(jpeg_.output_width);
  const int height = static_cast<int>(jpeg_.output_height);
  const PixelOrder order =
      jpeg_.out_color_space == JCS_RGB ? PixelOrder::kRgb : PixelOrder::kYCbCr;
  JSAMPROW first = rows_.data();
  JSAMPROW second = first + rows_.size() / 2;
  for (int y = 0; y < height; y += 2) {
    jpeg_read_scanlines(&jpeg_, &first, 1);
    if (y + 1 < height) jpeg_read_scanlines(&jpeg_, &second, 1);
    StorePixelRows(first, y + 1 < height ? second : first, y, width, height,
                   order, &*out_);
  }
}

absl::Status JpegDecoder::Damage() const {
  return absl::DataLossError(absl::StrCat("JPEG is damaged: ", message_));
}

absl::StatusOr<Frame> JpegDecoder::Decode(std::span<const uint8_t> file,
                                          const FormatLimits& limits) {
  // Progressive files keep every coefficient: 2 bytes, at most 3 planes.
  const int64_t memory = limits.max_pixels * 6 + kMaxWorkingBytes;
  if (!Start(file.data(), file.size(), memory)) return Damage();
  if (auto header = CheckHeader(limits); !header.ok()) return header;
  if (auto output = ChooseOutput(); !output.ok()) return output;
  const int width = static_cast<int>(jpeg_.image_width);
  const int height = static_cast<int>(jpeg_.image_height);
  auto buffer = FrameBuffer::Allocate(width, height);
  if (!buffer.ok()) return buffer.status();
  out_ = *std::move(buffer);
  rows_.resize(static_cast<size_t>(width + 64) * 3 * 2);
  if (!ReadPixels()) return Damage();
  if (jpeg_.out_color_space == JCS_GRAYSCALE) {
    StoreNeutralChroma(height, &*out_);
  }
  return std::move(*out_).Release();
}

}  // namespace

absl::StatusOr<Frame> DecodeJpeg(std::span<const uint8_t> file,
                                 const FormatLimits& limits) {
  return JpegDecoder().Decode(file, limits);
}

}  // namespace fovea
