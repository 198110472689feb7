// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/image_source.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/image_reader.h"
#include "codec/formats/internal/image_list.h"
#include "codec/formats/internal/stop_wish.h"

namespace fovea {
namespace {

constexpr int64_t kStillSpacingNs = 1'000'000'000;
constexpr double kMinFps = 0.001;
constexpr double kMaxFps = 100'000;
constexpr int kRateTicks = 1000;  // rates are kept to a thousandth

Rational RateFrom(double fps) {
  const auto scaled = static_cast<int32_t>(std::lround(fps * kRateTicks));
  const int32_t shared = std::gcd(scaled, kRateTicks);
  return {scaled / shared, kRateTicks / shared};
}

bool SameSize(const std::vector<ImageFile>& files) {
  return std::all_of(files.begin(), files.end(), [&](const ImageFile& file) {
    return file.header.width == files[0].header.width &&
           file.header.height == files[0].header.height;
  });
}

bool AllTimed(const std::vector<ImageFile>& files) {
  return std::all_of(files.begin(), files.end(), [](const ImageFile& file) {
    return NanosecondsInName(file.path) >= 0;
  });
}

// The mark that ends the picture; without it the file was cut. Some files
// have more after it.
bool IsWhole(const std::string& format, const std::vector<uint8_t>& file) {
  constexpr std::array<uint8_t, 2> kJpegEnd = {0xff, 0xd9};
  constexpr std::array<uint8_t, 4> kPngEnd = {'I', 'E', 'N', 'D'};
  if (format == "jpeg") {
    return std::find_end(file.begin(), file.end(), kJpegEnd.begin(),
                         kJpegEnd.end()) != file.end();
  }
  return std::find_end(file.begin(), file.end(), kPngEnd.begin(),
                       kPngEnd.end()) != file.end();
}

class ImageSource final : public Source {
 public:
  ImageSource(const std::string& location, const SourceOptions& options,
              ImageList list)
      : options_(options), list_(std::move(list)), stop_(options.stop) {
    info_.name = location;
    info_.container = "images";
    info_.tracks.resize(1);
    Describe();
  }

  const SourceInfo& info() const override { return info_; }
  absl::StatusOr<std::optional<SourceItem>> Next() override;
  void Stop() override { stop_.Set(); }

 private:
  enum class Mode { kStills, kNamedTimes, kRate };

  Mode ChooseMode();
  void Describe();
  void DescribeCamera();
  int64_t PtsOf(size_t index) const;
  int64_t TimeOf(size_t index) const;
  absl::StatusOr<SourceItem> ReadStill(const ImageFile& file, size_t index);
  absl::StatusOr<SourceItem> ReadFrame(const ImageFile& file, size_t index);

