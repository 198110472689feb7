// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/gop_pictures.h"

#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/formats/image_reader.h"
#include "codec/h264_syntax.h"

namespace fovea {

void GopPictures::Begin(const GopRef& gop) {
  gop_ = gop;
  units_.clear();
  decoder_.reset();
}

absl::Status GopPictures::Read() {
  if (has_read()) return absl::OkStatus();
  if (stream_->stills) {
    auto still = reader_.Still(gop_);
    if (!still.ok()) return still.status();
    units_.emplace_back().data = std::move(still->file);
    units_.back().time_ns = still->time_ns;
    return absl::OkStatus();
  }
  auto units = reader_.Units(gop_, /*original=*/false);
  if (!units.ok()) return units.status();
  units_ = *std::move(units);
  return absl::OkStatus();
}

// Clause 7.4.1: nal_ref_idc is 0 of all slices of a picture or of none.
bool GopPictures::IsReferredTo(size_t number) const {
  if (stream_->stills) return false;
  const std::vector<uint8_t>& unit = units_[number].data;
  const auto split = SplitAccessUnit(unit, kAnnexB, {});
  if (!split.ok()) return true;
  for (const NalPiece& piece : split->pieces) {
    const auto nal = std::span(unit).subspan(piece.offset, piece.size);
    if (IsBaseSlice(NalTypeOf(nal))) return (nal[0] & 0x60) != 0;
  }
  return true;
}

absl::StatusOr<GopPictures::Picture> GopPictures::Decode(size_t number) {
  if (stream_->stills) return DecodeStill();
  if (decoder_ == nullptr) {
    auto decoder = VideoDecoder::Create({.width = stream_->camera.width,
                                         .height = stream_->camera.height,
                                         .decoding_order = true});
    if (!decoder.ok()) return decoder.status();
    decoder_ = *std::move(decoder);
  }
  const AccessUnit& unit = units_[number];
  std::vector<Frame> frames;
  absl::Status decoded =
      decoder_->Decode(unit.data, static_cast<int64_t>(number), &frames);
  if (!decoded.ok()) return decoded;
  Frame& frame = frames.front();
  frame.pts = unit.pts;
  frame.time_ns = unit.time_ns;
  frame.duration_ns = unit.duration_ns;
  return Picture{std::move(frame), stream_->camera.color};
}

absl::StatusOr<GopPictures::Picture> GopPictures::DecodeStill() const {
  auto image = DecodeImage(units_.front().data, FormatLimits());
  if (!image.ok()) return image.status();
  image->frame.time_ns = units_.front().time_ns;
  return Picture{std::move(image->frame), image->color};
}

absl::Status GopPictures::End() {
  if (decoder_ == nullptr) return absl::OkStatus();
  std::vector<Frame> none;
  absl::Status whole = decoder_->Flush(&none);
  decoder_.reset();
  if (whole.ok()) return whole;
  return absl::Status(whole.code(),
                      absl::StrCat("GOP at index ", gop_.first_index, ": ",
                                   std::string(whole.message())));
}

}  // namespace fovea
