// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/decode_file.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/camera_input.h"
#include "api/whole_file.h"
#include "codec/formats/image_writer.h"
#include "codec/formats/y4m_writer.h"

namespace fovea {
namespace {

class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual absl::Status Add(int64_t index, const Frame& frame) = 0;
  virtual absl::Status Finish() = 0;
};

class Y4mSink : public FrameSink {
 public:
  explicit Y4mSink(std::unique_ptr<Y4mWriter> writer)
      : writer_(std::move(writer)) {}
  absl::Status Add(int64_t, const Frame& frame) override {
    return writer_->Add(frame);
  }
  absl::Status Finish() override { return writer_->Finish(); }

 private:
  const std::unique_ptr<Y4mWriter> writer_;
};

class PngSink : public FrameSink {
 public:
  PngSink(std::string folder, const ColorInfo& color)
      : folder_(std::move(folder)), color_(color) {}
  absl::Status Add(int64_t index, const Frame& frame) override {
    const auto png = EncodePng(frame, color_);
    if (!png.ok()) return png.status();
    char name[32];
    std::snprintf(name, sizeof(name), "/%08lld.png",
                  static_cast<long long>(index));
    return WriteWholeFile(folder_ + name, *png);
  }
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  const std::string folder_;
  const ColorInfo color_;
};

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         text.substr(text.size() - end.size()) == end;
}

// A suffix a user may expect to choose a format by.
bool LooksLikeFile(const std::string& output) {
  const std::string suffix = std::filesystem::path(output).extension().string();
  std::error_code ignored;
  return !suffix.empty() && !std::filesystem::is_directory(output, ignored);
}

absl::StatusOr<std::unique_ptr<FrameSink>> OpenSink(const std::string& output,
                                                    const CameraInfo& camera) {
  if (EndsWith(output, ".y4m")) {
    auto writer = Y4mWriter::Create(output, camera);
    if (!writer.ok()) return writer.status();
    return std::make_unique<Y4mSink>(*std::move(writer));
  }
  if (LooksLikeFile(output)) {
    return absl::InvalidArgumentError(
        output +
        ": expected a name that ends in .y4m, or a folder for PNG "
        "files");
  }
  std::error_code error;
  std::filesystem::create_directories(output, error);
  if (error) {
    return absl::PermissionDeniedError(absl::StrCat(
        output, ": cannot make the folder (", error.message(), ")"));
  }
  return std::make_unique<PngSink>(output, camera.color);
}

void NoteTimes(const CameraInput& input, const std::string& output,
               DecodeFileReport* report) {
  if (!EndsWith(output, ".y4m") || report->camera.frame_rate.num > 0) return;
  report->notes.push_back(
      absl::StrCat("the frame rate of ", input.source->info().name,
                   " is unknown or varies; the y4m file says 25"));
}

absl::Status TakeFrame(const Frame& frame, int64_t index, FrameSink* sink,
                       DecodeFileReport* report) {
  const CameraInfo& camera = report->camera;
  if (frame.width != camera.width || frame.height != camera.height) {
    ++report->skipped;
    report->skipped_why =
        absl::StrCat("frame of ", frame.width, "x", frame.height,
                     " in a stream of ", camera.width, "x", camera.height);
    return absl::OkStatus();
  }
  ++report->frames;
  return sink->Add(index, frame);
}

absl::Status Feed(CameraInput* input, FrameSink* sink,
                  const std::function<void(int64_t, int64_t)>& progress,
                  const std::atomic<bool>* stop, DecodeFileReport* report) {
  const int64_t total = input->info().expected_samples;
  for (int64_t index = 0;;) {
    report->stopped = stop != nullptr && stop->load();
    if (report->stopped) return absl::OkStatus();
    auto item = input->source->Next();
    if (!item.ok()) report->source_error = item.status();
    if (!item.ok() || !item->has_value()) return absl::OkStatus();
    if ((*item)->track != input->track) continue;
    if (const auto* rejected = std::get_if<Rejected>(&(*item)->value)) {
      report->skipped += rejected->samples;
      if (rejected->samples > 0) report->skipped_why = rejected->reason;
    } else if (const auto* frame = std::get_if<Frame>(&(*item)->value)) {
      if (absl::Status s = TakeFrame(*frame, index++, sink, report); !s.ok()) {
        return s;
      }
      if (progress) progress(index, total);
    }
  }
}

}  // namespace

absl::StatusOr<DecodeFileReport> DecodeFile(
    const DecodeFileOptions& options,
    const std::function<void(int64_t done, int64_t total)>& progress,
    const std::atomic<bool>* stop) {
  auto input = OpenCamera(options.input, options.source);
  if (!input.ok()) return input.status();
  DecodeFileReport report;
  report.camera = input->info().camera;
  report.notes = input->notes;
  NoteTimes(*input, options.output, &report);
  auto sink = OpenSink(options.output, report.camera);
  if (!sink.ok()) return sink.status();
  if (absl::Status s = Feed(&*input, sink->get(), progress, stop, &report);
      !s.ok()) {
    return s;
  }
  if (report.frames == 0 && !report.source_error.ok()) {
    return report.source_error;
  }
  if (absl::Status s = (*sink)->Finish(); !s.ok()) return s;
  return report;
}

}  // namespace fovea
