// SPDX-License-Identifier: GPL-2.0-or-later
//
// One feed per track, each holding the item it would give next; the
// earliest goes out. Only one item per track is in memory.

#include "codec/formats/euroc_source.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/csv_parser.h"
#include "codec/formats/csv_source.h"
#include "codec/formats/image_reader.h"
#include "codec/formats/internal/sensor_yaml.h"
#include "codec/formats/internal/stop_wish.h"
#include "codec/series_rows.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxYamlBytes = 1 << 20;

bool IsNumbered(const std::string& name, std::string_view stem) {
  return name.size() > stem.size() &&
         std::string_view(name).substr(0, stem.size()) == stem &&
         name.find_first_not_of("0123456789", stem.size()) == name.npos;
}

bool HasTable(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "data.csv", error);
}

// Folders below `root`, by name.
std::vector<std::string> Folders(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) {
      names.push_back(it->path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool IsAslRoot(const fs::path& root) {
  for (const std::string& name : Folders(root)) {
    if ((IsNumbered(name, "cam") || IsNumbered(name, "imu")) &&
        HasTable(root / name)) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<std::vector<uint8_t>> ReadWhole(const fs::path& path,
                                               std::uintmax_t limit) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return absl::NotFoundError(path.string());
  if (size > limit) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path.string(), ": ", size, " bytes, at most ", limit));
  }
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  in.read(reinterpret_cast<char*>(bytes.data()),
          static_cast<std::streamsize>(size));
  if (!in) return absl::DataLossError(absl::StrCat(path.string(), ": read"));
  return bytes;
}

// What a track gives next.
class Feed {
 public:
  virtual ~Feed() = default;
  // Loads the next item; false at the end.
  virtual absl::StatusOr<bool> Advance() = 0;
  virtual absl::StatusOr<SourceItem> Take() = 0;
  int64_t time_ns() const { return time_ns_; }

 protected:
  int64_t time_ns_ = std::numeric_limits<int64_t>::min();
};

// Images listed in data.csv. A row whose image cannot be used is rejected
// at the time it had, or at its neighbour's.
class CameraFeed : public Feed {
 public:
  CameraFeed(fs::path folder, std::unique_ptr<LineReader> lines,
             const SourceOptions& options)
      : folder_(std::move(folder)),
        lines_(std::move(lines)),
        limits_(options.limits) {}

  absl::StatusOr<bool> Advance() override {
    std::string line;
    while (lines_->Next(&line)) {
      const std::string overlong = lines_->overlong();
      if (overlong.empty() && (line.empty() || line[0] == '#')) continue;
      ReadRow(line);
      if (!overlong.empty()) reason_ = overlong;
      return true;
    }
    if (!lines_->status().ok()) return lines_->status();
    return false;
  }

  absl::StatusOr<SourceItem> Take() override {
    SourceItem item;
    if (reason_.empty()) {
      auto frame = Load();
      if (frame.ok()) {
        item.value = *std::move(frame);
        return item;
      }
      reason_ =
          absl::StrCat(name_, ": ", std::string(frame.status().message()));
    }
    item.value = Rejected{
        1, absl::StrCat("line ", lines_->line_number(), ": ", reason_)};
    return item;
  }

 private:
  void ReadRow(const std::string& line) {
    reason_.clear();
    const auto fields = SplitFields(line, ',');
    const auto time = fields.empty() ? std::nullopt : ParseScaled(fields[0], 0);
    if (fields.size() != 2 || !time) {
      reason_ = absl::StrCat(fields.size(),
                             " columns, expected a time in ns and a file");
      return;
    }
    time_ns_ = *time;
    name_ = std::string(fields[1]);
    if (name_.empty() || name_ == "." || name_ == ".." ||
        name_.find_first_of(std::string_view("/\\\0", 3)) != name_.npos) {
      reason_ = "file name leaves the data folder";
    }
  }

