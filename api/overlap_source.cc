// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/overlap_source.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

class RaisedSource final : public MapSource {
 public:
  RaisedSource(std::unique_ptr<MapSource> inner, MacroblockMask mask,
               int offset, int64_t from_ns, int64_t to_ns)
      : inner_(std::move(inner)),
        mask_(std::move(mask)),
        offset_(offset),
        from_ns_(from_ns),
        to_ns_(to_ns) {}

  absl::StatusOr<const QualityMap*> Next(const Frame& frame,
                                         const Grid* grid) override {
    const auto map = inner_->Next(frame, grid);
    if (!map.ok()) return map.status();
    map_.reset();
    if (frame.time_ns < from_ns_ || frame.time_ns >= to_ns_) {
      if (*map != nullptr) map_ = **map;
      return *map;
    }
    auto raised = RaiseInOverlap(*map, mask_, offset_);
    if (!raised.ok()) return raised.status();
    map_ = *std::move(raised);
    return &*map_;
  }

  const std::vector<Box>& boxes() const override { return inner_->boxes(); }
  QualitySideData SideData() const override {
    QualitySideData data = inner_->SideData();
    data.map = map_;
    return data;
  }
  std::optional<int> chroma_qp_offset() const override {
    return inner_->chroma_qp_offset();
  }
  std::string description() const override {
    return absl::StrCat(inner_->description(), ", +", offset_,
                        " where another camera looks");
  }

 private:
  const std::unique_ptr<MapSource> inner_;
  const MacroblockMask mask_;
  const int offset_;
  const int64_t from_ns_, to_ns_;
  std::optional<QualityMap> map_;
};

}  // namespace

absl::StatusOr<QualityMap> RaiseInOverlap(const QualityMap* map,
                                          const MacroblockMask& mask,
                                          int offset) {
  if (offset < 0 || offset > kMaxQpOffset || offset % 2 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("overlap: QP offset ", offset,
                     "; expected an even one from 0 to ", kMaxQpOffset));
  }
  QualityMap raised{mask.columns, mask.rows,
                    std::vector<uint8_t>(mask.set.size())};
  if (map != nullptr) {
    if (map->columns != mask.columns || map->rows != mask.rows) {
      return absl::InvalidArgumentError(
          absl::StrCat("overlap: mask of ", mask.columns, "x", mask.rows,
                       " macroblocks, map of ", map->columns, "x", map->rows));
    }
    raised = *map;
  }
  for (size_t i = 0; i < mask.set.size(); ++i) {
    if (!mask.set[i]) continue;
    raised.qp_offset[i] =
        std::max(raised.qp_offset[i], static_cast<uint8_t>(offset));
  }
  return raised;
}

std::unique_ptr<MapSource> OverlapSource(std::unique_ptr<MapSource> inner,
                                         MacroblockMask mask, int offset,
                                         int64_t from_ns, int64_t to_ns) {
  return std::make_unique<RaisedSource>(std::move(inner), std::move(mask),
                                        offset, from_ns, to_ns);
}

}  // namespace fovea
