// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/map_source.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/whole_file.h"
#include "codec/box_file.h"
#include "codec/grid.h"
#include "codec/map_file.h"
#include "codec/rival_maps.h"
#include "codec/sensitivity_file.h"
#include "sensitivity/proxy.h"

namespace fovea {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 30;

absl::Status WrongSize(const std::string& path, const std::string& found,
                       int width, int height) {
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": is for ", found, ", the input is ", width, "x", height, " (",
      MacroblockCount(width), "x", MacroblockCount(height),
      " macroblocks); use a file made for this input"));
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  const auto bytes = ReadWholeFile(path, kMaxFileBytes);
  if (!bytes.ok()) return bytes.status();
  return std::string(bytes->begin(), bytes->end());
}

// Sources differ in how a map is made; what is told of it is kept here.
class AnyMapSource : public MapSource {
 public:
  const std::vector<Box>& boxes() const override { return boxes_; }
  std::string description() const override { return description_; }
  QualitySideData SideData() const override {
    QualitySideData data = side_data_;
    if (map_) data.map = *map_;
    return data;
  }

 protected:
  absl::StatusOr<const QualityMap*> Keep(absl::StatusOr<QualityMap> map) {
    if (!map.ok()) return map.status();
    map_ = *std::move(map);
    return &*map_;
  }

  std::vector<Box> boxes_;
  std::string description_;
  QualitySideData side_data_;
  std::optional<QualityMap> map_;
};

class PlainSource : public AnyMapSource {
 public:
  PlainSource() { description_ = "none: uniform quality"; }
  absl::StatusOr<const QualityMap*> Next(const Frame&) override {
    return nullptr;
  }
};

class ProxySource : public AnyMapSource {
 public:
  ProxySource(std::unique_ptr<GridMeter> meter, AllocationOptions allocation)
      : meter_(std::move(meter)), allocation_(allocation) {
    allocation_.max_offset = std::min(allocation.max_offset, kProxyMaxOffset);
    description_ = absl::StrCat(kProxyModelName, ", a guess without a model");
    side_data_.models = {{kProxyModelName, {}}};
    side_data_.unit = SensitivityUnit::kRelative;
  }

  absl::StatusOr<const QualityMap*> Next(const Frame& frame) override {
    const auto grid = meter_->Measure(frame);
    if (!grid.ok()) return grid.status();
    return Keep(AllocateQuality(ProxySensitivity(**grid), (*grid)->columns,
                                (*grid)->rows, allocation_));
  }

 private:
  const std::unique_ptr<GridMeter> meter_;
  AllocationOptions allocation_;
};

class SensitivitySource : public AnyMapSource {
 public:
  static absl::StatusOr<std::unique_ptr<MapSource>> Open(
      const MapSourceOptions& options, int width, int height) {
    std::unique_ptr<SensitivitySource> source(new SensitivitySource());
    auto bytes = ReadWholeFile(options.path, kMaxFileBytes);
    if (!bytes.ok()) return bytes.status();
    source->bytes_ = *std::move(bytes);
    auto reader =
        SensitivityReader::Open(options.path, source->bytes_, CodecLimits());
    if (!reader.ok()) return reader.status();
    const SensitivityInfo& info = (*reader)->info();
    if (info.width != width || info.height != height) {
      return WrongSize(options.path, absl::StrCat(info.width, "x", info.height),
                       width, height);
    }
    source->reader_ = *std::move(reader);
    source->allocation_ = options.allocation;
    source->Describe(options.path);
    if (absl::Status s = source->Advance(); !s.ok()) return s;
    return source;
  }

  absl::StatusOr<const QualityMap*> Next(const Frame&) override {
    const int64_t index = next_index_++;
    bool fresh = false;
    while (coming_ && coming_->index <= index) {
      held_ = *std::move(coming_);
      fresh = true;
      if (absl::Status s = Advance(); !s.ok()) return s;
    }
    if (!held_) return nullptr;
    return fresh ? Allocate() : &*map_;
  }

 private:
  void Describe(const std::string& path) {
    side_data_.models = reader_->info().models;
    side_data_.unit = reader_->info().unit;
    std::string names;
    for (const ModelId& model : side_data_.models) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", model.name);
    }
    description_ =
        absl::StrCat("sensitivities of ",
                     names.empty() ? "no named model" : names, " (", path, ")");
  }

  absl::Status Advance() {
    auto frame = reader_->Next();
    if (!frame.ok()) return frame.status();
    coming_ = *std::move(frame);
    return absl::OkStatus();
  }

  // Where values are comparable over frames, an empty one may shrink to
  // nothing: s_ref then follows the stream.
  absl::StatusOr<const QualityMap*> Allocate() {
    const SensitivityInfo& info = reader_->info();
    const std::vector<double> values = PerMacroblock(info, *held_);
    AllocationOptions allocation = allocation_;
    if (allocation.reference == 0 &&
        info.unit == SensitivityUnit::kLossSquaredPerGreySquared) {
      allocation.reference = reference_.Update(values);
    }
    side_data_.reference = allocation.reference;
    return Keep(
        AllocateQuality(values, info.columns(), info.rows(), allocation));
  }

  std::vector<uint8_t> bytes_;
  std::unique_ptr<SensitivityReader> reader_;
  AllocationOptions allocation_;
  ReferenceSensitivity reference_;
  int64_t next_index_ = 0;
  std::optional<SensitivityFrame> held_;
  std::optional<SensitivityFrame> coming_;
};

