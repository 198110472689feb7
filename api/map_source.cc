// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/map_source.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
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
#include "store/chunk_id.h"

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
  std::optional<int> chroma_qp_offset() const override { return chroma_; }
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
  std::optional<int> chroma_;
  QualitySideData side_data_;
  std::optional<QualityMap> map_;
};

class PlainSource : public AnyMapSource {
 public:
  PlainSource() { description_ = "none: uniform quality"; }
  absl::StatusOr<const QualityMap*> Next(const Frame&, const Grid*) override {
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

  absl::StatusOr<const QualityMap*> Next(const Frame& frame,
                                         const Grid* grid) override {
    if (grid == nullptr) {
      const auto measured = meter_->Measure(frame);
      if (!measured.ok()) return measured.status();
      grid = *measured;
    }
    return Keep(AllocateQuality(ProxySensitivity(*grid), grid->columns,
                                grid->rows, allocation_));
  }

 private:
  const std::unique_ptr<GridMeter> meter_;
  AllocationOptions allocation_;
};

class SensitivitySource : public AnyMapSource {
 public:
  static absl::StatusOr<std::unique_ptr<MapSource>> Open(
      const std::string& path, const MapSourceOptions& options, int width,
      int height) {
    std::unique_ptr<SensitivitySource> source(new SensitivitySource());
    source->next_index_ = options.first_frame;
    auto bytes = ReadWholeFile(path, kMaxFileBytes);
    if (!bytes.ok()) return bytes.status();
    source->bytes_ = *std::move(bytes);
    auto reader = SensitivityReader::Open(path, source->bytes_, CodecLimits());
    if (!reader.ok()) return reader.status();
    const SensitivityInfo& info = (*reader)->info();
    if (info.width != width || info.height != height) {
      return WrongSize(path, absl::StrCat(info.width, "x", info.height), width,
                       height);
    }
    source->allocation_ = options.allocation;
    if (info.unit == SensitivityUnit::kLossSquaredPerGreySquared) {
      source->chroma_ = kModelChromaQpOffset;
      if (!options.allocation.kappa) source->allocation_.kappa = kModelKappa;
    }
    source->reader_ = *std::move(reader);
    source->Describe(path);
    absl::Status status = source->ComparePlanes(path);
    status.Update(source->Advance());
    if (!status.ok()) return status;
    return source;
  }

