// SPDX-License-Identifier: GPL-2.0-or-later
//
// libpng leaves by longjmp on error. Everything that owns memory lives in
// PngDecoder, outside the frames that are jumped over; the steps between
// setjmp and the library hold plain values only.

#include "codec/formats/internal/png_reader.h"

#include <png.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/internal/rgb_frame.h"

namespace fovea {
namespace {

constexpr png_alloc_size_t kMaxChunkBytes = 16 << 20;
constexpr png_uint_32 kMaxChunks = 1000;

class PngDecoder {
 public:
  explicit PngDecoder(std::span<const uint8_t> file) : left_(file) {}
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  absl::StatusOr<Frame> Decode(const FormatLimits& limits);

 private:
  bool Start(const FormatLimits& limits);
  absl::Status Allocate(const FormatLimits& limits);
  bool ReadRows();
  bool ReadEnd();
  void StoreRows();
  absl::Status Damage() const;

  static void Read(png_structp png, png_bytep out, size_t size);
  static void Fail(png_structp png, png_const_charp message);

  std::span<const uint8_t> left_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[128] = {};
  int width_ = 0;
  int height_ = 0;
  size_t row_bytes_ = 0;
  bool grey_ = false;
  std::vector<uint8_t> pixels_;
  std::vector<png_bytep> rows_;
  std::optional<FrameBuffer> out_;
};

void PngDecoder::Read(png_structp png, png_bytep out, size_t size) {
  auto* self = static_cast<PngDecoder*>(png_get_io_ptr(png));
  if (size > self->left_.size()) png_error(png, "file ends early");
  std::memcpy(out, self->left_.data(), size);
  self->left_ = self->left_.subspan(size);
}

void PngDecoder::Fail(png_structp png, png_const_charp message) {
  auto* self = static_cast<PngDecoder*>(png_get_error_ptr(png));
  std::strncpy(self->message_, message, sizeof(self->message_) - 1);
  png_longjmp(png, 1);
}

bool PngDecoder::Start(const FormatLimits& limits) {
  png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &Fail,
                                [](png_structp, png_const_charp) {});
  if (png_ == nullptr) return false;
  info_ = png_create_info_struct(png_);
  if (info_ == nullptr) return false;
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  const auto side = static_cast<png_uint_32>(limits.max_side);
  png_set_user_limits(png_, side, side);
  png_set_chunk_malloc_max(png_, kMaxChunkBytes);
  png_set_chunk_cache_max(png_, kMaxChunks);
  png_set_read_fn(png_, this, &Read);
  png_read_info(png_, info_);
  const int color = png_get_color_type(png_, info_);
  grey_ = (color & PNG_COLOR_MASK_COLOR) == 0;
  png_set_expand(png_);
  png_set_scale_16(png_);
  png_set_strip_alpha(png_);
  png_set_interlace_handling(png_);
  png_read_update_info(png_, info_);
  width_ = static_cast<int>(png_get_image_width(png_, info_));
  height_ = static_cast<int>(png_get_image_height(png_, info_));
  row_bytes_ = png_get_rowbytes(png_, info_);
  return true;
}

absl::Status PngDecoder::Allocate(const FormatLimits& limits) {
  if (int64_t{width_} * height_ > limits.max_pixels) {
    return absl::ResourceExhaustedError(
        absl::StrCat("PNG of ", width_, "x", height_,
                     " is beyond the limit of ", limits.max_pixels, " pixels"));
  }
  const auto width = static_cast<size_t>(width_);
  const auto height = static_cast<size_t>(height_);
  if (row_bytes_ != width * (grey_ ? 1 : 3)) {
    return absl::InternalError("PNG rows are not as expected");
  }
  auto buffer = FrameBuffer::Allocate(width_, height_);
  if (!buffer.ok()) return buffer.status();
  out_ = *std::move(buffer);
  rows_.resize(height);
  if (!grey_) pixels_.resize(row_bytes_ * height);
  for (size_t y = 0; y < height; ++y) {
    rows_[y] = grey_ ? out_->plane(0) + static_cast<size_t>(out_->stride(0)) * y
                     : pixels_.data() + row_bytes_ * y;
  }
  return absl::OkStatus();
}

bool PngDecoder::ReadRows() {
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_read_image(png_, rows_.data());
  return true;
}

bool PngDecoder::ReadEnd() {
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_read_end(png_, nullptr);
  return true;
}

void PngDecoder::StoreRows() {
  if (grey_) {
    StoreNeutralChroma(height_, &*out_);
    return;
  }
  for (int y = 0; y < height_; y += 2) {
    const auto row = static_cast<size_t>(y);
    const uint8_t* second = rows_[y + 1 < height_ ? row + 1 : row];
    StorePixelRows(rows_[row], second, y, width_, height_, PixelOrder::kRgb,
                   &*out_);
  }
}

absl::Status PngDecoder::Damage() const {
  const std::string text = absl::StrCat("PNG is damaged: ", message_);
  return std::strstr(message_, "limit") != nullptr
             ? absl::ResourceExhaustedError(text)
             : absl::DataLossError(text);
}

absl::StatusOr<Frame> PngDecoder::Decode(const FormatLimits& limits) {
  if (!Start(limits)) return Damage();
  if (auto room = Allocate(limits); !room.ok()) return room;
  if (!ReadRows() || !ReadEnd()) return Damage();
  StoreRows();
  return std::move(*out_).Release();
}

}  // namespace

absl::StatusOr<Frame> DecodePng(std::span<const uint8_t> file,
                                const FormatLimits& limits) {
  return PngDecoder(file).Decode(limits);
}

}  // namespace fovea