  absl::StatusOr<Frame> Load() {
    const auto bytes =
        ReadWhole(folder_ / "data" / name_,
                  static_cast<std::uintmax_t>(limits_.max_image_file_bytes));
    if (!bytes.ok()) return bytes.status();
    auto image = DecodeImage(*bytes, limits_);
    if (!image.ok()) return image.status();
    Frame frame = std::move(image->frame);
    if (width_ == 0) {
      width_ = frame.width;
      height_ = frame.height;
    }
    if (frame.width != width_ || frame.height != height_) {
      return absl::InvalidArgumentError(absl::StrCat(
          frame.width, "x", frame.height, ", expected ", width_, "x", height_));
    }
    frame.pts = time_ns_;
    frame.time_ns = time_ns_;
    return frame;
  }

  const fs::path folder_;
  const std::unique_ptr<LineReader> lines_;
  const FormatLimits limits_;
  std::string name_;
  std::string reason_;  // why the row is rejected
  int width_ = 0;       // of the first image
  int height_ = 0;
};

// A table, batch by batch.
class TableFeed : public Feed {
 public:
  explicit TableFeed(std::unique_ptr<Source> table)
      : table_(std::move(table)) {}

  absl::StatusOr<bool> Advance() override {
    auto item = table_->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) return false;
    item_ = *std::move(*item);
    if (const auto* batch = std::get_if<SeriesBatch>(&item_.value)) {
      time_ns_ = batch->time_ns.front();
    }
    return true;
  }

  absl::StatusOr<SourceItem> Take() override { return std::move(item_); }

 private:
  const std::unique_ptr<Source> table_;
  SourceItem item_;
};

// One packet: a calibration file as it is.
class FileFeed : public Feed {
 public:
  FileFeed(int64_t time_ns, std::vector<uint8_t> bytes) {
    packet_.data = std::move(bytes);
    packet_.time_ns = time_ns;
    packet_.pts = time_ns;
    time_ns_ = time_ns;
  }
  absl::StatusOr<bool> Advance() override {
    return !std::exchange(given_, true);
  }
  absl::StatusOr<SourceItem> Take() override {
    SourceItem item;
    item.value = std::move(packet_);
    return item;
  }

 private:
  OpaquePacket packet_;
  bool given_ = false;
};

class EurocSource : public Source {
 public:
  EurocSource(std::string folder, const SourceOptions& options)
      : options_(options), stop_(options.stop) {
    info_.name = std::move(folder);
    info_.container = "euroc";
  }

  absl::Status Prepare(const fs::path& root);

  const SourceInfo& info() const override { return info_; }
  absl::StatusOr<std::optional<SourceItem>> Next() override;
  void Stop() override { stop_.Set(); }

 private:
  absl::Status AddCamera(const fs::path& root, const std::string& name);
  absl::Status AddImu(const fs::path& root, const std::string& name, bool only);
  absl::Status AddFile(const fs::path& path, const std::string& suffix,
                       int64_t time_ns);
  absl::Status AddSensor(const fs::path& root, const std::string& name,
                         bool only_imu);
  absl::StatusOr<codec_internal::SensorYaml> ReadYaml(const fs::path& folder);
  absl::Status AddFeed(Track track, std::unique_ptr<Feed> feed);
  void Reject(const std::string& name, const std::string& reason);
  bool IsPastEnd(int64_t time_ns) const;
  void CutToEnd(SeriesBatch* batch, size_t channels) const;

  struct Lane {
    int track = 0;
    std::unique_ptr<Feed> feed;
  };
  const SourceOptions options_;
  SourceInfo info_;
  std::vector<Lane> lanes_;  // those with an item ready
  int64_t start_ns_ = 0;
  StopWish stop_;
};

absl::Status EurocSource::AddFeed(Track track, std::unique_ptr<Feed> feed) {
  const auto more = feed->Advance();
  if (!more.ok()) return more.status();
  if (*more) {
    lanes_.push_back({static_cast<int>(info_.tracks.size()), std::move(feed)});
  } else {
    track.rejected = "no entry in its data.csv";
  }
  info_.tracks.push_back(std::move(track));
  return absl::OkStatus();
}

void EurocSource::Reject(const std::string& name, const std::string& reason) {
  Track track;
  track.suffix = name;
  track.codec = "euroc";
  track.rejected = reason;
  info_.tracks.push_back(std::move(track));
}