  absl::StatusOr<const QualityMap*> Next(const Frame&, const Grid*) override {
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

  // H.264 states the chroma offset once, so the whole file is asked first.
  absl::Status ComparePlanes(const std::string& path) {
    if (reader_->info().planes != 3) return absl::OkStatus();
    auto reader = SensitivityReader::Open(path, bytes_, CodecLimits());
    if (!reader.ok()) return reader.status();
    std::array<double, 3> sums{};
    while (true) {
      const auto frame = (*reader)->Next();
      if (!frame.ok()) return frame.status();
      if (!frame->has_value()) break;
      for (size_t i = 0; i < sums.size(); ++i) {
        const std::vector<double>& plane = (*frame)->plane[i];
        sums[i] += std::accumulate(plane.begin(), plane.end(), 0.0);
      }
    }
    const auto chroma = ChromaQpOffset(sums[0], sums[1], sums[2]);
    if (chroma) chroma_ = chroma;
    return absl::OkStatus();
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

// Several models: each macroblock as fine as the one that needs it most.
class CombinedSource : public AnyMapSource {
 public:
  explicit CombinedSource(std::vector<std::unique_ptr<MapSource>> sources)
      : sources_(std::move(sources)) {
    for (const auto& source : sources_) {
      absl::StrAppend(&description_, description_.empty() ? "" : "; ",
                      source->description());
      const std::optional<int> chroma = source->chroma_qp_offset();
      if (chroma) chroma_ = std::min(chroma_.value_or(*chroma), *chroma);
    }
  }

  // Asked of the sources each time: one may come to stand for another model.
  QualitySideData SideData() const override {
    QualitySideData data = sources_.front()->SideData();
    data.map = AnyMapSource::SideData().map;
    data.models.clear();
    data.reference = 0;  // each has its own
    for (const auto& source : sources_) {
      const QualitySideData of_source = source->SideData();
      if (of_source.unit != data.unit) data.unit = SensitivityUnit::kNone;
      data.models.insert(data.models.end(), of_source.models.begin(),
                         of_source.models.end());
    }
    return data;
  }

  // A model that has said nothing yet may need everything.
  absl::StatusOr<const QualityMap*> Next(const Frame& frame,
                                         const Grid* grid) override {
    std::vector<QualityMap> wishes;
    for (const auto& source : sources_) {
      const auto wish = source->Next(frame, grid);
      if (!wish.ok()) return wish.status();
      if (*wish != nullptr) wishes.push_back(**wish);
    }
    map_.reset();
    if (wishes.size() < sources_.size()) return nullptr;
    return Keep(CombineMaps(wishes));
  }

 private:
  const std::vector<std::unique_ptr<MapSource>> sources_;
};

// Another source's maps, softened inside boxes.
class ProtectedSource : public AnyMapSource {
 public:
  ProtectedSource(std::unique_ptr<MapSource> inner, BoxSequence sequence,
                  const MapSourceOptions& options)
      : inner_(std::move(inner)),
        sequence_(std::move(sequence)),
        options_(options) {
    description_ = absl::StrCat(inner_->description(), ", boxes protected (",
                                options.protect_path, ")");
    next_index_ = options.first_frame;
    chroma_ = inner_->chroma_qp_offset();
  }

  absl::StatusOr<const QualityMap*> Next(const Frame& frame,
                                         const Grid* grid) override {
    boxes_ = sequence_.At(next_index_++, options_.box_hold, options_.box_score);
    const auto map = inner_->Next(frame, grid);
    if (!map.ok()) return map.status();
    side_data_ = inner_->SideData();
    map_.reset();
    if (*map == nullptr) return nullptr;
    map_ = **map;
    ProtectBoxes(boxes_, options_.protect_offset, &*map_);
    return &*map_;
  }

 private:
  const std::unique_ptr<MapSource> inner_;
  const BoxSequence sequence_;
  const MapSourceOptions options_;
  int64_t next_index_ = 0;
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
                                " frames (", options.paths[0], ")");
    next_index_ = options.first_frame;
  }

  absl::StatusOr<const QualityMap*> Next(const Frame&, const Grid*) override {
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
  FileMapSource(MapSequence sequence, const MapSourceOptions& options)
      : sequence_(std::move(sequence)), next_index_(options.first_frame) {
    description_ = absl::StrCat(sequence_.maps.size(), " maps made by hand (",
                                options.paths[0], ")");
  }

  absl::StatusOr<const QualityMap*> Next(const Frame&, const Grid*) override {
    const QualityMap* map = sequence_.At(next_index_++);
    map_.reset();
    if (map != nullptr) map_ = *map;
    return map;
  }

 private:
  const MapSequence sequence_;
  int64_t next_index_;
};

absl::StatusOr<std::unique_ptr<MapSource>> OpenProxy(
    const MapSourceOptions& options, int width, int height) {
  auto meter = GridMeter::Create(width, height);
  if (!meter.ok()) return meter.status();
  return std::make_unique<ProxySource>(*std::move(meter), options.allocation);
}

absl::StatusOr<BoxSequence> ReadBoxes(const std::string& path) {
  const auto text = ReadText(path);
  if (!text.ok()) return text.status();
  return ParseBoxes(path, *text, CodecLimits());
}

absl::StatusOr<std::unique_ptr<MapSource>> OpenSensitivities(
    const MapSourceOptions& options, int width, int height) {
  std::vector<std::unique_ptr<MapSource>> sources;
  for (const std::string& path : options.paths) {
    auto source = SensitivitySource::Open(path, options, width, height);
    if (!source.ok()) return source.status();
    sources.push_back(*std::move(source));
  }
  return CombineSources(std::move(sources));
}

absl::StatusOr<std::unique_ptr<MapSource>> OpenBoxes(
    const MapSourceOptions& options, int width, int height) {
  auto boxes = ReadBoxes(options.paths[0]);
  if (!boxes.ok()) return boxes.status();
  return std::make_unique<BoxSource>(*std::move(boxes), options,
                                     MacroblockCount(width),
                                     MacroblockCount(height));
}

absl::StatusOr<std::unique_ptr<MapSource>> OpenMaps(
    const MapSourceOptions& options, int width, int height) {
  const std::string& path = options.paths[0];
  const auto text = ReadText(path);
  if (!text.ok()) return text.status();
  auto maps = ParseMaps(path, *text, CodecLimits());
  if (!maps.ok()) return maps.status();
  if (maps->columns != MacroblockCount(width) ||
      maps->rows != MacroblockCount(height)) {
    return WrongSize(
        path, absl::StrCat(maps->columns, "x", maps->rows, " macroblocks"),
        width, height);
  }
  return std::make_unique<FileMapSource>(*std::move(maps), options);
}

absl::StatusOr<std::unique_ptr<MapSource>> OpenOrigin(
    const MapSourceOptions& options, int width, int height) {
  switch (options.origin) {
    case MapOrigin::kProxy:
      return OpenProxy(options, width, height);
    case MapOrigin::kSensitivity:
      return OpenSensitivities(options, width, height);
    case MapOrigin::kBoxes:
      return OpenBoxes(options, width, height);
    case MapOrigin::kMap:
      return OpenMaps(options, width, height);
    case MapOrigin::kPlain:
      break;
  }
  return std::make_unique<PlainSource>();
}

absl::Status CheckPaths(const MapSourceOptions& options) {
  const bool needs_file = options.origin != MapOrigin::kProxy &&
                          options.origin != MapOrigin::kPlain;
  const bool several = options.origin == MapOrigin::kSensitivity;
  const size_t most = !needs_file ? 0 : several ? CodecLimits().max_models : 1;
  if (options.paths.size() > most || (needs_file && options.paths.empty())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "map from ", MapOriginName(options.origin), ": ", options.paths.size(),
        " files; takes ", needs_file ? 1 : 0, " to ", most));
  }
  return absl::OkStatus();
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

std::string NameModels(std::span<const ModelId> models) {
  std::string names;
  for (const ModelId& model : models) {
    absl::StrAppend(&names, names.empty() ? "" : "; ", model.name,
                    " sha256:", ChunkId{model.digest}.ToHex());
  }
  return names;
}

absl::StatusOr<std::string> NameModels(const MapSourceOptions& options) {
  if (options.origin == MapOrigin::kProxy) return kProxyModelName;
  std::vector<ModelId> models;
  if (options.origin != MapOrigin::kSensitivity) return NameModels(models);
  for (const std::string& path : options.paths) {
    const auto bytes = ReadWholeFile(path, kMaxFileBytes);
    if (!bytes.ok()) return bytes.status();
    const auto reader = SensitivityReader::Open(path, *bytes, CodecLimits());
    if (!reader.ok()) return reader.status();
    const std::vector<ModelId>& of_file = (*reader)->info().models;
    models.insert(models.end(), of_file.begin(), of_file.end());
  }
  return NameModels(models);
}

std::unique_ptr<MapSource> CombineSources(
    std::vector<std::unique_ptr<MapSource>> sources) {
  if (sources.size() == 1) return std::move(sources[0]);
  return std::make_unique<CombinedSource>(std::move(sources));
}

absl::StatusOr<std::unique_ptr<MapSource>> OpenMapSource(
    const MapSourceOptions& options, int width, int height) {
  if (absl::Status s = CheckPaths(options); !s.ok()) return s;
  auto source = OpenOrigin(options, width, height);
  if (!source.ok() || options.protect_path.empty()) return source;
  auto boxes = ReadBoxes(options.protect_path);
  if (!boxes.ok()) return boxes.status();
  return std::make_unique<ProtectedSource>(*std::move(source),
                                           *std::move(boxes), options);
}

}  // namespace fovea
