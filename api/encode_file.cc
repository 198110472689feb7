// SPDX-License-Identifier: GPL-2.0-or-later
//
// The encoder looks ahead, so what is to be said of a frame waits in a queue
// until its picture comes out. No B-frames: pictures come out in order.

#include "api/encode_file.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <memory>
#include <numeric>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/camera_input.h"
#include "codec/formats/video_writer.h"
#include "codec/frame_freezer.h"
#include "codec/quality_side_data.h"

namespace fovea {
namespace {

constexpr size_t kMaxReasons = 32;

// Annex B has no times of its own: what the encoder writes as its time base
// is taken for the frame rate by all who read it.
bool HasNoTimes(const std::string& path) {
  const std::string suffix = std::filesystem::path(path).extension().string();
  return suffix == ".h264" || suffix == ".264";
}

absl::Status CheckBudget(const char* name,
                         const std::optional<int64_t>& budget) {
  if (!budget || *budget > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " of ", *budget,
                   " bytes per second: must be above 0; leave it out for "
                   "constant quality"));
}

class FileEncoder {
 public:
  explicit FileEncoder(const EncodeFileOptions& options) : options_(options) {}

  absl::Status Open(const CameraInput& input) {
    report_.camera = input.info().camera;
    report_.notes = input.notes;
    const int width = report_.camera.width;
    const int height = report_.camera.height;
    const Rational rate = report_.camera.frame_rate;
    counts_frames_ = HasNoTimes(options_.output) && rate.num > 0;
    if (counts_frames_) report_.camera.time_base = {rate.den, rate.num};
    VideoEncoderOptions encoder_options = options_.encoder;
    encoder_options.camera = report_.camera;
    encoder_options.bytes_per_second = options_.bytes_per_second.value_or(0);
    encoder_options.max_bytes_per_second =
        options_.max_bytes_per_second.value_or(0);
    auto maps = OpenMapSource(options_.map, width, height);
    if (!maps.ok()) return maps.status();
    maps_ = *std::move(maps);
    report_.map = maps_->description();
    int& chroma = encoder_options.tables.chroma_qp_offset;
    chroma = options_.chroma_qp_offset.value_or(
        maps_->chroma_qp_offset().value_or(chroma));
    report_.chroma_qp_offset = chroma;
    auto encoder = NewVideoEncoder(encoder_options);
    if (!encoder.ok()) return encoder.status();
    encoder_ = *std::move(encoder);
    report_.freeze = options_.freeze.value_or(maps_->of_models());
    if (report_.freeze) {
      FreezeOptions freeze;
      freeze.refresh_frames = options_.encoder.gop_frames;
      auto freezer = FrameFreezer::Create(width, height, freeze);
      if (!freezer.ok()) return freezer.status();
      freezer_ = *std::move(freezer);
    }
    VideoWriterOptions writer_options;
    writer_options.camera = report_.camera;
    auto writer = VideoWriter::Create(options_.output, writer_options);
    if (!writer.ok()) return writer.status();
    writer_ = *std::move(writer);
    return absl::OkStatus();
  }

  absl::Status Add(const Frame& frame) {
    const std::string fault = FaultOf(frame);
    if (!fault.empty()) {
      Skip(1, fault);
      return absl::OkStatus();
    }
    last_pts_ = frame.pts;
    const auto map = maps_->Next(frame, nullptr);
    if (!map.ok()) return map.status();
    auto source = Frozen(frame, *map);
    if (!source.ok()) return source.status();
    Count(*map);
    waiting_.push_back(maps_->SideData());
    if (counts_frames_) source->pts = frames_in_++;
    std::vector<EncodedFrame> coded;
    if (absl::Status s = encoder_->Encode(*source, *map, &coded); !s.ok()) {
      return s;
    }
    return Write(&coded);
  }

  void Skip(int64_t frames, const std::string& why) {
    if (frames == 0) {
      report_.notes.push_back(why);
      return;
    }
    for (auto& skipped : report_.skipped) {
      if (skipped.why != why && report_.skipped.size() < kMaxReasons) continue;
      skipped.frames += frames;
      return;
    }
    report_.skipped.push_back({frames, why});
  }