class BoxSource : public AnyMapSource {
 public:
  BoxSource(BoxSequence sequence, const MapSourceOptions& options, int columns,
            int rows)
      : sequence_(std::move(sequence)),
        options_(options),
        columns_(columns),
        rows_(rows) {
    description_ = absl::StrCat("boxes of ", sequence_.frames.size(),
                                " frames (", options.path, ")");
  }

  absl::StatusOr<const QualityMap*> Next(const Frame&) override {
    boxes_ = sequence_.At(next_index_++, options_.box_hold, options_.box_score);
    BoxMapOptions box_options;
    box_options.outside = options_.box_offset;
    box_options.grow = options_.box_grow;
    return Keep(BoxMap(boxes_, columns_, rows_, box_options));
  }

 private:
  const BoxSequence sequence_;
  const MapSourceOptions options_;
  const int columns_;
  const int rows_;
  int64_t next_index_ = 0;
};

class FileMapSource : public AnyMapSource {
 public:
  FileMapSource(MapSequence sequence, const std::string& path)
      : sequence_(std::move(sequence)) {
    description_ =
        absl::StrCat(sequence_.maps.size(), " maps made by hand (", path, ")");
  }

  absl::StatusOr<const QualityMap*> Next(const Frame&) override {
    const QualityMap* map = sequence_.At(next_index_++);
    map_.reset();
    if (map != nullptr) map_ = *map;
    return map;
  }

 private:
  const MapSequence sequence_;
  int64_t next_index_ = 0;
};

absl::StatusOr<std::unique_ptr<MapSource>> OpenProxy(
    const MapSourceOptions& options, int width, int height) {
  auto meter = GridMeter::Create(width, height);
  if (!meter.ok()) return meter.status();
  return std::make_unique<ProxySource>(*std::move(meter), options.allocation);
}

absl::StatusOr<std::unique_ptr<MapSource>> OpenBoxes(
    const MapSourceOptions& options, int width, int height) {
  const auto text = ReadText(options.path);
  if (!text.ok()) return text.status();
  auto boxes = ParseBoxes(options.path, *text, CodecLimits());
  if (!boxes.ok()) return boxes.status();
  return std::make_unique<BoxSource>(*std::move(boxes), options,
                                     MacroblockCount(width),
                                     MacroblockCount(height));
}

absl::StatusOr<std::unique_ptr<MapSource>> OpenMaps(
    const MapSourceOptions& options, int width, int height) {
  const auto text = ReadText(options.path);
  if (!text.ok()) return text.status();
  auto maps = ParseMaps(options.path, *text, CodecLimits());
  if (!maps.ok()) return maps.status();
  if (maps->columns != MacroblockCount(width) ||
      maps->rows != MacroblockCount(height)) {
    return WrongSize(
        options.path,
        absl::StrCat(maps->columns, "x", maps->rows, " macroblocks"), width,
        height);
  }
  return std::make_unique<FileMapSource>(*std::move(maps), options.path);
}

}  // namespace

const char* MapOriginName(MapOrigin origin) {
  switch (origin) {
    case MapOrigin::kProxy:
      return "proxy";
    case MapOrigin::kSensitivity:
      return "sensitivity";
    case MapOrigin::kBoxes:
      return "boxes";
    case MapOrigin::kMap:
      return "map";
    case MapOrigin::kPlain:
      break;
  }
  return "plain";
}

absl::StatusOr<std::unique_ptr<MapSource>> OpenMapSource(
    const MapSourceOptions& options, int width, int height) {
  switch (options.origin) {
    case MapOrigin::kProxy:
      return OpenProxy(options, width, height);
    case MapOrigin::kSensitivity:
      return SensitivitySource::Open(options, width, height);
    case MapOrigin::kBoxes:
      return OpenBoxes(options, width, height);
    case MapOrigin::kMap:
      return OpenMaps(options, width, height);
    case MapOrigin::kPlain:
      break;
  }
  return std::make_unique<PlainSource>();
}

}  // namespace fovea