absl::StatusOr<codec_internal::SensorYaml> EurocSource::ReadYaml(
    const fs::path& folder) {
  const auto bytes = ReadWhole(folder / "sensor.yaml", kMaxYamlBytes);
  if (absl::IsNotFound(bytes.status())) return codec_internal::SensorYaml();
  if (!bytes.ok()) return bytes.status();
  auto sensor =
      codec_internal::ReadSensorYaml(std::string(bytes->begin(), bytes->end()));
  if (sensor.ok()) return sensor;
  return absl::InvalidArgumentError(
      absl::StrCat((folder / "sensor.yaml").string(), ": ",
                   std::string(sensor.status().message())));
}

// Rows of a camera's table.
absl::StatusOr<int64_t> CountRows(const std::string& path,
                                  const SourceOptions& options) {
  const FormatLimits& limits = options.limits;
  auto lines = LineReader::Open(path, limits.max_csv_line_bytes, options.stop);
  if (!lines.ok()) return lines.status();
  int64_t rows = 0;
  std::string line;
  while ((*lines)->Next(&line)) {
    rows += (!line.empty() && line[0] != '#') || !(*lines)->overlong().empty();
  }
  if (rows > static_cast<int64_t>(limits.max_images)) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, ": ", rows, " images, at most ", limits.max_images));
  }
  return rows;
}

absl::Status EurocSource::AddCamera(const fs::path& root,
                                    const std::string& name) {
  const fs::path folder = root / name;
  const std::string table = (folder / "data.csv").string();
  const auto sensor = ReadYaml(folder);
  if (!sensor.ok()) return sensor.status();
  const auto rows = CountRows(table, options_);
  if (!rows.ok()) return rows.status();
  auto lines = LineReader::Open(table, options_.limits.max_csv_line_bytes,
                                options_.stop);
  if (!lines.ok()) return lines.status();
  Track track;
  track.kind = StreamKind::kCamera;
  track.suffix = name;
  track.codec = "png";
  track.camera.width = sensor->width;
  track.camera.height = sensor->height;
  track.camera.color.full_range = true;
  track.camera.color.matrix = 5;  // BT.601, as image_reader.h gives them
  if (sensor->rate_hz > 0 && sensor->rate_hz < 1e6) {
    track.camera.frame_rate = {
        static_cast<int32_t>(sensor->rate_hz * 1000 + 0.5), 1000};
  }
  track.expected_samples = *rows;
  return AddFeed(std::move(track), std::make_unique<CameraFeed>(
                                       folder, *std::move(lines), options_));
}

absl::Status EurocSource::AddImu(const fs::path& root, const std::string& name,
                                 bool only) {
  SourceOptions options = options_;
  options.max_duration_ns = 0;  // counted over all tracks, below
  options.time_unit = "ns";
  auto table = OpenCsvSource((root / name / "data.csv").string(), options,
                             CsvClock::kAsWritten);
  if (!table.ok()) return table.status();
  Track track = (*table)->info().tracks.front();
  track.suffix = only ? "imu" : name;
  if (const auto sensor = ReadYaml(root / name); sensor.ok()) {
    track.series.device = sensor->comment;
    std::error_code error;
    if (fs::is_regular_file(root / name / "sensor.yaml", error)) {
      track.series.calibration = name + ".yaml";  // the track of AddFile()
    }
  }
  for (const std::string& note : (*table)->info().notes) {
    info_.notes.push_back(absl::StrCat(track.suffix, ": ", note));
  }
  return AddFeed(std::move(track),
                 std::make_unique<TableFeed>(*std::move(table)));
}

absl::Status EurocSource::AddFile(const fs::path& path,
                                  const std::string& suffix, int64_t time_ns) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return absl::OkStatus();
  auto bytes = ReadWhole(path, kMaxYamlBytes);
  if (!bytes.ok()) return bytes.status();
  Track track;
  track.suffix = suffix;
  track.codec = "yaml";
  track.expected_samples = 1;
  return AddFeed(std::move(track),
                 std::make_unique<FileFeed>(time_ns, *std::move(bytes)));
}