  SourceOptions options_;
  ImageList list_;
  SourceInfo info_;
  Mode mode_ = Mode::kStills;
  size_t next_rejected_ = 0;
  size_t next_file_ = 0;
  StopWish stop_;
};

ImageSource::Mode ImageSource::ChooseMode() {
  const std::vector<ImageFile>& files = list_.files;
  const bool rate = options_.image_fps > 0;
  if (!rate && (files.size() < 2 || !AllTimed(files))) return Mode::kStills;
  if (!SameSize(files)) {
    info_.notes.push_back(
        "pictures differ in size: kept as stills, not as a camera stream");
    return Mode::kStills;
  }
  return rate ? Mode::kRate : Mode::kNamedTimes;
}

void ImageSource::Describe() {
  mode_ = ChooseMode();
  Track& track = info_.tracks[0];
  track.kind = StreamKind::kCamera;
  track.codec = list_.files[0].header.format;
  track.stills = mode_ == Mode::kStills;
  track.expected_samples = static_cast<int64_t>(list_.files.size());
  for (const ImageFile& file : list_.files) {
    info_.bytes += file.bytes;
    if (file.header.format != track.codec) track.codec = "jpeg+png";
    track.camera.width = std::max(track.camera.width, file.header.width);
    track.camera.height = std::max(track.camera.height, file.header.height);
  }
  track.camera.color.full_range = true;
  track.camera.color.matrix = 5;
  if (track.stills) {
    info_.notes.push_back(
        "stills have no times: one second apart, in the "
        "order of the numbers in their names");
  } else {
    DescribeCamera();
  }
  const size_t last = list_.files.size() - 1;
  info_.duration_ns = TimeOf(last) - TimeOf(0);
}

void ImageSource::DescribeCamera() {
  CameraInfo& camera = info_.tracks[0].camera;
  const size_t last = list_.files.size() - 1;
  if (mode_ == Mode::kRate) {
    camera.frame_rate = RateFrom(options_.image_fps);
    camera.time_base = {camera.frame_rate.den, camera.frame_rate.num};
    info_.notes.push_back(absl::StrCat("pictures are frames at ",
                                       camera.frame_rate.num, "/",
                                       camera.frame_rate.den,
                                       " per second, in the order of their "
                                       "numbers"));
    return;
  }
  const double seconds = static_cast<double>(PtsOf(last) - PtsOf(0)) * 1e-9;
  const double fps = seconds > 0 ? static_cast<double>(last) / seconds : 0;
  if (fps >= kMinFps && fps <= kMaxFps) camera.frame_rate = RateFrom(fps);
  info_.notes.push_back("times are the nanoseconds in the file names");
}

int64_t ImageSource::PtsOf(size_t index) const {
  return mode_ == Mode::kNamedTimes ? NanosecondsInName(list_.files[index].path)
                                    : static_cast<int64_t>(index);
}

int64_t ImageSource::TimeOf(size_t index) const {
  if (mode_ == Mode::kStills) {
    return static_cast<int64_t>(index) * kStillSpacingNs;
  }
  return ToNanoseconds(PtsOf(index), info_.tracks[0].camera.time_base);
}

absl::StatusOr<std::optional<SourceItem>> ImageSource::Next() {
  if (stop_.IsSet()) return std::nullopt;
  if (next_rejected_ < list_.rejected.size()) {
    return SourceItem{0, list_.rejected[next_rejected_++]};
  }
  if (next_file_ >= list_.files.size()) return std::nullopt;
  const size_t index = next_file_++;
  if (options_.max_duration_ns > 0 &&
      TimeOf(index) - TimeOf(0) >= options_.max_duration_ns) {
    next_file_ = list_.files.size();
    return std::nullopt;
  }
  const ImageFile& file = list_.files[index];
  auto item =
      mode_ == Mode::kStills ? ReadStill(file, index) : ReadFrame(file, index);
  if (item.ok()) return *std::move(item);
  const std::string name = std::filesystem::path(file.path).filename();
  return SourceItem{
      0, Rejected{1, absl::StrCat(name, ": ",
                                  std::string(item.status().message()))}};
}

absl::StatusOr<SourceItem> ImageSource::ReadStill(const ImageFile& file,
                                                  size_t index) {
  auto bytes = ReadImageBytes(file.path, options_.limits);
  if (!bytes.ok()) return bytes.status();
  if (!IsWhole(file.header.format, *bytes)) {
    return absl::DataLossError(absl::StrCat("cut short at byte ", bytes->size(),
                                            ", the end mark is missing"));
  }
  StillImage still;
  still.format = file.header.format;
  still.width = file.header.width;
  still.height = file.header.height;
  still.name = std::filesystem::path(file.path).filename();
  still.file = *std::move(bytes);
  still.time_ns = TimeOf(index);
  return SourceItem{0, std::move(still)};
}

absl::StatusOr<SourceItem> ImageSource::ReadFrame(const ImageFile& file,
                                                  size_t index) {
  auto bytes = ReadImageBytes(file.path, options_.limits);
  if (!bytes.ok()) return bytes.status();
  auto image = DecodeImage(*bytes, options_.limits);
  if (!image.ok()) return image.status();
  const CameraInfo& camera = info_.tracks[0].camera;
  if (image->frame.width != camera.width ||
      image->frame.height != camera.height) {
    return absl::FailedPreconditionError(
        absl::StrCat("is ", image->frame.width, "x", image->frame.height,
                     " now, was ", camera.width, "x", camera.height));
  }
  image->frame.pts = PtsOf(index);
  image->frame.time_ns = TimeOf(index);
  if (mode_ == Mode::kRate) {
    image->frame.duration_ns = ToNanoseconds(1, camera.time_base);
  } else if (index + 1 < list_.files.size()) {
    image->frame.duration_ns =
        std::max<int64_t>(TimeOf(index + 1) - TimeOf(index), 0);
  }
  return SourceItem{0, std::move(image->frame)};
}

}  // namespace

bool IsGlob(const std::string& location) {
  return location.find_first_of("*?[") != std::string::npos;
}

bool IsImageFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::array<char, 64> head = {};
  in.read(head.data(), head.size());
  const auto got =
      static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0));
  const auto* bytes = reinterpret_cast<const uint8_t*>(head.data());
  const auto header = ReadImageHeader({bytes, got}, FormatLimits());
  return header.status().code() != absl::StatusCode::kInvalidArgument;
}

absl::StatusOr<std::unique_ptr<Source>> OpenImageSource(
    const std::string& location, const SourceOptions& options) {
  if (options.image_fps < 0 || options.image_fps > kMaxFps ||
      (options.image_fps > 0 && options.image_fps < kMinFps) ||
      std::isnan(options.image_fps)) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame rate ", options.image_fps, ": expected ", kMinFps,
                     " to ", kMaxFps, " per second"));
  }
  auto list = ListImages(location, options);
  if (!list.ok()) return list.status();
  if (list->files.empty()) {
    const std::string first =
        list->rejected.empty() ? "it is empty" : list->rejected[0].reason;
    return absl::InvalidArgumentError(
        absl::StrCat(location, ": no JPEG or PNG among ", list->rejected.size(),
                     " files (", first, "); name video files one by one"));
  }
  return std::make_unique<ImageSource>(location, options, *std::move(list));
}

}  // namespace fovea
