// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/prior_source.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

class PriorSource final : public MapSource {
 public:
  PriorSource(QualityMap map, QualitySideData side_data)
      : map_(std::move(map)), side_data_(std::move(side_data)) {
    side_data_.map = map_;
  }

  absl::StatusOr<const QualityMap*> Next(const Frame&, const Grid*) override {
    return &map_;
  }
  const std::vector<Box>& boxes() const override { return boxes_; }
  QualitySideData SideData() const override { return side_data_; }
  std::optional<int> chroma_qp_offset() const override {
    return kModelChromaQpOffset;  // a prior has one plane
  }
  std::string description() const override {
    return absl::StrCat("prior of ", NameModels(side_data_.models));
  }

 private:
  const QualityMap map_;
  QualitySideData side_data_;
  const std::vector<Box> boxes_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MapSource>> OpenPriorSource(
    std::span<const CameraPrior> priors, const AllocationOptions& allocation) {
  std::vector<QualityMap> wishes;
  QualitySideData side_data;
  side_data.unit = SensitivityUnit::kLossSquaredPerGreySquared;
  for (const CameraPrior& prior : priors) {
    AllocationOptions of_model = allocation;
    if (!of_model.kappa) of_model.kappa = kModelKappa;
    if (of_model.reference == 0) of_model.reference = prior.reference;
    auto wish =
        AllocateQuality(prior.mean, prior.columns, prior.rows, of_model);
    if (!wish.ok()) return wish.status();
    wishes.push_back(*std::move(wish));
    side_data.models.push_back(prior.model);
  }
  auto map = CombineMaps(wishes);
  if (!map.ok()) return map.status();
  return std::make_unique<PriorSource>(*std::move(map), std::move(side_data));
}

}  // namespace fovea