absl::Status EurocSource::AddSensor(const fs::path& root,
                                    const std::string& name, bool only_imu) {
  const bool camera = IsNumbered(name, "cam");
  if (!camera && !IsNumbered(name, "imu")) {
    Reject(name, "not a camera or IMU folder");
    return absl::OkStatus();
  }
  if (!HasTable(root / name)) {
    Reject(name, "has no data.csv");
    return absl::OkStatus();
  }
  return camera ? AddCamera(root, name) : AddImu(root, name, only_imu);
}

absl::Status EurocSource::Prepare(const fs::path& root) {
  const std::vector<std::string> names = Folders(root);
  const auto imus = std::count_if(
      names.begin(), names.end(),
      [](const std::string& name) { return IsNumbered(name, "imu"); });
  if (names.size() > static_cast<size_t>(options_.limits.max_tracks)) {
    return absl::ResourceExhaustedError(
        absl::StrCat(root.string(), ": ", names.size(), " folders, at most ",
                     options_.limits.max_tracks));
  }
  for (const std::string& name : names) {
    const absl::Status status = AddSensor(root, name, imus == 1);
    if (!status.ok()) return status;
  }
  if (lanes_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(root.string(), ": no image and no IMU row"));
  }
  start_ns_ = std::numeric_limits<int64_t>::max();
  for (const Lane& lane : lanes_) {
    start_ns_ = std::min(start_ns_, lane.feed->time_ns());
  }
  for (const std::string& name : names) {
    const absl::Status status =
        AddFile(root / name / "sensor.yaml", name + ".yaml", start_ns_);
    if (!status.ok()) return status;
  }
  return AddFile(root / "body.yaml", "body.yaml", start_ns_);
}

bool EurocSource::IsPastEnd(int64_t time_ns) const {
  int64_t elapsed = 0;
  return options_.max_duration_ns > 0 &&
         !__builtin_sub_overflow(time_ns, start_ns_, &elapsed) &&
         elapsed >= options_.max_duration_ns;
}

void EurocSource::CutToEnd(SeriesBatch* batch, size_t channels) const {
  size_t kept = 0;
  while (kept < batch->time_ns.size() && !IsPastEnd(batch->time_ns[kept])) {
    ++kept;
  }
  if (kept < batch->time_ns.size()) *batch = RowsOf(*batch, channels, 0, kept);
}

absl::StatusOr<std::optional<SourceItem>> EurocSource::Next() {
  if (stop_.IsSet() || lanes_.empty()) return std::nullopt;
  const auto lane = std::min_element(
      lanes_.begin(), lanes_.end(), [](const Lane& a, const Lane& b) {
        return a.feed->time_ns() < b.feed->time_ns();
      });
  if (IsPastEnd(lane->feed->time_ns())) return std::nullopt;
  const int track = lane->track;
  auto item = lane->feed->Take();
  if (!item.ok()) return item.status();
  const auto more = lane->feed->Advance();
  if (!more.ok()) return more.status();
  if (!*more) lanes_.erase(lane);
  item->track = track;
  if (auto* batch = std::get_if<SeriesBatch>(&item->value)) {
    CutToEnd(batch,
             info_.tracks[static_cast<size_t>(track)].series.channels.size());
  }
  return *std::move(item);
}

}  // namespace

bool IsEurocTree(const std::string& folder) {
  return IsAslRoot(folder) || IsAslRoot(fs::path(folder) / "mav0");
}

absl::StatusOr<std::unique_ptr<Source>> OpenEurocSource(
    const std::string& folder, const SourceOptions& options) {
  fs::path root = folder;
  if (!IsAslRoot(root)) root /= "mav0";
  if (!IsAslRoot(root)) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder,
                     ": no cam0/data.csv or imu0/data.csv in it or "
                     "in its mav0"));
  }
  auto source = std::make_unique<EurocSource>(folder, options);
  const absl::Status status = source->Prepare(root);
  if (!status.ok()) return status;
  return source;
}

}  // namespace fovea
