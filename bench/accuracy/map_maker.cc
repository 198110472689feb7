// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/map_maker.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "api/map_source.h"
#include "api/whole_file.h"
#include "codec/box.h"
#include "codec/frame_freezer.h"
#include "codec/rival_maps.h"
#include "codec/sensitivity_file.h"

namespace fovea::bench {
namespace {

// Where boxes only have to protect, doubtful ones count too.
constexpr float kProtectFrom = 0.5F;  // of the judge's threshold

// Boxes of several judges on the originals.
class BoxSource {
 public:
  BoxSource(const Policy& policy, const AnswersByJudge& answers,
            float threshold_share)
      : policy_(policy), share_(threshold_share) {
    for (const std::string& name : BoxJudges(policy)) {
      judges_.push_back(&answers.at(name));
    }
  }

  std::vector<Box> At(size_t frame) const {
    std::vector<Box> boxes;
    for (const Answers* judge : judges_) {
      const float threshold = policy_.at > 0 ? static_cast<float>(policy_.at)
                                             : judge->judge.threshold * share_;
      for (const Detection& box : judge->frames[frame].detections) {
        if (box.score < threshold) continue;
        boxes.push_back({box.left, box.top, box.right, box.bottom});
      }
    }
    return boxes;
  }

 private:
  const Policy policy_;
  const float share_;
  std::vector<const Answers*> judges_;
};

// How the map of a frame comes about. Frames are seen in order, each before
// its map may be asked for.
class Mapper {
 public:
  virtual ~Mapper() = default;
  virtual absl::Status See(const Frame&) { return absl::OkStatus(); }
  virtual absl::StatusOr<QualityMap> At(size_t frame) = 0;

  // What the maps ask for, if anything.
  virtual std::optional<int> chroma_qp_offset() const { return std::nullopt; }
};

// The product's own: proxy or sensitivity file.
class ProductMapper final : public Mapper {
 public:
  ProductMapper(std::unique_ptr<MapSource> source, QualityMap uniform)
      : source_(std::move(source)), uniform_(std::move(uniform)) {}

  absl::Status See(const Frame& frame) override {
    const auto map = source_->Next(frame, nullptr);
    if (map.ok()) map_ = *map;
    return map.status();
  }

  absl::StatusOr<QualityMap> At(size_t) override {
    return map_ != nullptr ? *map_ : uniform_;
  }

  std::optional<int> chroma_qp_offset() const override {
    return source_->chroma_qp_offset();
  }

 private:
  const std::unique_ptr<MapSource> source_;
  const QualityMap uniform_;
  const QualityMap* map_ = nullptr;
};

absl::StatusOr<std::unique_ptr<Mapper>> NewProductMapper(const Policy& policy,
                                                         const Clip& clip) {
  MapSourceOptions options;
  options.origin = MapOrigin::kProxy;
  if (policy.rule != MapRule::kProxy) {
    options.origin = MapOrigin::kSensitivity;
    options.paths = SensitivityPaths(policy, clip.choice);
  }
  if (policy.rule != MapRule::kModels) options.allocation.kappa = policy.kappa;
  const int width = clip.camera.width;
  const int height = clip.camera.height;
  auto source = OpenMapSource(options, width, height);
  if (!source.ok()) return source.status();
  QualityMap uniform;
  uniform.columns = MacroblockCount(width);
  uniform.rows = MacroblockCount(height);
  uniform.qp_offset.resize(static_cast<size_t>(uniform.columns) *
                           static_cast<size_t>(uniform.rows));
  return std::make_unique<ProductMapper>(*std::move(source),
                                         std::move(uniform));
}

class BoxMapper final : public Mapper {
 public:
  BoxMapper(const Policy& policy, const Clip& clip,
            const AnswersByJudge& answers)
      : boxes_(policy, answers, 1),
        columns_(MacroblockCount(clip.camera.width)),
        rows_(MacroblockCount(clip.camera.height)) {
    options_.outside = policy.plus;
    options_.grow = policy.grow;
  }

  absl::StatusOr<QualityMap> At(size_t frame) override {
    return BoxMap(boxes_.At(frame), columns_, rows_, options_);
  }

 private:
  const BoxSource boxes_;
  const int columns_;
  const int rows_;
  BoxMapOptions options_;
};

// What AccMPEG splits: one value per block and model.
class Sensitivities {
 public:
  virtual ~Sensitivities() = default;
  virtual size_t models() const = 0;
  virtual absl::StatusOr<std::vector<double>> At(size_t model,
                                                 size_t frame) = 0;
};

// Boxes: 1 inside, 0 outside.
class BoxSensitivities final : public Sensitivities {
 public:
  BoxSensitivities(const Policy& policy, const Clip& clip,
                   const AnswersByJudge& answers)
      : boxes_(policy, answers, 1),
        columns_(MacroblockCount(clip.camera.width)),
        rows_(MacroblockCount(clip.camera.height)) {}