  absl::Status Finish() {
    std::vector<EncodedFrame> coded;
    if (absl::Status s = encoder_->Flush(&coded); !s.ok()) return s;
    if (absl::Status s = Write(&coded); !s.ok()) return s;
    if (report_.frames == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          options_.input, ": no frame to encode",
          report_.skipped.empty() ? ""
                                  : " (" + report_.skipped.front().why + ")"));
    }
    if (absl::Status s = writer_->Finish(); !s.ok()) return s;
    std::error_code ignored;
    report_.file_bytes = std::filesystem::file_size(options_.output, ignored);
    const auto frames = static_cast<double>(report_.frames);
    report_.mean_qp /= frames;
    report_.mean_offset /= frames;
    report_.frozen_share /= frames;
    return absl::OkStatus();
  }

  EncodeFileReport& report() { return report_; }

 private:
  std::string FaultOf(const Frame& frame) const {
    const CameraInfo& camera = report_.camera;
    if (frame.width != camera.width || frame.height != camera.height) {
      return absl::StrCat("frame of ", frame.width, "x", frame.height,
                          " in a stream of ", camera.width, "x", camera.height);
    }
    if (last_pts_ && frame.pts <= *last_pts_) {
      return frame.pts == *last_pts_ ? "time repeats" : "time goes backward";
    }
    return "";
  }

  absl::StatusOr<Frame> Frozen(const Frame& frame, const QualityMap* map) {
    if (freezer_ == nullptr) return frame;
    auto frozen = freezer_->Freeze(frame, map, maps_->boxes());
    if (frozen.ok()) {
      report_.frozen_share +=
          static_cast<double>(freezer_->frozen()) /
          (MacroblockCount(frame.width) * MacroblockCount(frame.height));
    }
    return frozen;
  }

  void Count(const QualityMap* map) {
    if (map == nullptr) return;
    ++report_.mapped_frames;
    const auto& offsets = map->qp_offset;
    report_.mean_offset +=
        std::accumulate(offsets.begin(), offsets.end(), 0.0) /
        static_cast<double>(offsets.size());
  }

  absl::Status Write(std::vector<EncodedFrame>* coded) {
    for (EncodedFrame& picture : *coded) {
      const QualitySideData side_data = std::move(waiting_.front());
      waiting_.pop_front();
      if (absl::Status s = Mark(side_data, &picture); !s.ok()) return s;
      ++report_.frames;
      report_.keyframes += picture.keyframe ? 1 : 0;
      report_.bytes += picture.data.size();
      report_.mean_qp += static_cast<double>(picture.qp);
      AccessUnit unit;
      unit.data = std::move(picture.data);
      unit.pts = unit.dts = picture.pts;
      unit.time_ns = picture.time_ns;
      unit.duration_ns = picture.duration_ns;
      unit.keyframe = picture.keyframe;
      if (!first_ns_) first_ns_ = unit.time_ns;
      report_.duration_ns = unit.time_ns + unit.duration_ns - *first_ns_;
      if (absl::Status s = writer_->Add(unit); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status Mark(QualitySideData data, EncodedFrame* picture) {
    data.chroma_qp_offset = report_.chroma_qp_offset;
    data.map_holds = options_.side_data == SideDataPlace::kFrame;
    if (!Due(data, picture->keyframe)) return absl::OkStatus();
    const auto sei = SideDataSei(data);
    if (!sei.ok()) return sei.status();
    const size_t before = picture->data.size();
    if (absl::Status s = InsertSei(*sei, &picture->data); !s.ok()) return s;
    report_.side_data_bytes += picture->data.size() - before;
    last_map_ = std::move(data.map);
    return absl::OkStatus();
  }

  bool Due(const QualitySideData& data, bool keyframe) const {
    if (options_.side_data == SideDataPlace::kNone) return false;
    if (keyframe) return true;
    if (options_.side_data == SideDataPlace::kGop) return false;
    if (data.map.has_value() != last_map_.has_value()) return true;
    return data.map && data.map->qp_offset != last_map_->qp_offset;
  }

  const EncodeFileOptions& options_;
  std::unique_ptr<VideoEncoder> encoder_;
  std::unique_ptr<MapSource> maps_;
  std::unique_ptr<FrameFreezer> freezer_;
  std::unique_ptr<VideoWriter> writer_;
  std::deque<QualitySideData> waiting_;  // of the frames inside the encoder
  std::optional<QualityMap> last_map_;   // that side data told of
  std::optional<int64_t> last_pts_;
  bool counts_frames_ = false;  // as pts, for want of times
  int64_t frames_in_ = 0;
  std::optional<int64_t> first_ns_;
  EncodeFileReport report_;
};

absl::Status Feed(CameraInput* input, FileEncoder* encoder,
                  const std::function<void(int64_t, int64_t)>& progress,
                  const std::atomic<bool>* stop) {
  const int64_t total = input->info().expected_samples;
  for (int64_t done = 0;;) {
    if (stop != nullptr && stop->load()) {
      encoder->report().stopped = true;
      return absl::OkStatus();
    }
    auto item = input->source->Next();
    if (!item.ok()) {
      encoder->report().source_error = item.status();
      return absl::OkStatus();
    }
    if (!item->has_value()) return absl::OkStatus();
    if ((*item)->track != input->track) continue;
    if (const auto* rejected = std::get_if<Rejected>(&(*item)->value)) {
      encoder->Skip(rejected->samples, rejected->reason);
    } else if (const auto* frame = std::get_if<Frame>(&(*item)->value)) {
      if (absl::Status s = encoder->Add(*frame); !s.ok()) return s;
      if (progress) progress(++done, total);
    }
  }
}

}  // namespace

absl::StatusOr<EncodeFileReport> EncodeFile(
    const EncodeFileOptions& options,
    const std::function<void(int64_t done, int64_t total)>& progress,
    const std::atomic<bool>* stop) {
  absl::Status budgets = CheckBudget("budget", options.bytes_per_second);
  budgets.Update(CheckBudget("ceiling", options.max_bytes_per_second));
  if (!budgets.ok()) return budgets;
  auto input = OpenCamera(options.input, options.source);
  if (!input.ok()) return input.status();
  FileEncoder encoder(options);
  if (absl::Status s = encoder.Open(*input); !s.ok()) return s;
  if (absl::Status s = Feed(&*input, &encoder, progress, stop); !s.ok()) {
    return s;
  }
  absl::Status finished = encoder.Finish();
  if (finished.ok()) return std::move(encoder.report());
  const absl::Status& source_error = encoder.report().source_error;
  return source_error.ok() ? finished : source_error;
}

}  // namespace fovea
