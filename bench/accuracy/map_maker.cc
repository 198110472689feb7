// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/map_maker.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "api/map_source.h"
#include "codec/box.h"
#include "codec/frame_freezer.h"
#include "codec/rival_maps.h"

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
};

// The product's own: proxy or sensitivity file.
class ProductMapper final : public Mapper {
 public:
  ProductMapper(std::unique_ptr<MapSource> source, QualityMap uniform)
      : source_(std::move(source)), uniform_(std::move(uniform)) {}

  absl::Status See(const Frame& frame) override {
    const auto map = source_->Next(frame);
    if (map.ok()) map_ = *map;
    return map.status();
  }

  absl::StatusOr<QualityMap> At(size_t) override {
    return map_ != nullptr ? *map_ : uniform_;
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
  if (policy.rule == MapRule::kSensitivity) {
    options.origin = MapOrigin::kSensitivity;
    options.paths = {SensitivityPath(policy, clip.choice)};
  }
  options.allocation.kappa = policy.kappa;
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

// AccMPEG's segments: the mean of the first and the last frame decides.
// Its sensitivity is here whether a box lies on the block.
class BinaryMapper final : public Mapper {
 public:
  BinaryMapper(const Policy& policy, const Clip& clip,
               const AnswersByJudge& answers)
      : boxes_(policy, answers, 1),
        columns_(MacroblockCount(clip.camera.width)),
        rows_(MacroblockCount(clip.camera.height)),
        segment_(static_cast<size_t>(policy.hold)),
        last_frame_(clip.frames.size() - 1) {
    options_.outside = policy.plus;
    options_.grow = policy.grow;
  }

  absl::StatusOr<QualityMap> At(size_t frame) override {
    std::vector<double> sensitivity;
    for (const size_t end :
         {frame, std::min(frame + segment_ - 1, last_frame_)}) {
      const auto inside = BoxMap(boxes_.At(end), columns_, rows_, {2, 0});
      if (!inside.ok()) return inside.status();
      sensitivity.resize(inside->qp_offset.size());
      for (size_t i = 0; i < sensitivity.size(); ++i) {
        sensitivity[i] += inside->qp_offset[i] == 0 ? 0.5 : 0;
      }
    }
    return BinaryMap(sensitivity, columns_, rows_, options_);
  }

 private:
  const BoxSource boxes_;
  const int columns_;
  const int rows_;
  const size_t segment_;
  const size_t last_frame_;
  BinaryMapOptions options_;
};

absl::StatusOr<std::unique_ptr<Mapper>> NewMapper(
    const Policy& policy, const Clip& clip, const AnswersByJudge& answers) {
  switch (policy.rule) {
    case MapRule::kPlain:
    case MapRule::kFreeze:
      return nullptr;
    case MapRule::kProxy:
    case MapRule::kSensitivity:
      return NewProductMapper(policy, clip);
    case MapRule::kBoxes:
      return std::make_unique<BoxMapper>(policy, clip, answers);
    case MapRule::kBinary:
      return std::make_unique<BinaryMapper>(policy, clip, answers);
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

std::string SensitivityPath(const Policy& policy, const ClipChoice& clip) {
  return absl::StrCat(policy.folder, "/", policy.file, ".", clip.name, ".fsen");
}

absl::StatusOr<std::unique_ptr<MapMaker>> NewMapMaker(
    const Policy& policy, const Clip& clip, const AnswersByJudge& answers) {
  auto mapper = NewMapper(policy, clip, answers);
  if (!mapper.ok()) return mapper.status();
  std::unique_ptr<FrameFreezer> freezer;
  if (policy.freeze || policy.rule == MapRule::kFreeze) {
    auto created = FrameFreezer::Create(clip.camera.width, clip.camera.height,
                                        FreezeOptions());
    if (!created.ok()) return created.status();
    freezer = *std::move(created);
  }
  return std::make_unique<ClipMapMaker>(policy, clip, answers,
                                        *std::move(mapper), std::move(freezer));
}

}  // namespace fovea::bench