  size_t models() const override { return 1; }
  absl::StatusOr<std::vector<double>> At(size_t, size_t frame) override {
    const auto inside = BoxMap(boxes_.At(frame), columns_, rows_, {2, 0});
    if (!inside.ok()) return inside.status();
    std::vector<double> values;
    for (const uint8_t offset : inside->qp_offset) {
      values.push_back(offset == 0 ? 1 : 0);
    }
    return values;
  }

 private:
  const BoxSource boxes_;
  const int columns_;
  const int rows_;
};

// Sensitivity files, held in memory.
class FileSensitivities final : public Sensitivities {
 public:
  absl::Status Add(const std::string& path) {
    const auto bytes = ReadWholeFile(path, size_t{1} << 30);
    if (!bytes.ok()) return bytes.status();
    auto reader = SensitivityReader::Open(path, *bytes, CodecLimits());
    if (!reader.ok()) return reader.status();
    files_.emplace_back();
    while (true) {
      auto frame = (*reader)->Next();
      if (!frame.ok()) return frame.status();
      if (!frame->has_value()) return absl::OkStatus();
      files_.back().emplace_back((*frame)->index,
                                 PerMacroblock((*reader)->info(), **frame));
    }
  }

  size_t models() const override { return files_.size(); }
  absl::StatusOr<std::vector<double>> At(size_t model, size_t frame) override {
    const auto& file = files_[model];
    const auto after =
        std::find_if(file.begin(), file.end(), [&](const auto& of_frame) {
          return of_frame.first > static_cast<int64_t>(frame);
        });
    if (after == file.begin()) {
      return absl::InvalidArgumentError(
          "sensitivity file has nothing for the first frame");
    }
    return std::prev(after)->second;
  }

 private:
  std::vector<std::vector<std::pair<int64_t, std::vector<double>>>> files_;
};

// AccMPEG's segments: the mean of the first and the last frame decides. A
// block is fine where any of the models wants it so.
class BinaryMapper final : public Mapper {
 public:
  BinaryMapper(const Policy& policy, const Clip& clip,
               std::unique_ptr<Sensitivities> sensitivities)
      : sensitivities_(std::move(sensitivities)),
        columns_(MacroblockCount(clip.camera.width)),
        rows_(MacroblockCount(clip.camera.height)),
        segment_(static_cast<size_t>(policy.hold)),
        last_frame_(clip.frames.size() - 1) {
    options_.outside = policy.plus;
    options_.grow = policy.grow;
    const bool from_file = !policy.file.empty();
    if (from_file && policy.at > 0) options_.threshold = policy.at;
  }

  absl::StatusOr<QualityMap> At(size_t frame) override {
    std::vector<QualityMap> wishes;
    for (size_t model = 0; model < sensitivities_->models(); ++model) {
      const size_t last = std::min(frame + segment_ - 1, last_frame_);
      auto mean = sensitivities_->At(model, frame);
      if (!mean.ok()) return mean.status();
      const auto other = sensitivities_->At(model, last);
      if (!other.ok()) return other.status();
      for (size_t i = 0; i < mean->size(); ++i) {
        (*mean)[i] = ((*mean)[i] + (*other)[i]) / 2;
      }
      auto wish = BinaryMap(*mean, columns_, rows_, options_);
      if (!wish.ok()) return wish.status();
      wishes.push_back(*std::move(wish));
    }
    return CombineMaps(wishes);
  }

 private:
  const std::unique_ptr<Sensitivities> sensitivities_;
  const int columns_;
  const int rows_;
  const size_t segment_;
  const size_t last_frame_;
  BinaryMapOptions options_;
};

absl::StatusOr<std::unique_ptr<Mapper>> NewBinaryMapper(
    const Policy& policy, const Clip& clip, const AnswersByJudge& answers) {
  if (policy.file.empty()) {
    return std::make_unique<BinaryMapper>(
        policy, clip,
        std::make_unique<BoxSensitivities>(policy, clip, answers));
  }
  auto files = std::make_unique<FileSensitivities>();
  for (const std::string& path : SensitivityPaths(policy, clip.choice)) {
    if (absl::Status s = files->Add(path); !s.ok()) return s;
  }
  return std::make_unique<BinaryMapper>(policy, clip, std::move(files));
}

absl::StatusOr<std::unique_ptr<Mapper>> NewMapper(
    const Policy& policy, const Clip& clip, const AnswersByJudge& answers) {
  switch (policy.rule) {
    case MapRule::kPlain:
    case MapRule::kFreeze:
      return nullptr;
    case MapRule::kProxy:
    case MapRule::kSensitivity:
    case MapRule::kModels:
      return NewProductMapper(policy, clip);
    case MapRule::kBoxes:
      return std::make_unique<BoxMapper>(policy, clip, answers);
    case MapRule::kBinary:
      return NewBinaryMapper(policy, clip, answers);
  }
  return absl::InternalError("policy " + policy.Text() + " has no rule");
}

class ClipMapMaker final : public MapMaker {
 public:
  ClipMapMaker(const Policy& policy, const Clip& clip,
               const AnswersByJudge& answers, std::unique_ptr<Mapper> mapper,
               std::unique_ptr<FrameFreezer> freezer)
      : policy_(policy),
        clip_(clip),
        doubtful_(policy, answers, kProtectFrom),
        mapper_(std::move(mapper)),
        freezer_(std::move(freezer)) {}

  absl::StatusOr<Prepared> Next() override {
    const size_t index = next_++;
    Prepared prepared{clip_.frames[index], nullptr};
    if (mapper_ != nullptr) {
      absl::Status status = Renew(index);
      if (!status.ok()) return status;
      prepared.map = &map_;
    }
    if (freezer_ == nullptr) return prepared;
    auto frozen =
        freezer_->Freeze(prepared.frame, prepared.map, Dilated(index));
    if (!frozen.ok()) return frozen.status();
    prepared.frame = *std::move(frozen);
    return prepared;
  }

  std::optional<int> chroma_qp_offset() const override {
    if (policy_.rule != MapRule::kModels) return std::nullopt;
    return mapper_->chroma_qp_offset();
  }

 private:
  absl::Status Renew(size_t index) {
    absl::Status status = mapper_->See(clip_.frames[index]);
    if (!status.ok()) return status;
    if (index % static_cast<size_t>(policy_.hold) != 0) return status;
    auto map = mapper_->At(index);
    if (!map.ok()) return map.status();
    map_ = *std::move(map);
    if (policy_.cap >= 0) {
      ProtectBoxes(doubtful_.At(index), policy_.cap, &map_);
    }
    return absl::OkStatus();
  }

  std::vector<Box> Dilated(size_t index) const {
    const auto margin = static_cast<float>(policy_.grow * kMacroblockSize);
    std::vector<Box> boxes = doubtful_.At(index);
    for (Box& box : boxes) {
      box.left -= margin;
      box.top -= margin;
      box.right += margin;
      box.bottom += margin;
    }
    return boxes;
  }

  const Policy policy_;
  const Clip& clip_;
  const BoxSource doubtful_;
  const std::unique_ptr<Mapper> mapper_;
  const std::unique_ptr<FrameFreezer> freezer_;
  QualityMap map_;
  size_t next_ = 0;
};

}  // namespace

std::vector<std::string> BoxJudges(const Policy& policy) {
  if (policy.by.empty()) return {};
  return absl::StrSplit(policy.by, '+');
}

std::vector<std::string> SensitivityPaths(const Policy& policy,
                                          const ClipChoice& clip) {
  std::vector<std::string> paths;
  if (policy.file.empty()) return paths;
  const std::vector<std::string> names = absl::StrSplit(policy.file, '+');
  for (const std::string& name : names) {
    paths.push_back(
        absl::StrCat(policy.folder, "/", name, ".", clip.name, ".fsen"));
  }
  return paths;
}

absl::StatusOr<std::unique_ptr<MapMaker>> NewMapMaker(
    const Policy& policy, const Clip& clip, const AnswersByJudge& answers) {
  auto mapper = NewMapper(policy, clip, answers);
  if (!mapper.ok()) return mapper.status();
  std::unique_ptr<FrameFreezer> freezer;
  if (policy.freeze || policy.rule == MapRule::kFreeze ||
      policy.rule == MapRule::kModels) {
    auto created = FrameFreezer::Create(clip.camera.width, clip.camera.height,
                                        FreezeOptions());
    if (!created.ok()) return created.status();
    freezer = *std::move(created);
  }
  return std::make_unique<ClipMapMaker>(policy, clip, answers,
                                        *std::move(mapper), std::move(freezer));
}

}  // namespace fovea::bench
